"""Protocol events: planned, moved, happened, cancelled. Day 0 is the anchor event; the schedule follows it."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core.database import db, lock
from app.core.problems import BadInput, Conflict
from app.participants.models import Event, EventState, Participant
from app.studies.protocol import ENROLMENT, RANDOMISATION

FARTHEST_EVENT = timedelta(days=3660)
"""So far from today may an event lie: a slip of the keyboard lies farther."""


def anchor(participant: Participant) -> Event | None:
    """The event that is day 0, if it is planned or has happened."""
    kind = participant.protocol.plan.anchor
    query = select(Event).where(Event.participant_id == participant.id, Event.is_anchor, Event.kind == kind)
    event = db.session.scalar(query)
    return event if event is not None and event.state is not EventState.CANCELLED else None


def note_enrolment(participant: Participant, now: datetime) -> None:
    """Enrolment dates itself where the protocol counts it among its events; noted once, moved when it is corrected."""
    plan = participant.protocol.plan
    if ENROLMENT not in plan.events:
        return
    zone, on = ZoneInfo(participant.zone), participant.enrolled_on
    event = _once(participant, ENROLMENT)
    if event is None:
        event = Event(participant=participant, kind=ENROLMENT, is_anchor=plan.anchor == ENROLMENT)
        db.session.add(event)
    elif event.on == on and event.state is EventState.HAPPENED:
        return
    at = datetime.combine(on, plan.event(ENROLMENT).hour or time(0), zone).astimezone(UTC)
    event.state, event.on, event.at, event.recorded_at = EventState.HAPPENED, on, at, now
    db.session.flush()


def follow_anchor(participant: Participant) -> None:
    """Day 0 is what the participant's version of the protocol says it is; of several alike, the one noted last."""
    query = select(Event).where(Event.participant_id == participant.id).order_by(Event.is_anchor, Event.id)
    events, kind = list(db.session.scalars(query)), participant.protocol.plan.anchor
    marked = next((event for event in reversed(events) if event.kind == kind), None)
    for event in events:
        event.is_anchor = event is marked
    db.session.flush()


def named_events(participant: Participant) -> list[Event]:
    """Those that her protocol's file names: a randomisation that is noted by its day alone has a place of its own."""
    by_day = participant.protocol.plan.randomised_by_day
    return [event for event in participant.events if not (by_day and event.kind == RANDOMISATION)]


def default_instant(participant: Participant, kind: str, on: date) -> datetime | None:
    """When an event of that day counts as having happened, where the protocol notes its day alone."""
    plan = participant.protocol.plan
    hour = plan.event(kind).hour if kind in plan.events else None
    return datetime.combine(on, hour, ZoneInfo(participant.zone)).astimezone(UTC) if hour else None


def plan_event(participant: Participant, kind: str, on: date, at: datetime | None, now: datetime) -> Event:
    """Plan an event, or move the planned anchor. Conflict once it has happened."""
    _check(participant, kind)
    check_plan(participant, on, at, now)
    event = _once(participant, kind)
    if event is None:
        _refuse_again(participant, kind, EventState.PLANNED, on, at)
        event = Event(participant=participant, kind=kind, is_anchor=kind == participant.protocol.plan.anchor)
        db.session.add(event)
    elif event.state is EventState.HAPPENED:
        raise Conflict(f"{kind} of {participant.code} took place on {event.on}; it can no longer be moved.")
    event.state, event.on, event.at, event.recorded_at = EventState.PLANNED, on, at, now
    db.session.flush()
    return event


def record_event(participant: Participant, kind: str, at: datetime, now: datetime) -> Event:
    """It happened, at this instant. The anchor happens once."""
    _check(participant, kind)
    local = happened_on(participant, kind, at, now)
    event = _once(participant, kind)
    if event is not None and event.state is EventState.HAPPENED:
        raise Conflict(f"{kind} of {participant.code} is recorded already, on {event.on}.")
    if event is None:
        _refuse_again(participant, kind, EventState.HAPPENED, None, at)
        event = Event(participant=participant, kind=kind, is_anchor=kind == participant.protocol.plan.anchor)
        db.session.add(event)
    event.state, event.on, event.at, event.recorded_at = EventState.HAPPENED, local, at, now
    db.session.flush()
    return event


