"""What a protocol chooses between: the words of its file, as types."""

from __future__ import annotations

from enum import StrEnum


class Skipping(StrEnum):
    """What a required question that is left empty does to the visit."""

    ASKED_ONCE = "asked_once"
    REFUSED = "refused"


class LateAnswers(StrEnum):
    """Answers sent after closing, within the grace: kept and flagged, or refused."""

    KEEP = "keep"
    REFUSE = "refuse"


class UnsentDrafts(StrEnum):
    """Answers begun and never sent: forgotten when the visit is over, or kept as a partial response."""

    DISCARD = "discard"
    KEEP = "keep"


class Summary(StrEnum):
    """What the patient sees after sending."""

    NONE = "none"
    OWN_SCORES = "own_scores"


class BirthYear(StrEnum):
    """Whether the year of birth is kept and asked, to notice a text that reached somebody else."""

    NOT_ASKED = "not_asked"
    ASKED = "asked"


class Encoding(StrEnum):
    """Which characters a text may hold: the SMS alphabet alone, or any, at 70 characters an SMS."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


class Holidays(StrEnum):
    """What a text does that falls on a public holiday."""

    WAIT = "wait"
    SEND = "send"


class Channel(StrEnum):
    """By what a patient is written to."""

    SMS = "sms"
    EMAIL = "email"


class ReplyForm(StrEnum):
    """How a short visit is asked by SMS: a question a text, or all of them together."""

    ONE_BY_ONE = "one_by_one"
    TOGETHER = "together"
