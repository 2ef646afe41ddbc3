"""Guessing at passwords and codes: each try is counted before it is looked at, and too many have to wait.

What is counted is a *subject*: an account, an address, a device, a half-finished sign-in. A try takes its place by one
atomic statement that the caller commits at once, so that sixteen at a time are sixteen. After a few tries in a row the
next one waits, a second at first and doubling up to a quarter of an hour; nobody is locked out for good, and a subject
that only strangers use up (an account's tries from unknown devices) leaves those of a known device alone.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.accounts.models import SignInTry
from app.core.database import db
from app.core.problems import TooMany

FREE = 5
FREE_AT_AN_ADDRESS = 20
"""A hospital has many people behind one address."""
LONGEST_LOCK = timedelta(minutes=15)
FORGOTTEN = timedelta(days=1)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""Until then waits what need not wait, whichever of several machines counted it first and what time they show."""


def pause(tries: int, free: int = FREE) -> timedelta:
    """How long the next try waits after this many in a row."""
    if tries < free:
        return timedelta(0)
    return min(timedelta(seconds=2 ** min(tries - free, 10)), LONGEST_LOCK)


def free_tries(subject: str) -> int:
    """How many tries of this subject need not wait."""
    return FREE_AT_AN_ADDRESS if subject.startswith("address:") else FREE


def take(subjects: Iterable[str], now: datetime) -> None:
    """Count one try for each subject; TooMany, and nothing may be looked at, if one of them has to wait.

    The caller commits before it looks.
    """
    _sweep(now)
    for subject in sorted(set(subjects)):  # always in this order, so that no two wait for each other
        tries = _count(subject, now)
        if tries is None:
            raise _wait(subject, now)
        held_up = pause(tries, free_tries(subject))
        if held_up:
            db.session.execute(update(SignInTry).where(SignInTry.subject == subject).values(waits_until=now + held_up))


def first_use(subject: str, now: datetime) -> bool:
    """Whether this is used for the first time: what works once, such as the challenge of a passkey, works once."""
    made = insert(SignInTry).values(subject=subject, tries=1, last_at=now, waits_until=LONG_AGO)
    return db.session.scalar(made.on_conflict_do_nothing().returning(SignInTry.tries)) is not None


def count(subject: str, now: datetime) -> int:
    """Count one try, and say how many there were, this one included; nothing waits."""
    tries = _count(subject, now)
    assert tries is not None  # only `take` makes a subject wait
    return tries


def forget(subjects: Iterable[str]) -> None:
    """They were right: the tries before this one count no longer."""
    db.session.execute(delete(SignInTry).where(SignInTry.subject.in_(sorted(set(subjects)))))


def give_back(subject: str) -> None:
    """One try was right; the others of this subject stay."""
    left = func.greatest(SignInTry.tries - 1, 0)
    db.session.execute(update(SignInTry).where(SignInTry.subject == subject).values(tries=left, waits_until=LONG_AGO))


def _count(subject: str, now: datetime) -> int | None:
    made = insert(SignInTry).values(subject=subject, tries=1, last_at=now, waits_until=LONG_AGO)
    more = case((SignInTry.last_at < now - FORGOTTEN, 1), else_=SignInTry.tries + 1)
    counted = made.on_conflict_do_update(
        index_elements=[SignInTry.subject],
        set_={"tries": more, "last_at": now},
        where=SignInTry.waits_until <= now,
    )
    return db.session.scalar(counted.returning(SignInTry.tries))


def _wait(subject: str, now: datetime) -> TooMany:
    until = db.session.scalar(select(SignInTry.waits_until).where(SignInTry.subject == subject))
    seconds = max(1, round((until - now).total_seconds())) if until else 1
    how_long = f"{seconds} seconds" if seconds < 90 else f"{round(seconds / 60)} minutes"
    return TooMany(f"That was wrong too often. Wait {how_long}, then try again.", retry_after=seconds)


def _sweep(now: datetime) -> None:
    """What is forgotten is deleted, so that strangers cannot fill the table."""
    old = (
        select(SignInTry.id)
        .where(SignInTry.last_at < now - FORGOTTEN)
        .order_by(SignInTry.id)
        .limit(100)
        .with_for_update(skip_locked=True, key_share=True)
    )
    db.session.execute(delete(SignInTry).where(SignInTry.id.in_(old)))
