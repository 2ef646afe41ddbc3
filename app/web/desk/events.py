"""Plan, move, record and call off what the protocol foresees; the schedule follows at once."""

from flask import Blueprint, flash, redirect, request, url_for

from app.accounts.roles import Permission
from app.core.problems import Problem
from app.core.time import now
from app.messages.outlook.noting import Noted, note_event
from app.participants.models import Event, EventState, Participant
from app.permitting import current_scope
from app.web.desk.enrolment import Answer
from app.web.desk.finding import participant
from app.web.desk.forms import Fields, instant
from app.web.desk.participants import page
from app.web.staff.access import requires

blueprint = Blueprint("desk_events", __name__, url_prefix="/desk/<study>/participants/<code>/events")
ACTS: dict[str, str] = {
    EventState.PLANNED: "is planned for",
    EventState.HAPPENED: "took place on",
    EventState.CANCELLED: "is called off, it was planned for",
}


@blueprint.post("/")
@requires(Permission.RECORD_EVENTS)
def save(code: str) -> Answer:
    """Plan or move the event, record that it took place, or call it off; then plan the visits again."""
    someone = participant(code)
    try:
        event, visits = _noted(someone, Fields(request.form))
    except Problem as problem:
        return page(someone, problem=problem, about="event", sent=request.form), problem.status
    title = someone.protocol.plan.events[event.kind].get("en", event.kind)
    follow = _follow(event, len(visits)) if event.is_anchor else ""
    flash(f"{title} of {someone.code} {ACTS[event.state]} {event.on:%A} {event.on}.{follow}")
    return redirect(url_for("desk_participants.one", study=current_scope().study.code, code=someone.code), 303)


def _follow(event: Event, visits: int) -> str:
    if event.state is not EventState.CANCELLED:
        return f" {visits} visits follow it."
    return " Nothing more is sent until it is planned anew." + (
        f" {visits} visits had begun and stay." if visits else ""
    )


def _noted(someone: Participant, fields: Fields) -> Noted:
    kind = fields.choice("kind", someone.protocol.plan.events)
    act = fields.choice("act", ACTS)
    on, at = fields.date("on"), fields.time("time", needed=act == EventState.HAPPENED)
    fields.check()
    moment = instant(on, at, someone.zone) if at is not None and act != EventState.CANCELLED else None
    return note_event(someone, kind, EventState(act), on, moment, now())
