"""Let her texts wait until a day, after every text that then waits was shown; or let them leave again."""

from flask import Blueprint, flash, render_template, request

from app.accounts.roles import Permission
from app.core.audit import start_acting
from app.core.problems import Problem
from app.core.time import now
from app.messages.outlook.pausing import PausedText, texts_that_wait
from app.messages.queueing.pausing import LONGEST_REASON, check_pause, current_pause, pause_texts, resume_texts
from app.participants.models import Participant
from app.studies.states import Act
from app.web.desk.as_shown import marked
from app.web.desk.changing import Answer, to_page
from app.web.desk.facts import FACTS_OF_FORMS, hold_her_as_shown
from app.web.desk.filters import day
from app.web.desk.finding import participant
from app.web.desk.forms import Fields
from app.web.language import gettext
from app.web.staff.access import actor, requires

blueprint = Blueprint("desk_pause", __name__, url_prefix="/desk/<study>/participants/<code>/pause")
RESUMED = "The staff lets texts leave again."


@blueprint.get("/")
@requires(Permission.MANAGE_MESSAGES)
def form(code: str) -> str:
    """Until when, and why; or the pause that holds."""
    return _page(participant(code))


@blueprint.post("/")
@requires(Permission.MANAGE_MESSAGES, act=Act.RECORD)
def act(code: str) -> Answer:
    """Show which texts wait, or let them."""
    person, fields = participant(code), Fields(request.form)
    if fields.text("act") == "back":
        return _page(person)
    try:
        hold_her_as_shown(person, "pause")
        until, reason = fields.date("until"), fields.text("reason")
        fields.check()
        check_pause(person, until, reason, now())
        if fields.text("act") != "pause":
            return _page(person, waiting=texts_that_wait(person, until, now()))
        start_acting(actor(), reason)
        pause_texts(person, until, reason, actor(), now())
    except Problem as problem:
        return _page(person, problem), problem.status
    flash(gettext("Noted: texts to %(code)s wait, and leave again from %(day)s on.", code=person.code, day=day(until)))
    return to_page(person)


@blueprint.post("/end")
@requires(Permission.MANAGE_MESSAGES, act=Act.RECORD)
def end(code: str) -> Answer:
    """From now on her texts leave again."""
    person = participant(code)
    try:
        hold_her_as_shown(person, "pause")
        start_acting(actor(), RESUMED)
        resume_texts(person, actor(), now())
    except Problem as problem:
        return _page(person, problem), problem.status
    flash(gettext("Texts to %(code)s leave again, as soon as they may.", code=person.code))
    return to_page(person)


def _page(of: Participant, problem: Problem | None = None, *, waiting: list[PausedText] | None = None) -> str:
    return render_template(
        "desk/pause.html",
        participant=of,
        held=current_pause(of, now()),
        waiting=waiting,
        longest=LONGEST_REASON,
        problem=problem,
        sent=request.form,
        seen=marked(FACTS_OF_FORMS["pause"](of), problem),
    )
