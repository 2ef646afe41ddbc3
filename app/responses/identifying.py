"""Whether it is she: each try at what is asked before the questions, and whom the one too many calls."""

from datetime import datetime
from enum import StrEnum

from app.participants.identity import Checks, Locked, passes
from app.participants.models import Contact, TaskKind
from app.responses.attention import needs_a_person
from app.schedule.models import Assessment


class Tried(StrEnum):
    """What came of a try."""

    RIGHT = "right"
    WRONG = "wrong"
    LOCKED = "locked"


def identify(
    assessment: Assessment, contact: Contact, checks: Checks, pin: str, birth_year: str, now: datetime
) -> Tried:
    """What came of this try. The one that locks the page makes the task of the coordinator who opens it again."""
    try:
        if passes(contact, checks, pin, birth_year, now):
            return Tried.RIGHT
    except Locked:
        return Tried.LOCKED
    if contact.check_locked_at is None:
        return Tried.WRONG
    needs_a_person(assessment, TaskKind.PIN_LOCKED if checks.pin else TaskKind.WRONG_PERSON, now)
    return Tried.LOCKED
