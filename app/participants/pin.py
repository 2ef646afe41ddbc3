"""An optional PIN that the participant chose at enrolment: hashed with argon2 over a peppered value.

A PIN has few digits, so a stolen database must not be enough to try them all: what is hashed is the PIN's HMAC under
the field keys. Its tries are counted in `app.participants.identity`.
"""

import re
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import inspect

from app.core import newer_keys
from app.core.crypto import keyring
from app.core.problems import BadInput
from app.core.turns import Turns
from app.instruments.plain_signs import plain
from app.participants.models import Contact

TURNS = Turns(2)
"""Patients' own: a flood of staff passwords does not keep them waiting."""
PIN_SHAPE = re.compile(r"[0-9]{4,8}", re.ASCII)


def set_pin(contact: Contact, pin: str | None) -> None:
    """Set, change or (None) take away the PIN, and forget wrong tries. BadInput if it is not 4 to 8 digits."""
    pin = pin if pin is None else plain(pin).strip()
    if pin is not None and not PIN_SHAPE.fullmatch(pin):
        raise BadInput("A PIN has 4 to 8 digits.", errors={"pin": "write 4 to 8 digits"})
    contact.pin_hash = _hashed(_peppered(contact, pin)[0]) if pin is not None else None
    contact.check_failures, contact.check_locked_at = 0, None
    close_what_is_open(contact)


def is_pin(contact: Contact, pin: str) -> bool:
    """Whether this is the participant's PIN. Unavailable where only a key that this process lacks would tell."""
    hashed = contact.pin_hash
    if hashed is None:
        return False
    fits = any(_is(hashed, peppered) for peppered in _peppered(contact, pin))
    if not fits:
        newer_keys.wait_if_used()
    return fits


def close_what_is_open(contact: Contact) -> None:
    """Pages that the PIN or the year opened until now ask for it again.

    Counted by the database, for two may change it at once: a page that the first PIN opened is closed by the second.
    """
    if inspect(contact).persistent:
        contact.check_version = Contact.check_version + 1
    else:
        contact.check_version = 2  # nobody has seen her yet


def _hashed(peppered: str) -> str:
    with TURNS.take():
        return _hasher().hash(peppered)


def _is(hashed: str, peppered: str) -> bool:
    try:
        with TURNS.take():
            return _hasher().verify(hashed, peppered)
    except VerifyMismatchError:
        return False


def _peppered(contact: Contact, pin: str) -> list[str]:
    """The PIN's HMACs under every key, the current one first."""
    typed = f"pin:{contact.participant_id}:{plain(pin).strip()}"
    return [fingerprint.hex() for fingerprint in keyring().fingerprints(typed)]


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