def _refuse_again(participant: Participant, kind: str, state: EventState, on: date | None, at: datetime | None) -> None:
    """Conflict if this very event is noted: mostly, what was sent twice. Two at the same time wait for each other."""
    lock(f"events:{participant.id}")
    same = select(Event.on).where(Event.participant_id == participant.id, Event.kind == kind, Event.state == state)
    same = same.where(Event.at.is_not_distinct_from(at))
    noted_on = db.session.scalar(same if on is None else same.where(Event.on == on))
    if noted_on is not None:
        raise Conflict(f"{kind} of {participant.code} on {noted_on} is noted already, at the same hour.")


def check_plan(participant: Participant, on: date, at: datetime | None, now: datetime) -> None:
    """BadInput where nothing of hers can be planned for this day and hour."""
    if abs(on - now.date()) > FARTHEST_EVENT:
        raise BadInput(f"{on} is more than ten years away. Check the year.", errors={"on": "too far away"})
    _refuse_before_enrolment(participant, on, "on")
    if at is not None and at.astimezone(ZoneInfo(participant.zone)).date() != on:
        sentence = f"This instant is not on {on} in {participant.zone}."
        raise BadInput(sentence, errors={"at": sentence})


def happened_on(participant: Participant, kind: str, at: datetime, now: datetime) -> date:
    """The day of an instant on her calendar; BadInput where nothing of hers can have happened then.

    What happened today and is noted by its day alone counts from the protocol's hour, also before that has come.
    """
    zone = ZoneInfo(participant.zone)
    local, today = at.astimezone(zone).date(), now.astimezone(zone).date()
    if at > now and (local, at) != (today, default_instant(participant, kind, today)):
        raise BadInput("This lies in the future; plan it instead.", errors={"at": "in the future"})
    if now - at > FARTHEST_EVENT:
        raise BadInput(f"{at.date()} is more than ten years ago. Check the year.", errors={"at": "too long ago"})
    _refuse_before_enrolment(participant, local, "at")
    return local


def _refuse_before_enrolment(participant: Participant, on: date, field: str) -> None:
    if on < participant.enrolled_on:
        sentence = (
            f"{on} comes before {participant.code} was enrolled, on {participant.enrolled_on}. Check the day; "
            "if the day of enrolment is wrong, correct that first."
        )
        raise BadInput(sentence, errors={field: sentence})


def planned_event(participant: Participant, kind: str, on: date) -> Event:
    """The event of this kind that is planned for this day; BadInput names the days for which there is one."""
    _check(participant, kind)
    of_this_kind = (Event.participant_id == participant.id, Event.kind == kind, Event.state == EventState.PLANNED)
    planned = {event.on: event for event in db.session.scalars(select(Event).where(*of_this_kind).order_by(Event.on))}
    if on not in planned:
        days = ", ".join(map(str, planned)) or "no day at all"
        sentence = f"{kind} of {participant.code} is planned for {days}, not for {on}."
        raise BadInput(sentence, errors={"on": sentence})
    return planned[on]


def takes_back(participant: Participant, kind: str, state: EventState, on: date | None) -> bool:
    """Whether noting the event so takes back a day that somebody planned: it is called off, or has another day."""
    if kind not in participant.protocol.plan.events:
        return False
    if state is EventState.CANCELLED:
        return True
    standing = _once(participant, kind)
    return standing is not None and standing.state is EventState.PLANNED and standing.on != on


def cancel_event(event: Event, now: datetime) -> None:
    """A planned event that will not take place."""
    if event.state is EventState.HAPPENED:
        raise Conflict("What has happened cannot be cancelled.")
    event.state, event.recorded_at = EventState.CANCELLED, now


def _once(participant: Participant, kind: str) -> Event | None:
    """The event of a kind that happens once, as it was noted last."""
    if participant.protocol.plan.event(kind).recurs:
        return None
    query = select(Event).where(Event.participant_id == participant.id, Event.kind == kind)
    return db.session.scalar(query.order_by(Event.is_anchor.desc(), Event.id.desc()).limit(1))


def _check(participant: Participant, kind: str) -> None:
    foreseen = [event for event in participant.protocol.plan.events if event != ENROLMENT]
    if kind == ENROLMENT:
        raise BadInput("Enrolment dates itself. If its day is wrong, correct that.", errors={"kind": "not noted"})
    if kind not in foreseen:
        raise BadInput(f"The protocol has no event {kind}; it has {', '.join(foreseen)}.", errors={"kind": "unknown"})
