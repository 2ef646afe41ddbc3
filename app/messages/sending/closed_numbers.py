"""Numbers that our keys do not open: their texts wait, somebody is told, and where none opens nothing is tried.

A key that is missing or wrong says nothing of the patient, so no text is given up for it: the key can be put back.
One number that does not open while the database vouches for the key was altered; it halts nobody else.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core import key_marks, newer_keys
from app.core.crypto import WrongKey, keyring
from app.messages import breaker
from app.messages.gateways.outcomes import Outcome
from app.messages.reading import Ready, number_of
from app.studies.protocol import Channel

log = logging.getLogger("svar.alert")

WAITS = timedelta(minutes=5)
"""So long a text waits before its number is tried again."""


@dataclass(frozen=True)
class Numbers:
    """The numbers of a batch by message: those that opened, and whose did not."""

    opened: dict[int, str]
    closed: frozenset[int]


def open_numbers(rows: Sequence[Ready]) -> Numbers:
    """Open the number of each row that has one."""
    opened, closed = dict[int, str](), set[int]()
    for row in rows:
        try:
            number = number_of(row)
        except WrongKey:
            closed.add(row.id)
        else:
            opened |= {row.id: number} if number is not None else {}
    return Numbers(opened, frozenset(closed))


def tell(rows: Sequence[Ready], numbers: Numbers, gateway: str, now: datetime) -> None:
    """Shout where numbers did not open; where none did, and no key is known to be right, the breaker opens."""
    closed = [row for row in rows if row.id in numbers.closed]
    if not closed:
        return
    log.error("the numbers of %s texts do not open: they wait; run flask ops check-keys", len(closed))
    by = {_sealed(row)[0] for row in closed} - newer_keys.newer()
    if not numbers.opened and not all(key_marks.vouches(keyring(), key_id) for key_id in sorted(by)):
        because = "FIELD_KEYS has not the key that numbers were closed with; put it back"
        breaker.trip(gateway, Outcome.HALTED, because, now)


def _sealed(row: Ready) -> bytes:
    """What did not open: the number, or the e-mail address."""
    sealed: bytes = row.email_sealed if row.channel == Channel.EMAIL else row.phone_sealed
    return sealed
