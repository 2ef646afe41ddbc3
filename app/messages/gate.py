"""The one gate, asked in the claiming transaction: send, wait until, or suppress with the reason. Nothing is silent.

Prompts (texts that ask something) keep quiet hours and holidays; what answers a patient's own text, or a coordinator's
test while the patient is there, does not, unless it was held up: then she may sleep, and it too needs ten minutes to
arrive before quiet hours. Only the confirmation of STOP may go to somebody who said stop.

A prompt needs ten minutes to arrive before quiet hours, or it waits for the morning. On the last day of a window there
is no morning to wait for: it leaves while a minute is left, and with less it is of no use any more. A new link that
somebody on the telephone waits for needs that minute only.

What holds back every text alike, an open breaker or an operator's hold, is asked once per claim, in the same
transaction (`breaker.standing`): the queue then stays as it is.
"""

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.messages.kinds import ASKING, MessageKind, Reason
from app.schedule.calendar import end_of, instant, local_day, next_send_instant
from app.studies.protocol import Sending
from app.studies.states import Act, StudyState, may, may_text

STALE = timedelta(hours=24)
AWAKE = timedelta(minutes=30)
"""So long after her own text, or a coordinator's test, a patient is thought to be up."""
TO_ARRIVE = timedelta(minutes=10)
"""With less time left before quiet hours a prompt waits for the morning: the network may not have delivered it."""
AN_HOUR = 3600
"""For so many seconds an answer to her own text may still arrive."""
AT_LEAST = timedelta(minutes=1)
"""With less time left nothing leaves: a provider would drop it unseen."""


@dataclass(frozen=True)
class Facts:
    """What the decision rests on."""

    kind: MessageKind
    owed_at: datetime
    site_active: bool
    study_state: StudyState
    real_gateway: bool
    withdrawn_at: datetime | None
    opted_out_at: datetime | None
    has_number: bool
    country_allowed: bool
    zone: ZoneInfo
    holidays: Container[date]
    sending: Sending
    texts_ended_at: datetime | None = None
    answered: bool = False
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    paused_until: datetime | None = None
    texts_paused_until: datetime | None = None
    """Until when the staff lets her texts wait, or let them: the end of her last pause."""
    to_staff: bool = False
    """Whether the number is one of staff's own, confirmed by the operator."""


@dataclass(frozen=True)
class Send:
    """It may leave now."""


@dataclass(frozen=True)
class Wait:
    """It stays queued and is asked again at `until`."""

    until: datetime
    because: str


@dataclass(frozen=True)
class Suppress:
    """It is not sent, and the ledger says why."""

    reason: Reason


Decision = Send | Wait | Suppress


def decide(facts: Facts, now: datetime, *, left_today: int = 1, over_budget: bool = False) -> Decision:
    """What happens to a queued message at `now`, when `left_today` texts of its study's daily cap are left, and one of
    its number, person or site may be used up."""
    reason = _reason(facts, now)
    if reason is not None:
        return Suppress(reason)
    if over_budget and facts.kind not in ASKING:
        return Suppress(Reason.OVER_BUDGET)
    if left_today <= 0 or over_budget:
        return Wait(_tomorrow(facts, now), "budget" if over_budget else "daily cap")
    if facts.kind in ASKING:
        return _at_a_good_hour(facts, now)
    until = answers_at(facts.owed_at, facts.zone, facts.sending, now)
    return Send() if until <= now else Wait(until, "quiet hours")


