"""Plan, move, record and call off what the protocol foresees; the schedule follows at once."""

from flask import Blueprint, request

from app.accounts.roles import Permission
from app.core.time import now
from app.messages.outlook.noting import Noted, note_event
from app.messages.outlook.slips import of_event, of_events
from app.participants.models import Event, EventState, Participant
from app.participants.undoing import UndoableAct
from app.web.desk.changing import Answer, changed
from app.web.desk.filters import day
from app.web.desk.forms import Fields, instant
from app.web.desk.undoing import flash_slip
from app.web.language import gettext, spoken
from app.web.staff.access import requires

blueprint = Blueprint("desk_events", __name__, url_prefix="/desk/<study>/participants/<code>/events")
SAID_OF = {
    EventState.PLANNED: "%(event)s of %(code)s is planned for %(day)s.",
    EventState.HAPPENED: "%(event)s of %(code)s took place on %(day)s.",
    EventState.CANCELLED: "%(event)s of %(code)s is called off, it was planned for %(day)s.",
}


@blueprint.post("/")
@requires(Permission.RECORD_EVENTS)
def save(code: str) -> Answer:
    """Plan or move the event, record that it took place, or call it off; then plan the visits again."""

    def note(person: Participant) -> str:
        at, before = now(), of_events(person)
        event, visits = _noted(person, Fields(request.form))
        title = person.protocol.plan.event_title(event.kind, spoken())
        follow = _follow(event, len(visits)) if event.kind in person.protocol.plan.dating_events else ""
        said = gettext(SAID_OF[event.state], event=title, code=person.code, day=day(event.on)) + follow
        flash_slip(said, UndoableAct.EVENT, person, of_event(event, before), at)
        return ""

    return changed(code, "event", note)


def _follow(event: Event, visits: int) -> str:
    if event.state is not EventState.CANCELLED:
        return " " + gettext("%(number)s visits follow it.", number=visits)
    begun = " " + gettext("%(number)s visits had begun and stay.", number=visits) if visits else ""
    return " " + gettext("Nothing more is sent until it is planned anew.") + begun


def _noted(person: Participant, fields: Fields) -> Noted:
    kind = fields.choice("kind", person.protocol.plan.noted_events)
    act = fields.choice("act", SAID_OF)
    by_day = kind in person.protocol.plan.events and person.protocol.plan.event(kind).hour is not None
    on, hour = fields.date("on"), fields.time("time", needed=act == EventState.HAPPENED and not by_day)
    fields.check()
    at = instant(on, hour, person.zone) if hour is not None and act != EventState.CANCELLED else None
    return note_event(person, kind, EventState(act), on, at, now())
