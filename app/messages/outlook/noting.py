"""What the desk or a program says of a protocol event: planned, moved, happened, called off; and its visits."""

from datetime import date, datetime
from typing import NamedTuple

from app.core.database import taken_back
from app.core.problems import BadInput
from app.messages.outlook.calling_off import call_off, take_back_unfounded
from app.messages.outlook.effects import Effect, difference
from app.messages.outlook.looking_ahead import ahead
from app.participants.events import default_instant, plan_event, planned_event, record_event
from app.participants.models import Event, EventState, Participant
from app.schedule.models import Assessment
from app.schedule.planning import plan


class Noted(NamedTuple):
    """An event as it stands now, and the visits that follow from it."""

    event: Event
    visits: list[Assessment]


def note_event(
    participant: Participant, kind: str, state: EventState, on: date | None, at: datetime | None, now: datetime
) -> Noted:
    """The event in this state, and the schedule after it. What happened has its instant, all else its local date."""
    event = _event(participant, kind, state, on, at, now)
    take_back_unfounded(participant, now)
    return Noted(event, plan(participant, now))


def preview(
    participant: Participant, kind: str, state: EventState, on: date | None, at: datetime | None, now: datetime
) -> Effect:
    """What `note_event` would change now; nothing is changed."""
    before = ahead(participant, now)
    with taken_back():
        note_event(participant, kind, state, on, at, now)
        return difference(before, ahead(participant, now))


def _event(
    participant: Participant, kind: str, state: EventState, on: date | None, at: datetime | None, now: datetime
) -> Event:
    if state is EventState.HAPPENED:
        if at is None and on is not None:
            at = default_instant(participant, kind, on)
        if at is None:
            raise BadInput("Say at what time it happened.", errors={"at": "missing"})
        return record_event(participant, kind, at, now)
    if on is None:
        raise BadInput("Say for which day it is planned.", errors={"on": "missing"})
    if state is EventState.PLANNED:
        return plan_event(participant, kind, on, at, now)
    event = planned_event(participant, kind, on)
    call_off(event, now)
    return event
