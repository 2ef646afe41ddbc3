"""An optional PIN that the participant chose at enrolment: hashed with argon2 over a peppered value, five tries.

A PIN has few digits, so a stolen database must not be enough to try them all: what is hashed is the PIN's HMAC under
the field keys. Each try is counted before it is looked at, so that many at once are many tries.
"""

import re
from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import update

from app.core.crypto import keyring
from app.core.database import db
from app.core.problems import BadInput, TooMany
from app.participants.models import Contact

TRIES = 5
SHAPE = re.compile(r"[0-9]{4,8}", re.ASCII)


class PinLocked(TooMany):
    """Five wrong tries: the coordinator has to open it again."""

    title = "The PIN is locked"

    def __init__(self) -> None:
        super().__init__("The PIN was wrong five times, so it is locked. We call you, or you can call us.")


def set_pin(contact: Contact, pin: str | None) -> None:
    """Set, change or (None) take away the PIN, and forget wrong tries. BadInput if it is not 4 to 8 digits."""
    if pin is not None and not SHAPE.fullmatch(pin):
        raise BadInput("A PIN has 4 to 8 digits.", errors={"pin": "write 4 to 8 digits"})
    contact.pin_hash = _hasher().hash(_peppered(contact, pin)[0]) if pin is not None else None
    contact.pin_failures, contact.pin_locked_at = 0, None


def check_pin(contact: Contact, pin: str, now: datetime) -> bool:
    """Whether this is the PIN. PinLocked when the tries are used up; the wrong fifth one locks it."""
    counting = update(Contact).where(Contact.id == contact.id, Contact.pin_locked_at.is_(None))
    counted = counting.values(pin_failures=Contact.pin_failures + 1).returning(Contact.pin_failures)
    tries = db.session.scalar(counted)
    if tries is None or tries > TRIES:
        raise PinLocked()
    if contact.pin_hash is not None and any(_is(contact.pin_hash, one) for one in _peppered(contact, pin)):
        contact.pin_failures = 0
        return True
    if tries == TRIES:
        contact.pin_locked_at = now
    return False


def _is(hashed: str, peppered: str) -> bool:
    try:
        return _hasher().verify(hashed, peppered)
    except VerifyMismatchError:
        return False


def _peppered(contact: Contact, pin: str) -> list[str]:
    """The PIN's HMACs under every key, the current one first."""
    return [one.hex() for one in keyring().fingerprints(f"pin:{contact.participant_id}:{pin}")]


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
