"""Texts that were taken and then refused, as reports tell: whether nobody's text arrives, or hers alone does not.

That a text is taken then proves nothing; that one is delivered does. So what stands is counted from the sending of the
last text that was delivered, and a halt that reports began is ended by a report. While it lasts every text is kept.
Where reports stop for good, a text that was taken without a word of it or of any other ends the halt: the next report
of a refusal begins it anew, and nothing is lost by it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Select, func, select

from app.core.database import db, is_any
from app.messages import breaker
from app.messages.gateways.gateway import Gateway
from app.messages.gateways.outcomes import (
    DELIVERED_STATUSES,
    FAILED_STATUSES,
    NUMBER_UNUSABLE,
    OF_SENDER,
    OPTED_OUT,
    OUR_FAULTS,
    Outcome,
)
from app.messages.models import Attempt, Message, MessageState, Receipt
from app.messages.sending import evidence
from app.messages.sending.numbers import numbers_of
from app.messages.sending.taking_back import take_back
from app.participants.models import Contact
from app.studies.protocol import Channel

REMEMBERED = timedelta(days=1)
"""What was refused longer ago proves nothing any more."""
SILENCE = timedelta(minutes=30)
"""So long after a text was taken, and none before it was told of since, nobody waits for reports any more."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class RefusedText:
    """A text that a report refused: how often it was tried, first and last at."""

    message_id: int
    tries: int
    first_at: datetime
    last_at: datetime
    code: str | None


def weigh_reports(gateway: Gateway, now: datetime) -> frozenset[int]:
    """Where reports prove that nobody's text arrives, open the breaker and queue the refused anew; returns which."""
    arrived_at = _arrived_at(gateway, now)
    texts = [text for text in _refused(gateway, now) if not _is_hers(text, arrived_at)]
    since = [text for text in texts if arrived_at is None or text.last_at > arrived_at]
    proven = _proven(since, arrived_at, gateway, now)
    if not proven:
        return _owe_again([text.message_id for text in texts if text.code in OUR_FAULTS], now)
    ids, code = [text.message_id for text in proven], proven[-1].code or ""
    because = OF_SENDER.get(code) or NUMBER_UNUSABLE.get(code) or "nobody's text is delivered"
    retry_at = breaker.trip(gateway.name, Outcome.HALTED, f"{code or 'no code'}: {because}, as reports tell", now)
    breaker.remember_refused(gateway.name, sorted({*breaker.refused_so_far(gateway.name), *ids}))
    take_back(ids, retry_at, now)
    return frozenset(ids)


def _is_hers(text: RefusedText, arrived_at: datetime | None) -> bool:
    """Whether it is refused for her own number. What can only be about us never is, while it has tries left."""
    if text.code in OUR_FAULTS:
        return text.tries >= evidence.TEXT_TRIES
    return evidence.is_hers(text.tries, taken_lately=arrived_at is not None and arrived_at >= text.first_at)


def _owe_again(ids: Sequence[int], now: datetime) -> frozenset[int]:
    """Our account's fault, which is over: others' texts that left since were delivered."""
    if ids:
        take_back(ids, now + breaker.FIRST_PAUSE[Outcome.BARRED], now)
    return frozenset(ids)


def _proven(
    since: Sequence[RefusedText], arrived_at: datetime | None, gateway: Gateway, now: datetime
) -> Sequence[RefusedText]:
    """Of the texts refused since one was delivered, those that prove our sender's fault.

    Whatever their codes are, where they are of so many numbers; where they are of few, those that speak of our sender.
    A code that can only be about us proves it alone.
    """
    of_sender = [text for text in since if text.code in OF_SENDER]
    if any(text.code in OUR_FAULTS for text in since):
        return of_sender
    if len(since) >= evidence.ENOUGH and _numbers(since) >= evidence.ENOUGH:
        return since
    if not of_sender:
        return ()
    halted = is_told_by_reports(gateway.name) or _halts_all(of_sender, arrived_at, gateway, now)
    return of_sender if halted else ()


def end_halt(delivered: Collection[int], gateway: Gateway) -> None:
    """Close a breaker that reports opened, once a text is delivered that left with the refused, or later."""
    if not delivered or not is_told_by_reports(gateway.name):
        return
    refused = breaker.refused_so_far(gateway.name)
    first = db.session.scalar(_taken(refused).with_only_columns(func.min(Attempt.started_at)))
    last = db.session.scalar(_taken(delivered).with_only_columns(func.max(Attempt.started_at)))
    if first is not None and last is not None and last >= first:
        breaker.reset(gateway.name)


def end_if_silent(gateway: Gateway, now: datetime) -> bool:
    """Close a breaker that reports opened where for long no report told of what was taken since; whether it did."""
    if not is_told_by_reports(gateway.name):
        return False
    own = Message.channel.in_(sorted(gateway.carries))
    reports = select(func.max(Receipt.received_at)).join(Message, Message.id == Receipt.message_id)
    told_at = db.session.scalar(reports.where(own, Receipt.status.in_((*DELIVERED_STATUSES, *FAILED_STATUSES))))
    taken = select(func.min(Attempt.started_at)).join(Message, Message.id == Attempt.message_id)
    taken = taken.where(own, Attempt.outcome == Outcome.ACCEPTED.value, Attempt.started_at >= (told_at or EPOCH))
    taken_at = db.session.scalar(taken)
    silent = taken_at is not None and now - taken_at >= SILENCE
    if silent:
        breaker.reset(gateway.name)
    return silent


def is_told_by_reports(gateway: str) -> bool:
    """Whether the breaker is open for texts that were taken at first."""
    refused = breaker.refused_while_open(gateway)
    return bool(refused) and is_any(_taken(refused))


def _taken(messages: Collection[int]) -> Select[int]:
    return select(Attempt.message_id).where(
        Attempt.message_id.in_(list(messages)), Attempt.outcome == Outcome.ACCEPTED.value
    )


def _refused(gateway: Gateway, now: datetime) -> list[RefusedText]:
    """In the order of their last sending; a text that waits to be sent anew still is one.

    Of e-mails that come back each is its own address's fault, and who said STOP to the provider is not refused.
    """
    last_at = func.max(Attempt.started_at)
    waits_anew = (Message.state == MessageState.QUEUED) & Message.error_code.is_not(None)
    query = (
        select(Message.id, func.count(), func.min(Attempt.started_at), last_at, Message.error_code)
        .join(Attempt, Attempt.message_id == Message.id)
        .where(
            (Message.state == MessageState.FAILED) | waits_anew,
            Message.error_code.is_distinct_from(OPTED_OUT),
            Message.channel == Channel.SMS,
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


def _numbers(texts: Sequence[RefusedText]) -> int:
    return len(db.session.scalars(numbers_of([text.message_id for text in texts])).all())


def _halts_all(texts: Sequence[RefusedText], arrived_at: datetime | None, gateway: Gateway, now: datetime) -> bool:
    ids = [text.message_id for text in texts]
    lately = arrived_at is not None and arrived_at > now - evidence.LATELY
    return evidence.halts_all(
        _numbers(texts), others_wait=_others_are_under_way(ids, gateway, now), taken_lately=lately
    )


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
    return is_any(query)
