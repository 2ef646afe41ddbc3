"""Write down what came of the attempts, where the lease still is ours, and act on what the provider told us."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from sqlalchemy import Update, func, select, update

from app.core.batches import Batch, among, table
from app.core.database import db
from app.core.statements import run
from app.messages import consequences
from app.messages.gateways.gateway import Gateway
from app.messages.gateways.outcomes import NOT_TAKEN, OPTED_OUT, Outcome, backoff
from app.messages.models import Attempt, Message, MessageState
from app.messages.sending.weighing import Attempted, Verdict, weigh

STATE_AFTER = {
    Outcome.ACCEPTED: MessageState.ACCEPTED,
    Outcome.REFUSED: MessageState.FAILED,
    Outcome.UNKNOWN: MessageState.UNKNOWN,
} | dict.fromkeys(NOT_TAKEN, MessageState.QUEUED)
LOOK_FIRST = timedelta(minutes=1)
"""So long a report may take before we ask the provider what became of a text."""

STILL_OURS = (MessageState.SENDING, MessageState.UNKNOWN)
"""A late answer still counts while nobody else has claimed the message: the epoch says so."""


class Settled(NamedTuple):
    """What came of an attempt, as its row and its message's are changed."""

    id: int
    epoch: int
    number: int
    state: MessageState
    not_before: datetime | None
    sid: str | None
    error_code: str | None
    segments: int | None
    sent_at: datetime | None
    settled_at: datetime | None
    outcome: Outcome
    http_status: int | None
    finished_at: datetime


SETTLED = Batch(Settled)


def settle(results: Sequence[Attempted], gateway: Gateway, now: datetime) -> None:
    """Record the results. A worker that wakes up late, whose epoch is over, changes no message."""
    if not results:
        return
    verdict = weigh(results, gateway, now)
    rows = SETTLED.values([_settled(result, now, verdict) for result in results])
    run(_settling(), {**rows, "ids": [result.message_id for result in results]})
    for result in results:
        if _failed(result, verdict) and (_is_ours(result) or result.sent.error_code == OPTED_OUT):
            consequences.refused(result.message_id, result.sent.error_code, now)


def _failed(result: Attempted, verdict: Verdict) -> bool:
    """Whether this text will never be taken."""
    return result.outcome is Outcome.REFUSED or result.message_id in verdict.hers


def _is_ours(result: Attempted) -> bool:
    """Whether nobody has claimed the message since: else the refusal may be of a number that was corrected."""
    query = select(Message.epoch).where(Message.id == result.message_id)
    return db.session.scalar(query) == result.claimed.epoch


@cache
def _settling() -> Update:
    """The messages that still are ours, and every attempt."""
    rows = SETTLED.table
    owned = update(table(Message)).where(
        among(table(Message).c.id),
        Message.id == rows.c.id,
        Message.epoch == rows.c.epoch,
        Message.state.in_(STILL_OURS),
    )
    settled = owned.values(
        state=rows.c.state,
        lease_until=None,
        not_before=func.coalesce(rows.c.not_before, Message.not_before),
        sid=func.coalesce(rows.c.sid, Message.sid),
        error_code=rows.c.error_code,
        segments=func.coalesce(rows.c.segments, Message.segments),
        sent_at=func.coalesce(Message.sent_at, rows.c.sent_at),
        settled_at=rows.c.settled_at,
    )
    reported = {name: rows.c[name] for name in ("outcome", "http_status", "error_code", "sid", "finished_at")}
    in_batch = among(table(Attempt).c.message_id)
    tried = update(table(Attempt)).where(in_batch, Attempt.message_id == rows.c.id, Attempt.number == rows.c.number)
    return tried.values(reported).add_cte(settled.returning(Message.id).cte("settled"))


def _settled(result: Attempted, now: datetime, verdict: Verdict) -> Settled:
    sent, claimed = result.sent, result.claimed
    failed = _failed(result, verdict)
    return Settled(
        id=result.message_id,
        epoch=claimed.epoch,
        number=claimed.attempts,
        state=MessageState.FAILED if failed else STATE_AFTER[sent.outcome],
        not_before=None if failed else _not_before(result, now, verdict.retry_at),
        sid=sent.sid,
        error_code=sent.error_code,
        segments=sent.segments,
        sent_at=now if sent.outcome is Outcome.ACCEPTED else None,
        settled_at=now if failed else None,
        outcome=sent.outcome,
        http_status=sent.http_status,
        finished_at=now,
    )


def _not_before(result: Attempted, now: datetime, retry_at: datetime | None) -> datetime | None:
    """When to try once more, or to look what became of it; nothing where it is settled, or left as it was."""
    if result.outcome is Outcome.UNKNOWN:
        return now + LOOK_FIRST
    if result.outcome not in NOT_TAKEN:
        return None
    if result.outcome is not Outcome.BUSY and retry_at is not None:
        return retry_at
    return now + backoff(result.claimed.attempts, random.random(), result.sent.retry_after)  # noqa: S311
