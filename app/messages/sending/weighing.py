"""Weigh what came of a batch of attempts: whether everybody waits, and whose refusal is hers alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.core.database import db, is_any
from app.messages import breaker
from app.messages.gateways.gateway import EMAILS, Gateway
from app.messages.gateways.outcomes import HALTING, Outcome, Sent
from app.messages.models import Attempt, Message, MessageState
from app.messages.reading import channel_now
from app.messages.sending import evidence, refused_later
from app.messages.sending.claiming import Claimed
from app.messages.sending.numbers import numbers_of
from app.messages.sending.taking_back import take_back
from app.participants.models import Contact, Participant

HALTS_AT_ONCE = (Outcome.BARRED, Outcome.UNREACHABLE)
"""These need no evidence: they say nothing of whom the text was for."""


@dataclass(frozen=True)
class Attempted:
    """A claimed message and what the gateway said."""

    claimed: Claimed
    sent: Sent

    @property
    def message_id(self) -> int:
        return self.claimed.text.message_id

    @property
    def outcome(self) -> Outcome:
        return self.sent.outcome


@dataclass(frozen=True)
class Verdict:
    """When everybody tries again, if nobody's text leaves, and the messages that are refused for their own number."""

    retry_at: datetime | None = None
    hers: frozenset[int] = frozenset()


def weigh(results: Sequence[Attempted], gateway: Gateway, now: datetime) -> Verdict:
    """Open the breaker where the results say so; close it when the provider judges its probe."""
    refused = [result for result in results if result.outcome is Outcome.HALTED]
    tells = refused or any(result.outcome in HALTS_AT_ONCE for result in results)
    if not tells and not breaker.is_in_doubt(gateway.name):
        _judge_probe(results, gateway, ())
        return Verdict()
    later = refused_later.is_told_by_reports(gateway.name)
    if later:  # that a text is taken then proves nothing: its report does
        if any(result.claimed.is_probe and result.outcome is Outcome.ACCEPTED for result in results):
            breaker.put_off(gateway.name, now + breaker.FIRST_PAUSE[Outcome.HALTED])
        results = [result for result in results if result.outcome in (Outcome.HALTED, *HALTS_AT_ONCE)]
    tries = _tries(refused)
    before = breaker.refused_so_far(gateway.name)
    hers = {id_ for id_, count in tries.items() if count > 1 and id_ not in before}  # a text was taken since
    standing = evidence.tally(before, [(result.message_id, result.outcome) for result in results], hers)
    _keep(before, standing, gateway)
    retry_at = _halt(standing, results, gateway, now)
    if retry_at is not None:
        return Verdict(retry_at, frozenset(hers))
    if not later:
        _judge_probe(results, gateway, standing)
    lately = _taken_lately(results, gateway, now)
    hers |= {id_ for id_, count in tries.items() if evidence.is_hers(count, taken_lately=lately)}
    return Verdict(None, frozenset(hers))


def _keep(before: Sequence[int], standing: Sequence[int], gateway: Gateway) -> None:
    """Keep who is refused for the next batch. That a text was taken ends a halt."""
    if not set(before) <= set(standing):
        breaker.reset(gateway.name)
    if list(standing) != list(before):
        breaker.remember_refused(gateway.name, standing)


def _halt(standing: Sequence[int], results: Sequence[Attempted], gateway: Gateway, now: datetime) -> datetime | None:
    """Open the breaker where nobody answers, or nobody's text would leave; returns when to try again."""
    barred = next((result.sent for result in results if result.outcome is Outcome.BARRED), None)
    if barred is not None:
        return _open(barred, standing, gateway, now)
    away = next((result.sent for result in results if result.outcome is Outcome.UNREACHABLE), None)
    if away is not None:
        return breaker.trip(gateway.name, Outcome.UNREACHABLE, away.because or "no answer", now)
    refusal = next((result.sent for result in results if result.outcome is Outcome.HALTED), None)
    if refusal is not None and _halts_all(standing, results, gateway, now):
        return _open(refusal, standing, gateway, now)
    return None


def _open(refusal: Sent, standing: Sequence[int], gateway: Gateway, now: datetime) -> datetime:
    """Let everybody wait, whose text was given up before it was known that nobody's leaves too."""
    opens = not breaker.refused_while_open(gateway.name)
    retry_at = breaker.trip(gateway.name, refusal.outcome, _because(refusal), now)
    if opens:
        take_back(standing, retry_at, now)
    return retry_at


def _judge_probe(results: Sequence[Attempted], gateway: Gateway, standing: Sequence[int]) -> None:
    """Close the breaker once the provider has said something about its probe."""
    judged = (Outcome.ACCEPTED, Outcome.REFUSED, Outcome.HALTED)
    if any(result.claimed.is_probe and result.outcome in judged for result in results):
        breaker.reset(gateway.name)
        if standing:
            breaker.remember_refused(gateway.name, standing)


def _halts_all(standing: Sequence[int], results: Sequence[Attempted], gateway: Gateway, now: datetime) -> bool:
    numbers = len(db.session.scalars(numbers_of(standing)).all())
    few = numbers < evidence.ENOUGH
    others_wait = few and _others_wait(standing, results, gateway, now)
    lately = few and _taken_lately(results, gateway, now)
    return evidence.halts_all(numbers, others_wait=others_wait, taken_lately=lately)


def _others_wait(standing: Sequence[int], results: Sequence[Attempted], gateway: Gateway, now: datetime) -> bool:
    """Whether a text to a number that was not refused is under way, or may leave now."""
    address = Contact.email_fingerprint if gateway.carries == EMAILS else Contact.phone_fingerprint
    due = (Message.state == MessageState.QUEUED) & (Message.not_before <= now)
    query = (
        select(Message.id)
        .join(Contact, Contact.participant_id == Message.participant_id)
        .join(Participant, Participant.id == Message.participant_id)
        .where(
            channel_now().in_(sorted(gateway.carries)),
            due | (Message.state == MessageState.SENDING),
            Message.id.not_in([result.message_id for result in results]),
            address.not_in(numbers_of(standing)),
        )
    )
    return is_any(query)


def _taken_lately(results: Sequence[Attempted], gateway: Gateway, now: datetime) -> bool:
    if any(result.outcome is Outcome.ACCEPTED for result in results):
        return True
    own = Message.channel.in_(sorted(gateway.carries))
    query = select(Message.id).where(Message.sent_at > now - evidence.LATELY, own)
    return is_any(query)


def _tries(refused: Sequence[Attempted]) -> dict[int, int]:
    """How often each of these messages was refused by now, this time included."""
    ids = [result.message_id for result in refused]
    query = select(Attempt.message_id, func.count()).where(
        Attempt.message_id.in_(ids), Attempt.outcome == Outcome.HALTED.value
    )
    before = dict(db.session.execute(query.group_by(Attempt.message_id)).all()) if ids else {}
    return {id_: before.get(id_, 0) + 1 for id_ in ids}


def _because(sent: Sent) -> str:
    """The provider's code, and what it means where we know."""
    code = sent.error_code or f"status {sent.http_status}"
    return f"{code}: {HALTING[code]}" if code in HALTING else sent.because or code
