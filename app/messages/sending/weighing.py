"""Weigh what came of a batch of attempts: whether everybody waits, and whose refusal is hers alone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.core.database import db, is_any
from app.messages import breaker
from app.messages.gateways.gateway import Gateway
from app.messages.gateways.outcomes import HALTING, Outcome, Sent
from app.messages.models import Attempt, Message
from app.messages.sending import evidence, refused_later
from app.messages.sending.claiming import Claimed
from app.messages.sending.numbers import numbers_of, others_wait
from app.messages.sending.taking_back import take_back

HALTS_AT_ONCE = (Outcome.BARRED, Outcome.UNREACHABLE)
"""These need no evidence: they say nothing of whom the text was for."""

A_MOMENT = timedelta(seconds=1)


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
    verdict = _of_refusals(results, gateway, now)
    return replace(verdict, hers=verdict.hers | _never_her_turn(results, gateway, now))


def _of_refusals(results: Sequence[Attempted], gateway: Gateway, now: datetime) -> Verdict:
    refused = [result for result in results if result.outcome is Outcome.HALTED]
    tells = any(result.outcome in (*HALTS_AT_ONCE, *evidence.NOT_THROUGH) for result in results)
    if not tells and not breaker.is_in_doubt(gateway.name):
        _judge_probe(results, gateway, ())
        return Verdict()
    later = refused_later.is_told_by_reports(gateway.name)
    if later:  # that a text is taken then proves nothing: its report does
        if any(result.claimed.is_probe and result.outcome is Outcome.ACCEPTED for result in results):
            breaker.put_off(gateway.name, now + breaker.FIRST_PAUSE[Outcome.HALTED])
        results = [result for result in results if result.outcome in (Outcome.HALTED, *HALTS_AT_ONCE)]
    tries = _tries(refused, Outcome.HALTED)
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


def _never_her_turn(results: Sequence[Attempted], gateway: Gateway, now: datetime) -> frozenset[int]:
    """The texts that were too many for the provider for hours, while it took others'."""
    busy = [result for result in results if result.outcome is Outcome.BUSY and result.sent.http_status is not None]
    often = [id_ for id_, count in _tries(busy, Outcome.BUSY).items() if count >= evidence.TEXT_TRIES]
    if not often:
        return frozenset()
    first = func.min(Attempt.started_at)
    query = select(Attempt.message_id, first).where(Attempt.message_id.in_(often)).group_by(Attempt.message_id)
    long_since = db.session.execute(query.having(first <= now - evidence.TOO_MANY_REQUESTS)).all()
    return frozenset(id_ for id_, since in long_since if _taken_since(since - A_MOMENT, results, gateway))


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
    refusal = next((result.sent for result in results if result.outcome in evidence.NOT_THROUGH), None)
    if refusal is None or not _halts_all(standing, results, gateway, now):
        return None
    retry_at = _open(refusal, standing, gateway, now)
    if others_wait(standing, gateway, now, apart=[result.message_id for result in results]):
        # what becomes of somebody of whom nothing is known yet tells more than all before
        retry_at = min(retry_at, now + breaker.SHORTEST_PAUSE)
        breaker.put_off(gateway.name, retry_at)
    return retry_at


def _open(refusal: Sent, standing: Sequence[int], gateway: Gateway, now: datetime) -> datetime:
    """Let everybody wait, whose text was given up before it was known that nobody's leaves too."""
    opens = not breaker.refused_while_open(gateway.name)
    outcome = Outcome.BARRED if refusal.outcome is Outcome.BARRED else Outcome.HALTED
    retry_at = breaker.trip(gateway.name, outcome, _because(refusal), now)
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
    if numbers >= evidence.ENOUGH and numbers >= evidence.ENOUGH + _by_chance(standing, results, gateway, now):
        return True
    tried = [result.message_id for result in results]
    return evidence.halts_all(
        min(numbers, evidence.ENOUGH - 1),
        others_wait=others_wait(standing, gateway, now, apart=tried),
        taken_lately=_taken_lately(results, gateway, now),
    )


def _by_chance(standing: Sequence[int], results: Sequence[Attempted], gateway: Gateway, now: datetime) -> int:
    """How many refusals in a row are to be expected, by what became of texts in this spell."""
    query = (
        select(Attempt.message_id, Attempt.outcome)
        .join(Message, Message.id == Attempt.message_id)
        .where(Attempt.started_at > now - evidence.SPELL, Message.channel.in_(sorted(gateway.carries)))
        .where(Attempt.outcome.in_([Outcome.ACCEPTED.value, Outcome.HALTED.value]))
    )
    came = {(row.message_id, row.outcome) for row in db.session.execute(query.distinct())}
    came |= {(result.message_id, result.outcome.value) for result in results}
    taken = {id_ for id_, outcome in came if outcome == Outcome.ACCEPTED.value}
    refused = {id_ for id_, outcome in came if outcome == Outcome.HALTED.value}
    return evidence.by_chance(len(refused - taken - {*standing}), len(taken))


def _taken_lately(results: Sequence[Attempted], gateway: Gateway, now: datetime) -> bool:
    return _taken_since(now - evidence.LATELY, results, gateway)


def _taken_since(since: datetime, results: Sequence[Attempted], gateway: Gateway) -> bool:
    if any(result.outcome is Outcome.ACCEPTED for result in results):
        return True
    own = Message.channel.in_(sorted(gateway.carries))
    query = select(Message.id).where(Message.sent_at > since, own)
    return is_any(query)


def _tries(refused: Sequence[Attempted], outcome: Outcome) -> dict[int, int]:
    """How often each of these messages was refused so by now, this time included."""
    ids = [result.message_id for result in refused]
    query = select(Attempt.message_id, func.count()).where(
        Attempt.message_id.in_(ids), Attempt.outcome == outcome.value
    )
    before = dict(db.session.execute(query.group_by(Attempt.message_id)).all()) if ids else {}
    return {id_: before.get(id_, 0) + 1 for id_ in ids}


def _because(sent: Sent) -> str:
    """The provider's code, and what it means where we know."""
    code = sent.error_code or (f"status {sent.http_status}" if sent.http_status else sent.because or "no answer")
    if sent.outcome is Outcome.UNKNOWN:
        return f"{code}: nobody knows whether texts leave"
    return f"{code}: {HALTING[code]}" if code in HALTING else sent.because or code
