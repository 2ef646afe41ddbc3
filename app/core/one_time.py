"""One time: the database's. Every process reads it there, and holds what its own machine shows against it each round.

A machine whose time is wrong would text people a day early, date exports in the future and end what is still open. So
the clock takes its instants from the database, and what goes by the hour waits while the two are too far apart: which
of them is wrong, nobody can tell from here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import DateTime, func, select

from app.core.database import looking
from app.core.time import virtual_now

CLOCK = select(func.clock_timestamp(type_=DateTime(timezone=True)))
TOLERANCE = timedelta(seconds=60)
"""So far may a machine's time and the database's be apart; machines that are kept right differ by milliseconds."""
FURTHEST_APART = 2 * TOLERANCE
"""One machine as far ahead of the database as it may be, another as far behind."""


@dataclass(frozen=True)
class Reading:
    """The database's time, and how far the machine that asked is ahead of it (negative: behind)."""

    at: datetime
    ahead: timedelta

    @property
    def is_off(self) -> bool:
        """Whether they are too far apart for anything that goes by the hour."""
        return is_off(self.ahead)


@dataclass(frozen=True)
class Moment:
    """What a machine showed, and its steady seconds, which nobody can set."""

    shown: datetime
    steady: float


def is_off(ahead: timedelta) -> bool:
    """Whether a machine is too far ahead of the database, or behind it."""
    return abs(ahead) > TOLERANCE


def ahead_of(database: datetime, before: datetime, after: datetime) -> timedelta:
    """How far a machine is ahead of the database, at least: it asked at `before`, and had the answer at `after`."""
    return max(before - database, timedelta(0)) + min(after - database, timedelta(0))


def step(before: Moment, after: Moment) -> timedelta:
    """By how much a machine's time was set between two moments; negative if it was set back."""
    return (after.shown - before.shown) - timedelta(seconds=after.steady - before.steady)


def in_words(ahead: timedelta) -> str:
    """`3600 seconds behind`, as it is said to people."""
    return f"{abs(ahead).total_seconds():.0f} seconds {'behind' if ahead < timedelta(0) else 'ahead of'}"


def read(shown: Callable[[], datetime]) -> Reading:
    """Ask the database for its time, and the machine before and after; a rehearsal's moved clock is the only one."""
    virtual = virtual_now()
    if virtual is not None:
        return Reading(virtual, timedelta(0))
    with looking() as connection:
        before = shown()
        database = connection.execute(CLOCK).scalar_one()
        after = shown()
    return Reading(database.astimezone(UTC), ahead_of(database, before, after))
