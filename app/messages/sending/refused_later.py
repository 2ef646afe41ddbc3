"""Texts that were taken and then refused, as reports tell: whether nobody's text arrives, or hers alone does not.

That a text is taken then proves nothing; that one is delivered does. So what stands is counted from the sending of the
last text that was delivered, and a halt that reports began is ended by a report. While it lasts every text is kept.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select, update

from app.core.database import db
from app.core.statements import run
from app.messages import breaker
from app.messages.gateways.gateway import Gateway
from app.messages.gateways.outcomes import OF_SENDER, Outcome
from app.messages.models import Attempt, Message, MessageState
from app.messages.sending import evidence
from app.messages.sending.numbers import numbers_of
from app.participants.models import Contact

REMEMBERED = timedelta(days=1)
"""What was refused longer ago proves nothing any more."""


@dataclass(frozen=True)
class RefusedText:
    """A text that a report refused for our sender: how often it was tried, first and last at."""

    message_id: int
    tries: int
    first_at: datetime
    last_at: datetime
    code: str | None


def weigh_reports(gateway: Gateway, now: datetime) -> frozenset[int]:
    """Where reports prove that nobody's text arrives, open the breaker and queue the refused anew; returns which."""
    arrived_at = _arrived_at(gateway, now)
    texts = [
        text
        for text in _refused(gateway, now)
        if not evidence.is_hers(text.tries, taken_lately=arrived_at is not None and arrived_at >= text.first_at)
    ]
    since = [text for text in texts if arrived_at is None or text.last_at > arrived_at]
    ids = [text.message_id for text in since]
    if not ids or not (is_told_by_reports(gateway.name) or _halts_all(ids, arrived_at, gateway, now)):
        return frozenset()
    code = since[-1].code or ""
    retry_at = breaker.trip(gateway.name, Outcome.HALTED, f"{code}: {OF_SENDER[code]}, as reports tell", now)
    breaker.remember_refused(gateway.name, sorted({*breaker.refused_so_far(gateway.name), *ids}))
    failed = update(Message).where(Message.id.in_(ids), Message.state == MessageState.FAILED)
    run(failed.values(state=MessageState.QUEUED, not_before=retry_at, sent_at=None, settled_at=None))
    return frozenset(ids)


def end_halt(delivered: Collection[int], gateway: Gateway) -> None:
    """Close a breaker that reports opened, once a text is delivered that left with the refused, or later."""
    if not delivered or not is_told_by_reports(gateway.name):
        return
    refused = breaker.refused_so_far(gateway.name)
    first = db.session.scalar(_taken(refused).with_only_columns(func.min(Attempt.started_at)))
    last = db.session.scalar(_taken(delivered).with_only_columns(func.max(Attempt.started_at)))
    if first is not None and last is not None and last >= first:
        breaker.reset(gateway.name)


def is_told_by_reports(gateway: str) -> bool:
    """Whether the breaker is open for texts that were taken at first."""
    refused = breaker.refused_while_open(gateway)
    return bool(refused) and db.session.scalar(_taken(refused).limit(1)) is not None


def _taken(messages: Collection[int]) -> Select[int]:
    return select(Attempt.message_id).where(
        Attempt.message_id.in_(list(messages)), Attempt.outcome == Outcome.ACCEPTED.value
    )


def _refused(gateway: Gateway, now: datetime) -> list[RefusedText]:
    """In the order of their last sending; a text that waits to be sent anew still is one."""
    last_at = func.max(Attempt.started_at)
    query = (
        select(Message.id, func.count(), func.min(Attempt.started_at), last_at, Message.error_code)
        .join(Attempt, Attempt.message_id == Message.id)
        .where(
            Message.state.in_((MessageState.FAILED, MessageState.QUEUED)),
            Message.error_code.in_(sorted(OF_SENDER)),
            Message.channel.in_(sorted(gateway.carries)),
            Attempt.outcome == Outcome.ACCEPTED.value,
        )
        .group_by(Message.id)
        .having(last_at > now - REMEMBERED)
        .order_by(last_at, Message.id)
    )
    return [RefusedText(*row) for row in db.session.execute(query)]


def _arrived_at(gateway: Gateway, now: datetime) -> datetime | None:
    """When the last text was sent that was delivered."""
    query = (
        select(func.max(Attempt.started_at))
        .join(Message, Message.id == Attempt.message_id)
        .where(
            Message.state == MessageState.DELIVERED,
            Message.channel.in_(sorted(gateway.carries)),
            Attempt.started_at > now - REMEMBERED,
        )
    )
    return db.session.scalar(query)


def _halts_all(ids: list[int], arrived_at: datetime | None, gateway: Gateway, now: datetime) -> bool:
    numbers = len(db.session.scalars(numbers_of(ids)).all())
    lately = arrived_at is not None and arrived_at > now - evidence.LATELY
    return evidence.halts_all(numbers, others_wait=_others_are_under_way(ids, gateway, now), taken_lately=lately)


def _others_are_under_way(ids: list[int], gateway: Gateway, now: datetime) -> bool:
    """Whether a text to another number left lately, of which no report has told."""
    query = (
        select(Message.id)
        .join(Contact, Contact.participant_id == Message.participant_id)
        .where(
            Message.state == MessageState.ACCEPTED,
            Message.sent_at > now - evidence.LATELY,
            Message.channel.in_(sorted(gateway.carries)),
            Contact.phone_fingerprint.not_in(numbers_of(ids)),
        )
    )
    return db.session.scalar(query.limit(1)) is not None
