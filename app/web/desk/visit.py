"""One visit of a participant: how it stands, what was answered, as asked and as it holds; what she sees; not done."""

import flask_babel
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_security import logout_user
from werkzeug.wrappers import Response as Answered

from app.accounts.roles import Permission
from app.config import current_settings
from app.core.audit import start_acting
from app.core.problems import Problem
from app.core.time import now
from app.permitting import current_scope
from app.responses.admission import admit
from app.responses.answering import response_to
from app.responses.late_attempts import attempts
from app.responses.locked import data_at
from app.responses.models import Response
from app.responses.second_answers import other_answers
from app.responses.staff_entry import entries, questionnaires_of
from app.responses.visit_reading import InstrumentRead, read_visit
from app.schedule import links
from app.schedule.models import Assessment, NotDone, State
from app.schedule.not_done import LONGEST_NOTE, not_done, note_not_done, take_back
from app.schedule.paper_codes import paper_code
from app.studies.states import Act
from app.web.desk.as_shown import hold_as_shown, marked
from app.web.desk.changing import Answer
from app.web.desk.facts import visit_facts
from app.web.desk.finding import visit_of
from app.web.desk.forms import Fields
from app.web.desk.handing_over import pressed_once
from app.web.desk.qr_codes import qr_code
from app.web.desk.undoing import flash_not_done
from app.web.language import gettext
from app.web.questions import Section, section
from app.web.staff.access import actor, requires
from app.web.tablet_visits import opened_on_tablet

blueprint = Blueprint("desk_visit", __name__, url_prefix="/desk/<study>/participants/<code>/visits/<visit>")
WITHOUT_ANSWERS = (State.OPEN, State.MISSED, State.WITHDRAWN)
"""What may be typed for by the staff: a paper may come when all is over."""


@blueprint.get("/")
@requires(Permission.VIEW_PARTICIPANT)
def show(code: str, visit: str) -> str:
    """How the visit stands, and its answers for who may read them."""
    return _page(visit_of(code, visit))


@blueprint.get("/seen")
@requires(Permission.VIEW_PARTICIPANT)
def seen(code: str, visit: str) -> str:
    """The questions as she sees them, in her language, to be looked at only."""
    assessment = visit_of(code, visit)
    plan, language = assessment.protocol.plan, assessment.participant.language
    site = assessment.participant.site.code
    return render_template(
        "desk/seen.html",
        assessment=assessment,
        sections=sections_of(assessment),
        sender=next((each.sender.get(language, "") for each in plan.sites if each.code == site), ""),
        urgent_help=plan.urgent_help_in(language, site),
        safety_help=plan.safety_help_in(language, site),
    )


@blueprint.get("/paper")
@requires(Permission.RECORD_EVENTS)
def paper(code: str, visit: str) -> str:
    """The questionnaire to be printed, with the code that finds its visit again."""
    assessment = visit_of(code, visit)
    return render_template(
        "desk/paper.html",
        assessment=assessment,
        sections=sections_of(assessment),
        paper_code=paper_code(assessment.participant.code, assessment.visit),
        language=assessment.participant.language,
    )


@blueprint.get("/link")
@requires(Permission.MANAGE_MESSAGES)
def link(code: str, visit: str) -> str:
    """Her link as a picture to be printed or scanned, and the way to the clinic's tablet."""
    assessment = visit_of(code, visit)
    admit(assessment, now())
    address = links.url(assessment, current_settings().public_base_url)
    return render_template("desk/link.html", assessment=assessment, address=address, picture=qr_code(address))


@blueprint.post("/tablet")
@pressed_once
@requires(Permission.MANAGE_MESSAGES, act=Act.ANSWER)
def tablet(code: str, visit: str) -> Answered:
    """Open her visit in this browser, which is hers from now on: whoever signed in here is signed out."""
    assessment = visit_of(code, visit)
    admit(assessment, now())
    token = links.token(assessment)
    logout_user()
    return opened_on_tablet(token)


@blueprint.post("/not-done")
@requires(Permission.RECORD_EVENTS)
def leave_undone(code: str, visit: str) -> Answer:
    """It will not be answered, and why."""
    assessment, fields = visit_of(code, visit), Fields(request.form)
    try:
        _hold_as_shown(assessment)
        reason = fields.choice("reason", list(NotDone))
        fields.check()
        start_acting(actor(), reason)
        noted = note_not_done(assessment, NotDone(reason), fields.text("note"), actor(), now())
    except Problem as problem:
        return _page(assessment, problem), problem.status
    flash_not_done(gettext("Noted: not done. Nothing more is asked about this visit."), noted)
    return to_visit(assessment)


@blueprint.post("/not-done/back")
@requires(Permission.RECORD_EVENTS)
def do_after_all(code: str, visit: str) -> Answer:
    """It may be answered after all."""
    assessment = visit_of(code, visit)
    try:
        _hold_as_shown(assessment)
        take_back(assessment, now())
    except Problem as problem:
        return _page(assessment, problem), problem.status
    flash(gettext("Taken back. The visit has the window that it had."))
    return to_visit(assessment)


def to_visit(assessment: Assessment) -> Answered:
    """The way back to the visit's page."""
    study, code = current_scope().study.code, assessment.participant.code
    return redirect(url_for("desk_visit.show", study=study, code=code, visit=assessment.visit), 303)


def _hold_as_shown(assessment: Assessment) -> None:
    study, person = current_scope().study.code, assessment.participant
    keep = url_for("desk_visit.show", study=study, code=person.code, visit=assessment.visit)
    hold_as_shown([assessment], lambda: visit_facts(assessment), keep=keep, zone=person.zone)


def sections_of(assessment: Assessment) -> list[Section]:
    """What the visit asks, in her language."""
    language = assessment.participant.language
    with flask_babel.force_locale(language):
        return [section(each, language) for each in questionnaires_of(assessment)]


def _page(assessment: Assessment, problem: Problem | None = None) -> str:
    at, response = data_at(assessment.participant.study, now()), response_to(assessment)
    return render_template(
        "desk/visit.html",
        assessment=assessment,
        response=response,
        instruments=_readable(response),
        not_done=not_done(assessment),
        too_late=attempts(assessment),
        judged=response is None and bool(other_answers(assessment.id)),
        entries=entries(assessment) if response is None else [],
        may_enter=assessment.state(at) in WITHOUT_ANSWERS and assessment.opens_at <= at,
        reasons=list(NotDone),
        longest_note=LONGEST_NOTE,
        problem=problem,
        sent=request.form,
        seen=marked(visit_facts(assessment), problem),
        at=at,
    )


def _readable(response: Response | None) -> list[InstrumentRead]:
    """The answers, for who may ask for corrections at the site."""
    if response is None or not current_scope().may_at(response.assessment.participant.site_id, Permission.CORRECT):
        return []
    return read_visit(response)
