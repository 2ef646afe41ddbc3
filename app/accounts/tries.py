"""Guessing at passwords and codes: each try is counted before it is looked at, and too many have to wait.

What is counted is a *subject*: an account at one address, an address, a device, a half-finished sign-in. A try takes
its place by one atomic statement that the caller commits at once, so that sixteen at a time are sixteen. After a few
tries in a row the next one waits, a second at first, then twice as long each time, up to the longest of its kind.

A quarter of an hour is the longest only where whoever guesses holds up nobody but herself. What strangers can use up
from anywhere (an account's tries from unknown devices, all addresses together) waits half a minute, not longer, and
whoever shows a code of her authenticator is not asked to wait for them at all: docs/security.md has the figures.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import case, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.accounts.models import SignInTry
from app.core.database import db
from app.core.one_time import FURTHEST_APART
from app.core.problems import TooMany


@dataclass(frozen=True)
class Limit:
    """So many tries in a row need not wait, and no later one waits longer."""

    free: int
    longest: timedelta


OWN_TRIES = Limit(5, timedelta(minutes=15))
"""Of what holds up whoever guesses: one device, one account at one address, the codes of who has the password."""
SHARED = {
    "account": Limit(100, timedelta(seconds=30)),  # NIST SP 800-63B: no more than 100 failures in a row unhindered
    "address": Limit(20, timedelta(minutes=1)),  # a hospital has many people behind one address
    "provider": Limit(20, timedelta(minutes=1)),  # codes of the identity provider, at one address
    "proving": Limit(5, timedelta(seconds=10)),  # codes that are to show whose try it is
    "proven": Limit(5, timedelta(seconds=30)),
}
"""Of what several people use up, one of whom may be a stranger."""
FORGOTTEN = timedelta(days=1)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""Until then waits what need not wait, whichever of several machines counted it first and what time they show."""


def pause(tries: int, limit: Limit = OWN_TRIES) -> timedelta:
    """How long the next try waits after this many in a row."""
    if tries < limit.free:
        return timedelta(0)
    return min(timedelta(seconds=2 ** min(tries - limit.free, 10)), limit.longest)


def limit_of(subject: str) -> Limit:
    """How many tries of this subject need not wait, and how long the later ones do at most."""
    return SHARED.get(subject.partition(":")[0], OWN_TRIES)


def take(subjects: Iterable[str], now: datetime) -> None:
    """Count one try for each subject; TooMany, and nothing may be looked at, if one of them has to wait.

    The caller commits before it looks.
    """
    _sweep(now)
    for subject in sorted(set(subjects)):  # always in this order, so that no two wait for each other
        tries = _count(subject, now)
        if tries is None:
            raise _wait(subject, now)
        held_up = pause(tries, limit_of(subject))
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


def give_back(subjects: Iterable[str]) -> None:
    """One try of each was right; the others of these subjects stay."""
    left = func.greatest(SignInTry.tries - 1, 0)
    for subject in sorted(set(subjects)):
        given = update(SignInTry).where(SignInTry.subject == subject).values(tries=left, waits_until=LONG_AGO)
        db.session.execute(given)


def _count(subject: str, now: datetime) -> int | None:
    """How many tries there are with this one; nothing where it has to wait.

    What waits for longer than any try may was counted by a machine whose clock was ahead, and waits no more.
    """
    made = insert(SignInTry).values(subject=subject, tries=1, last_at=now, waits_until=LONG_AGO)
    more = case((SignInTry.last_at < now - FORGOTTEN, 1), else_=SignInTry.tries + 1)
    counted = made.on_conflict_do_update(
        index_elements=[SignInTry.subject],
        set_={"tries": more, "last_at": now},
        where=or_(
            SignInTry.waits_until <= now, SignInTry.waits_until > now + limit_of(subject).longest + FURTHEST_APART
        ),
    )
    return db.session.scalar(counted.returning(SignInTry.tries))


def _wait(subject: str, now: datetime) -> TooMany:
    until = db.session.scalar(select(SignInTry.waits_until).where(SignInTry.subject == subject))
    seconds = max(1, round((until - now).total_seconds())) if until else 1
    sentence = f"That was wrong too often. Wait {seconds} seconds, then try again."
    if seconds >= 90:
        sentence = f"That was wrong too often. Wait {round(seconds / 60)} minutes, then try again."
    return TooMany(sentence, retry_after=seconds)


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
