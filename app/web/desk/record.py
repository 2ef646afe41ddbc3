"""Correct what was recorded of a participant, after every window and text that changes was shown; a new consent."""

from datetime import datetime

from flask import Blueprint, flash, render_template, request

from app.accounts.roles import Permission
from app.core.audit import start_acting
from app.core.problems import Conflict, Problem
from app.core.time import now
from app.messages.outlook.correcting import correct, preview
from app.messages.outlook.effects import Effect
from app.messages.outlook.slips import of_transfer
from app.participants.correcting import EventCorrection, LeavingCorrection, RecordCorrection
from app.participants.events import named_events
from app.participants.going_on import consent_anew
from app.participants.grades import LeavingGrade
from app.participants.leaving import coming_departure, leave, undo
from app.participants.models import Event, EventState, Participant
from app.participants.undoing import UndoableAct
from app.permitting import current_scope
from app.studies.access import sites
from app.studies.models import Site
from app.studies.states import Act
from app.web.desk.as_shown import marked
from app.web.desk.changing import Answer, changed, to_page
from app.web.desk.facts import FACTS_OF_FORMS, hold_her_as_shown
from app.web.desk.filters import day, language_names, words
from app.web.desk.finding import participant
from app.web.desk.forms import Fields, instant
from app.web.desk.telling import on_day
from app.web.desk.undoing import flash_leaving, flash_slip
from app.web.language import gettext, spoken
from app.web.staff.access import actor, requires

blueprint = Blueprint("desk_record", __name__, url_prefix="/desk/<study>/participants/<code>")


@blueprint.get("/record")
@requires(Permission.RECORD_EVENTS)
def form(code: str) -> str:
    """What was recorded, to be filled in as it is in truth."""
    return _page(participant(code))


@blueprint.post("/record")
@requires(Permission.RECORD_EVENTS)
def act(code: str) -> Answer:
    """Show what a correction changes, or make it."""
    person, fields = participant(code), Fields(request.form)
    wanted = fields.text("act")
    if wanted == "back":
        return _page(person)
    try:
        hold_her_as_shown(person, "record")
        correction, reason = _correction(person, fields), fields.text("reason")
        start_acting(actor(), reason)
        if wanted != "correct":
            return _page(person, effect=preview(person, correction, reason, now()))
        at, site_before = now(), person.site
        correct(person, correction, reason, at)
    except Problem as problem:
        return _page(person, problem), problem.status
    said = gettext("Corrected. What stood there before, and why it was wrong, is in the audit trail.")
    if correction == RecordCorrection(site=correction.site):
        flash_slip(said, UndoableAct.TRANSFER, person, of_transfer(person, site_before), at)
    else:
        flash(said)
    return to_page(person)


@blueprint.post("/consents")
@requires(Permission.RECORD_EVENTS)
def note_new_consent(code: str) -> Answer:
    """She signed a new version of the consent form."""

    def note(person: Participant) -> str:
        fields = Fields(request.form)
        on = fields.date("given_on")
        fields.check()
        consent = consent_anew(person, fields.text("document"), on, now())
        return gettext("Kept: consent %(version)s.", version=consent.document)

    return changed(code, "consent", note)


@blueprint.post("/leaving")
@requires(Permission.RECORD_EVENTS, act=Act.LEAVE)
def note_leaving(code: str) -> Answer:
    """She leaves: so far, from that day on, and why."""

    def note(person: Participant) -> str:
        fields = Fields(request.form)
        grade = fields.choice("grade", list(LeavingGrade))
        on = fields.date("leaves_on") if fields.text("leaves_on") else None
        fields.check()
        reason = fields.text("reason")
        start_acting(actor(), reason)
        leaving = leave(person, LeavingGrade(grade), on, reason, now())
        if leaving.in_effect_at is None:
            said = {"grade": words(grade), "day": on_day(leaving.on)}
            sentence = gettext("Noted: %(grade)s, from %(day)s. It can be undone until then.", **said)
        else:
            sentence = gettext("Noted: %(grade)s, from now on.", grade=words(grade))
        flash_leaving(sentence, leaving)
        return ""

    return changed(code, "leaving", note)


