"""The kinds of texts: what a message is for, how it stands, why one is not sent, what a reply was taken for (pure)."""

from enum import StrEnum


class MessageKind(StrEnum):
    """What a text to a patient is for."""

    INVITATION = "invitation"
    REMINDER_1 = "reminder-1"
    REMINDER_2 = "reminder-2"
    REMINDER_3 = "reminder-3"
    REMINDER_4 = "reminder-4"
    REMINDER_5 = "reminder-5"
    REMINDER_6 = "reminder-6"
    REMINDER_7 = "reminder-7"
    REMINDER_8 = "reminder-8"
    REMINDER_9 = "reminder-9"
    REISSUE = "reissue"
    TEST = "test"
    STOP = "stop"
    START = "start"
    HELP = "help"
    QUESTION_2 = "question-2"
    QUESTION_3 = "question-3"
    QUESTION_4 = "question-4"
    QUESTION_5 = "question-5"
    QUESTION_6 = "question-6"
    UNCLEAR = "unclear"
    THANKS = "thanks"


class MessageState(StrEnum):
    """queued -> sending -> accepted -> delivered | failed; suppressed with a reason; unknown until reconciled."""

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"


REMINDERS = (
    MessageKind.REMINDER_1,
    MessageKind.REMINDER_2,
    MessageKind.REMINDER_3,
    MessageKind.REMINDER_4,
    MessageKind.REMINDER_5,
    MessageKind.REMINDER_6,
    MessageKind.REMINDER_7,
    MessageKind.REMINDER_8,
    MessageKind.REMINDER_9,
)
PROMPTS = (MessageKind.INVITATION, *REMINDERS)
ASKING = (*PROMPTS, MessageKind.REISSUE)
"""Texts with a link to a visit's questions."""

QUESTIONS = (
    MessageKind.QUESTION_2,
    MessageKind.QUESTION_3,
    MessageKind.QUESTION_4,
    MessageKind.QUESTION_5,
    MessageKind.QUESTION_6,
)
"""Of an answer by SMS; the first question is in the invitation."""


def reminder(number: int) -> MessageKind:
    """The kind of a visit's first to ninth reminder."""
    return REMINDERS[number - 1]


def question(number: int) -> MessageKind:
    """The kind of a text that asks the second to sixth question of an answer by SMS."""
    return QUESTIONS[number - 2]


def question_number(kind: MessageKind) -> int:
    """Which question a text of this kind asks."""
    return QUESTIONS.index(kind) + 2


class Reason(StrEnum):
    """Why a text is not sent."""

    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"
    NO_TEXTS = "wants no texts"
    OPTED_OUT = "opted out"
    CLOSED = "window closed"
    PAUSED = "texts paused until the window closed"
    MOVED = "visit moved to a later day"
    NO_NUMBER = "no usable number"
    SITE_INACTIVE = "site not active"
    COUNTRY = "country not allowed"
    STUDY_CLOSED = "study closed"
    DEMONSTRATION = "demonstration study"
    NOT_LIVE = "study not live yet"
    OVERTAKEN = "overtaken by a later text"
    CANCELLED = "cancelled by a coordinator"
    STALE = "too late to be of use"
    OVER_BUDGET = "more texts than a day's budget"
    UNREADABLE = "cannot be composed"
    NO_TRACE = "no trace at the provider"
    """It may have left, and nobody knows of it: it failed."""


PASSING = (
    Reason.WITHDRAWN,
    Reason.NO_TEXTS,
    Reason.OPTED_OUT,
    Reason.NO_NUMBER,
    Reason.SITE_INACTIVE,
    Reason.COUNTRY,
    Reason.STUDY_CLOSED,
    Reason.NOT_LIVE,
)
"""Reasons that may go away; what is then still due is owed again."""


class Meaning(StrEnum):
    """What a single word means that is heard before anything else."""

    STOP = "stop"
    START = "start"
    HELP = "help"


class ReplyKind(StrEnum):
    """What a patient's text was taken for."""

    NEW = "new"
    STOP = "stop"
    START = "start"
    HELP = "help"
    ANSWER = "answer"
    UNCLEAR = "unclear"
    REFUSED = "refused"
    """Numbers that answer a visit which does not take them any more."""
    OTHER = "other"
    UNHEARD = "unheard"
    """What cannot be read here."""
    LOST = "lost"
    """Written in the time that a restored back-up does not cover, and not STOP: its words are lost."""
    IN_DOUBT = "in doubt"
    """The same, where it may have been STOP."""