def _reason(facts: Facts, now: datetime) -> Reason | None:
    """The first reason not to send at all."""
    reasons = {
        Reason.STUDY_CLOSED: not may(facts.study_state, Act.TEXT),
        Reason.DEMONSTRATION: facts.study_state is StudyState.DEMO and not _state_allows(facts),
        Reason.NOT_LIVE: facts.study_state is StudyState.SETUP and not _state_allows(facts),
        Reason.WITHDRAWN: facts.withdrawn_at is not None and facts.withdrawn_at <= now,
        Reason.NO_TEXTS: facts.texts_ended_at is not None and facts.texts_ended_at <= now,
        Reason.ANSWERED: facts.answered,
        Reason.MOVED: facts.kind in ASKING and facts.opens_at is not None and facts.owed_at < facts.opens_at,
        Reason.PAUSED: _was_paused_to_the_end(facts, now),
        Reason.CLOSED: facts.kind in ASKING and facts.closes_at is not None and now >= facts.closes_at,
        Reason.STALE: facts.kind not in ASKING and now - facts.owed_at > STALE,
        Reason.OPTED_OUT: facts.opted_out_at is not None and facts.kind is not MessageKind.STOP,
        Reason.NO_NUMBER: not facts.has_number,
        Reason.COUNTRY: not facts.country_allowed,
        Reason.SITE_INACTIVE: not facts.site_active,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _state_allows(facts: Facts) -> bool:
    is_own_test = facts.kind is MessageKind.TEST and facts.to_staff
    return may_text(facts.study_state, real=facts.real_gateway, own_test=is_own_test)


def _was_paused_to_the_end(facts: Facts, now: datetime) -> bool:
    """Whether the window closed while the staff let her texts wait."""
    if facts.kind not in ASKING or facts.closes_at is None or now < facts.closes_at:
        return False
    return facts.texts_paused_until is not None and facts.texts_paused_until >= facts.closes_at


def _at_a_good_hour(facts: Facts, now: datetime) -> Decision:
    held_until = None if _is_waited_for(facts, now) else facts.texts_paused_until
    start = max(now, facts.paused_until or now, held_until or now)
    least = AT_LEAST if _is_waited_for(facts, now) else TO_ARRIVE
    until = good_hour(start, facts.zone, facts.sending, facts.holidays, facts.closes_at, least)
    if until <= now:
        return Send() if _end(facts, now) - now >= AT_LEAST else Suppress(Reason.CLOSED)
    paused = start > now
    if facts.closes_at is not None and until >= facts.closes_at:
        # the staff's pause may end sooner than it says: what waits for its end is lost when its window closes
        return Wait(facts.closes_at, "paused") if held_until and held_until > now else Suppress(Reason.CLOSED)
    return Wait(until, "paused" if paused else "quiet hours or holiday")


def _is_waited_for(facts: Facts, now: datetime) -> bool:
    """Whether it is a new link that she has just asked for."""
    return facts.kind is MessageKind.REISSUE and now - facts.owed_at <= AWAKE


def good_hour(
    at: datetime,
    zone: ZoneInfo,
    sending: Sending,
    holidays: Container[date],
    closes_at: datetime | None,
    least: timedelta = TO_ARRIVE,
) -> datetime:
    """The first instant from `at` on at which a prompt may ring, with `least` to arrive before quiet hours begin.

    What waits rings at the hour of invitations. Where waiting for the morning would miss its window, it rings in what
    is left of the evening.
    """

    def free(moment: datetime) -> datetime:
        return next_send_instant(moment, zone, sending.earliest, sending.latest, holidays, closes_at, sending.at)

    first = free(at)
    quiet = _quiet(first, zone, sending)
    if quiet - first >= least:
        return first
    morning = free(quiet)
    never_longer = _quiet(morning, zone, sending) - morning < least  # the protocol's day of sending is that short
    return first if never_longer or (closes_at is not None and morning >= closes_at) else morning


def _quiet(at: datetime, zone: ZoneInfo, sending: Sending) -> datetime:
    """When quiet hours begin on the day of `at`."""
    return instant(local_day(at, zone), sending.latest, zone)


def _end(facts: Facts, now: datetime) -> datetime:
    """Until when a prompt that leaves now may ring: not into the night nor after its window."""
    quiet = _quiet(now, facts.zone, facts.sending)
    return min(quiet, facts.closes_at or quiet)


def _tomorrow(facts: Facts, now: datetime) -> datetime:
    return end_of(local_day(now, facts.zone), facts.zone)


def answers_at(owed_at: datetime, zone: ZoneInfo, sending: Sending, now: datetime) -> datetime:
    """When what answers somebody's own text may leave: now while she is thought to be up, else as a prompt may."""
    if now - owed_at <= AWAKE:
        return now
    return good_hour(now, zone, replace(sending, at=sending.earliest), (), None)


def answer_validity(owed_at: datetime, zone: ZoneInfo, sending: Sending, now: datetime) -> int:
    """For how many seconds the network may still deliver such an answer: an hour, not into a night that she sleeps."""
    if now - owed_at <= AWAKE:
        return AN_HOUR
    return int(max(1.0, min(AN_HOUR, (_quiet(now, zone, sending) - now).total_seconds())))


def validity(facts: Facts, now: datetime) -> int:
    """For how many seconds the network may still deliver it: 4 hours, not into the night nor after the window."""
    if facts.kind not in ASKING:
        return answer_validity(facts.owed_at, facts.zone, facts.sending, now)
    return int(max(1.0, min(14_400.0, (_end(facts, now) - now).total_seconds())))
