"""Plan, move, record and call off what the protocol foresees; the schedule follows at once."""

from flask import Blueprint, request

from app.accounts.roles import Permission
from app.core.time import now
from app.messages.outlook.noting import Noted, note_event
from app.participants.models import Event, EventState, Participant
from app.web.desk.changing import Answer, changed
from app.web.desk.forms import Fields, instant
from app.web.staff.access import requires

blueprint = Blueprint("desk_events", __name__, url_prefix="/desk/<study>/participants/<code>/events")
SAID_OF = {
    EventState.PLANNED: "is planned for",
    EventState.HAPPENED: "took place on",
    EventState.CANCELLED: "is called off, it was planned for",
}


@blueprint.post("/")
@requires(Permission.RECORD_EVENTS)
def save(code: str) -> Answer:
    """Plan or move the event, record that it took place, or call it off; then plan the visits again."""

    def note(person: Participant) -> str:
        event, visits = _noted(person, Fields(request.form))
        title = person.protocol.plan.event_title(event.kind)
        follow = _follow(event, len(visits)) if event.kind in person.protocol.plan.dating_events else ""
        return f"{title} of {person.code} {SAID_OF[event.state]} {event.on:%A} {event.on}.{follow}"

    return changed(code, "event", note)


def _follow(event: Event, visits: int) -> str:
    if event.state is not EventState.CANCELLED:
        return f" {visits} visits follow it."
    begun = f" {visits} visits had begun and stay." if visits else ""
    return f" Nothing more is sent until it is planned anew.{begun}"


def _noted(person: Participant, fields: Fields) -> Noted:
    kind = fields.choice("kind", person.protocol.plan.noted_events)
    act = fields.choice("act", SAID_OF)
    by_day = kind in person.protocol.plan.events and person.protocol.plan.event(kind).hour is not None
    on, hour = fields.date("on"), fields.time("time", needed=act == EventState.HAPPENED and not by_day)
    fields.check()
    at = instant(on, hour, person.zone) if hour is not None and act != EventState.CANCELLED else None
    return note_event(person, kind, EventState(act), on, at, now())
