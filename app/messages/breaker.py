"""The circuit breaker: while our credentials or sender are refused for everybody, or nobody answers, the queue waits.

One alert when it opens, one line when it closes. When its time has come a single message tries; whatever the provider
says about it other than the same refusal closes the breaker. A hold is such a row too, without a next try: an
operator's, or that of a restored database, which only `flask ops release` ends.
What several refusals prove is weighed elsewhere (sending/evidence.py); here is kept which there were.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Executable, select, update
from sqlalchemy.dialects.postgresql import insert

from app.core.database import db
from app.core.statements import run
from app.messages.gateways.outcomes import Outcome
from app.messages.models import Breaker

log = logging.getLogger("svar.alert")

HOLD = "hold"
RESTORED = "restored"
HOLDS = (HOLD, RESTORED)
"""Whoever holds every text: an operator (or a flood), or what was seen of a restore."""
FIRST_PAUSE = {
    Outcome.UNREACHABLE: timedelta(minutes=1),
    Outcome.BARRED: timedelta(minutes=5),
    Outcome.HALTED: timedelta(minutes=5),
}
SHORTEST_PAUSE = FIRST_PAUSE[Outcome.UNREACHABLE]
LONGEST_BREAK = timedelta(minutes=30)
LONGEST_BECAUSE = 200
"""What is said of a halt is cut to so many letters here; the audit trail has all that an operator wrote."""


@dataclass(frozen=True)
class Halt:
    """What holds everything back: an open breaker (until its next try), or an operator's hold (until released)."""

    until: datetime | None
    because: str


@dataclass(frozen=True)
class QueueStanding:
    """Whether anything holds the queue, and whether the next text is the breaker's probe."""

    halt: Halt | None
    probing: bool


def standing(gateway: str, now: datetime) -> QueueStanding:
    """How things stand for this gateway."""
    rows = [row for row in run(_open()).all() if row.gateway in (gateway, *HOLDS)]
    stopped = [row for row in rows if row.opened_at is not None]
    for row in sorted(stopped, key=lambda row: row.gateway not in HOLDS):
        if row.retry_at is None or row.retry_at > now:
            return QueueStanding(Halt(row.retry_at, row.because or "breaker open"), False)
    return QueueStanding(None, bool(stopped))


@cache
def _open() -> Executable:
    columns = (Breaker.gateway, Breaker.opened_at, Breaker.because, Breaker.retry_at, Breaker.refused)
    return select(*columns).where(Breaker.opened_at.is_not(None) | (Breaker.refused != []))


def is_in_doubt(gateway: str) -> bool:
    """Whether texts were refused since one was taken: then it matters who gets through."""
    return any(row.refused for row in run(_open()).all() if row.gateway == gateway)


def refused_while_open(gateway: str) -> list[int]:
    """The messages for whose refusal everybody waits; none while texts leave."""
    return [id_ for row in run(_open()).all() if row.gateway == gateway and row.opened_at for id_ in row.refused]


def halts() -> tuple[str, ...]:
    """Why texts are held back now, through any gateway; empty while they leave."""
    query = select(Breaker.because).where(Breaker.opened_at.is_not(None)).order_by(Breaker.id)
    return tuple(because or "" for because in db.session.scalars(query))


def probe(gateway: str, now: datetime) -> bool:
    """Whether the next text may be the probe: one at a time, and the next one waits for this one."""
    due = update(Breaker).where(Breaker.gateway == gateway, Breaker.retry_at <= now)
    claimed = due.values(retry_at=now + FIRST_PAUSE[Outcome.UNREACHABLE]).returning(Breaker.id)
    return bool(db.session.scalars(claimed, execution_options={"synchronize_session": False}).all())


def trip(gateway: str, outcome: Outcome, because: str, now: datetime) -> datetime:
    """Open it, or keep it open; alerts only the first time. Returns when to try again."""
    row = db.session.scalar(select(Breaker).filter_by(gateway=gateway).with_for_update(key_share=True))
    opened_at = row.opened_at if row else None
    if opened_at is None:
        log.error("texts are held back: %s does not take them (%s)", gateway, because)
    retry_at = now + _pause(outcome, now - (opened_at or now))
    _put(gateway, opened_at=opened_at or now, because=because[:LONGEST_BECAUSE], retry_at=retry_at)
    return retry_at


def _pause(outcome: Outcome, open_for: timedelta) -> timedelta:
    """Who is refused asks less and less often: after as long as it has been, half an hour at most."""
    usual = FIRST_PAUSE[outcome]
    return usual if outcome is Outcome.UNREACHABLE else min(max(usual, open_for), LONGEST_BREAK)


def put_off(gateway: str, until: datetime) -> None:
    """Let the next probe wait until then, where the breaker is open."""
    later = update(Breaker).where(Breaker.gateway == gateway, Breaker.opened_at.is_not(None))
    db.session.execute(later.values(retry_at=until))


def bring_forward(gateway: str, now: datetime) -> bool:
    """Let the next text be the probe, unless one was a moment ago, or soon will be; whether it may."""
    waits = update(Breaker).where(Breaker.gateway == gateway, Breaker.retry_at > now + SHORTEST_PAUSE)
    return bool(db.session.scalars(waits.values(retry_at=now).returning(Breaker.id)).all())


def got_through(gateway: str, messages: Collection[int]) -> None:
    """These were counted as not taken, and have left after all: what was counted with them proves nothing."""
    if not set(refused_so_far(gateway)).isdisjoint(messages):
        reset(gateway)
        remember_refused(gateway, ())


def refused_so_far(gateway: str) -> list[int]:
    """The messages refused since a text was taken; the row is ours until we commit."""
    query = select(Breaker.refused).where(Breaker.gateway == gateway).with_for_update(key_share=True)
    return list(db.session.scalar(query) or ())


def remember_refused(gateway: str, messages: Sequence[int]) -> None:
    """Keep which they are now."""
    _put(gateway, refused=list(messages))


def reset(gateway: str) -> None:
    """The provider answers again."""
    closed = update(Breaker).where(Breaker.gateway == gateway, Breaker.opened_at.is_not(None))
    anew = closed.values(opened_at=None, because=None, retry_at=None, refused=[]).returning(Breaker.id)
    if db.session.execute(anew).all():
        log.warning("texts leave again through %s", gateway)


def hold(because: str, now: datetime, kind: str = HOLD) -> None:
    """Hold every text back until somebody releases them."""
    _put(kind, opened_at=now, because=because[:LONGEST_BECAUSE], retry_at=None)


def holds() -> dict[str, datetime]:
    """The holds that stand, each with its beginning."""
    query = select(Breaker.gateway, Breaker.opened_at).where(Breaker.gateway.in_(HOLDS), Breaker.opened_at.is_not(None))
    return {row.gateway: row.opened_at for row in db.session.execute(query.order_by(Breaker.id)) if row.opened_at}


def release(kind: str = HOLD) -> None:
    """End a hold: an operator's own."""
    reset(kind)


def _put(gateway: str, **values: object) -> None:
    row = insert(Breaker).values(gateway=gateway, **values)
    db.session.execute(row.on_conflict_do_update(index_elements=[Breaker.gateway], set_=values))
