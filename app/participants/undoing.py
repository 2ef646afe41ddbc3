"""Who may undo an act at the desk, until when, and why not: rules alone (pure).

Only acts on this list carry an undo; all others are corrected, with a reason, on the page that shows what they change.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

UNDO_FOR = timedelta(minutes=10)

NOT_HERS = "Somebody else did this. Only who did it can undo it."
TOO_LATE = "More than ten minutes have passed, so this is not undone any more. Put it right on its page."
CHANGED_SINCE = "Something else was done about this since, so it is not undone. Look at what stands there now."
KEPT_NO_LONGER = "What stood there before is kept no longer. Type it again on her page."
LEFT_SINCE = "Since then something has left the house: a text, or a word to another program. Put it right on its page."


class UndoableAct(StrEnum):
    """What may be undone, and the verb that takes it back."""

    LEAVING = "leaving"
    """`app.messages.outlook.staying.stay`"""
    NOT_DONE = "not done"
    """`app.schedule.not_done.take_back`"""
    CALL = "call"
    """`app.participants.following.forget_call`"""
    NOTE = "note"
    """`app.participants.following.forget_notes`: about one, or about many at once"""
    TAKING = "taking"
    """`app.participants.following.give_back`"""
    EVENT = "event"
    """`app.messages.outlook.noting.note_event`, or `correcting.correct` where it took place"""
    TRANSFER = "transfer"
    """`app.participants.going_on.transfer`"""
    CONTACT = "contact"
    """`app.participants.former_contact.put_back`: a number or an address that was corrected"""


@dataclass(frozen=True)
class ActDone:
    """What was done, by whom and when, and what came of it since."""

    act: UndoableAct
    by: str
    at: datetime
    stands: bool
    """Whether all is still as this act left it."""
    left_house: bool
    """Whether a text about it was tried, or another program told, since."""

    @property
    def until(self) -> datetime:
        """The first instant at which it is too late."""
        return self.at + UNDO_FOR


def why_not(done: ActDone, by: str, now: datetime) -> str:
    """The sentence that refuses to undo it; empty where it may be undone."""
    if by != done.by:
        return NOT_HERS
    if now >= done.until:
        return TOO_LATE
    if not done.stands:
        return CHANGED_SINCE
    return LEFT_SINCE if done.left_house else ""
