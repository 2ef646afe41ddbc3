"""Plan, move, record and call off what the protocol foresees; the schedule follows at once."""

from datetime import date, datetime
from typing import NamedTuple

from flask import Blueprint, render_template, request

from app.accounts.roles import Permission
from app.core.audit import start_acting
from app.core.problems import Problem
from app.core.time import now
from app.messages.outlook.noting import note_event, preview
from app.messages.outlook.slips import of_event, of_events
from app.participants.events import takes_back
from app.participants.models import Event, EventState, Participant
from app.participants.undoing import UndoableAct
from app.web.desk.changing import Answer, to_page
from app.web.desk.facts import hold_her_as_shown
from app.web.desk.filters import day
from app.web.desk.finding import participant
from app.web.desk.forms import Fields, instant
from app.web.desk.person import page
from app.web.desk.undoing import flash_slip
from app.web.language import gettext, spoken
from app.web.staff.access import actor, requires

blueprint = Blueprint("desk_events", __name__, url_prefix="/desk/<study>/participants/<code>/events")
WHY = "Say why: a day that was planned is moved or called off."
SAID_OF = {
    EventState.PLANNED: "%(event)s of %(code)s is planned for %(day)s.",
    EventState.HAPPENED: "%(event)s of %(code)s took place on %(day)s.",
    EventState.CANCELLED: "%(event)s of %(code)s is called off, it was planned for %(day)s.",
}


@blueprint.post("/")
@requires(Permission.RECORD_EVENTS)
def save(code: str) -> Answer:
    """Plan the event, or record that it took place; what takes a planned day back is shown first, and has a reason."""
    person = participant(code)
    try:
        hold_her_as_shown(person, "event")
        wish = _wish(person, Fields(request.form))
        confirmed = request.form.get("confirmed", "")
        if confirmed == "back":
            return page(person, about="event", sent=request.form)
        start_acting(actor(), wish.reason or None)
        if wish.takes_back and not confirmed:
            return _preview(person, wish)
        _note(person, wish)
    except Problem as problem:
        return page(person, problem=problem, about="event", sent=request.form), problem.status
    return to_page(person)


class Wish(NamedTuple):
    """What the form asks for, as it can be read."""

    kind: str
    state: EventState
    on: date
    at: datetime | None
    reason: str
    takes_back: bool


def _wish(person: Participant, fields: Fields) -> Wish:
    kind = fields.choice("kind", person.protocol.plan.noted_events)
    act = fields.choice("act", SAID_OF)
    by_day = kind in person.protocol.plan.events and person.protocol.plan.event(kind).hour is not None
    on, hour = fields.date("on"), fields.time("time", needed=act == EventState.HAPPENED and not by_day)
    is_read = not fields.errors
    is_taken_back = is_read and takes_back(person, kind, EventState(act), on)
    reason = fields.needed("reason", WHY) if is_taken_back else fields.text("reason")
    fields.check()
    at = instant(on, hour, person.zone) if hour is not None and act != EventState.CANCELLED else None
    return Wish(kind, EventState(act), on, at, reason, is_taken_back)


def _note(person: Participant, wish: Wish) -> None:
    at, before = now(), of_events(person)
    event, visits = note_event(person, wish.kind, wish.state, wish.on, wish.at, at)
    follow = _follow(event, len(visits)) if event.kind in person.protocol.plan.dating_events else ""
    flash_slip(_said(person, wish) + follow, UndoableAct.EVENT, person, of_event(event, before), at)


def _preview(person: Participant, wish: Wish) -> str:
    sent = request.form
    effect = preview(person, wish.kind, wish.state, wish.on, wish.at, now())
    title, said = person.protocol.plan.event_title(wish.kind, spoken()), _said(person, wish)
    return render_template("desk/event.html", participant=person, title=title, said=said, effect=effect, sent=sent)


def _said(person: Participant, wish: Wish) -> str:
    title = person.protocol.plan.event_title(wish.kind, spoken())
    return gettext(SAID_OF[wish.state], event=title, code=person.code, day=day(wish.on))


def _follow(event: Event, visits: int) -> str:
    if event.state is not EventState.CANCELLED:
        return " " + gettext("%(number)s visits follow it.", number=visits)
    begun = " " + gettext("%(number)s visits had begun and stay.", number=visits) if visits else ""
    return " " + gettext("Nothing more is sent until it is planned anew.") + begun