@blueprint.post("/leaving/undo")
@requires(Permission.RECORD_EVENTS, act=Act.LEAVE)
def undo_leaving(code: str) -> Answer:
    """She stays after all, before the day came."""

    def note(person: Participant) -> str:
        coming = coming_departure(person)
        if coming is None:
            raise Conflict("Nothing is recorded of her leaving on a day to come.")
        undo(coming, now())
        return gettext("Undone: she stays.")

    return changed(code, "leaving", note)


def _correction(person: Participant, fields: Fields) -> RecordCorrection:
    enrolled_on, randomised_on = (
        fields.date(name) if fields.text(name) else None for name in ("enrolled_on", "randomised_on")
    )
    event, site, leaving = _event(person, fields), _site(fields), _leaving(fields)
    fields.check()
    return RecordCorrection(
        enrolled_on=enrolled_on,
        zone=fields.text("zone"),
        language=fields.text("language"),
        site=site,
        event=event,
        randomised_on=randomised_on,
        not_randomised=fields.ticked("not_randomised"),
        leaving=leaving,
        not_withdrawn=fields.ticked("not_withdrawn"),
    )


def _leaving(fields: Fields) -> LeavingCorrection | None:
    grade = fields.choice("left_as", list(LeavingGrade)) if fields.text("left_as") else ""
    on = fields.date("left_on") if fields.text("left_on") else None
    reason = fields.text("left_because")
    if fields.errors or not (grade or on or reason):
        return None
    return LeavingCorrection(LeavingGrade(grade) if grade else None, on, reason)


def _event(person: Participant, fields: Fields) -> EventCorrection | None:
    if not fields.text("event"):
        return None
    recorded = {_name(event): event for event in named_events(person)}
    chosen, state = fields.choice("event", recorded), fields.choice("state", list(EventState))
    if fields.errors:
        return None
    event, cancelled = recorded[chosen], state == EventState.CANCELLED
    on = None if cancelled else fields.date("on")
    hour = None if cancelled else fields.time("time", needed=state == EventState.HAPPENED)
    if fields.errors or on is None:
        return None if fields.errors else EventCorrection(event.kind, event.on, EventState(state))
    at: datetime | None = None if hour is None else instant(on, hour, person.zone)
    happened = state == EventState.HAPPENED
    return EventCorrection(event.kind, event.on, EventState(state), None if happened else on, at)


def _site(fields: Fields) -> Site | None:
    if not fields.text("site"):
        return None
    mine = {site.code: site for site in sites(current_scope())}
    chosen = fields.choice("site", mine)
    return mine.get(chosen)


def _name(event: Event) -> str:
    return f"{event.kind} {event.on}"


def _page(of: Participant, problem: Problem | None = None, *, effect: Effect | None = None) -> str:
    plan = of.protocol.plan
    others = [site for site in sites(current_scope()) if site.active and site.id != of.site_id]
    return render_template(
        "desk/record.html",
        participant=of,
        recorded=[(_name(event), _told(of, event)) for event in named_events(of)],
        languages=[pair for pair in language_names(plan.languages) if pair[0] != of.language],
        grades=[(grade.value, words(grade)) for grade in LeavingGrade],
        sites=[(site.code, f"{site.code} {site.name}") for site in others],
        problem=problem,
        sent=request.form,
        effect=effect,
        seen=marked(FACTS_OF_FORMS["record"](of), problem or None),
    )


def _told(of: Participant, event: Event) -> str:
    title, state = of.protocol.plan.event_title(event.kind, spoken()), gettext(event.state.value)
    return f"{title}, {state}, {day(event.on)}"
