"""Staff entry: an interview by telephone, or a paper, typed on the patient's own questions; twice where wished."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import flask_babel
from flask import Blueprint, flash, render_template, request, url_for
from sqlalchemy import select

from app.accounts.roles import Permission
from app.core.audit import start_acting
from app.core.database import db
from app.core.problems import Problem
from app.core.time import now
from app.instruments.free_text import cleaned
from app.participants.models import Task, TaskKind
from app.permitting import current_scope
from app.responses.answering import check
from app.responses.fields import understood
from app.responses.models import Answerer, Mode
from app.responses.problems import WrongAnswers
from app.responses.staff_entry import (
    BY_STAFF,
    AboutEntry,
    begin_again,
    differences,
    enter,
    enter_again,
    entries,
    questionnaires_of,
    settle,
    typed_fields,
)
from app.schedule.models import Assessment
from app.web.answer_errors import field_errors
from app.web.desk.changing import Answer
from app.web.desk.finding import visit_of
from app.web.desk.forms import Fields
from app.web.desk.visit import sections_of, to_visit
from app.web.language import gettext, spoken
from app.web.questions import Section
from app.web.staff.access import actor, member, requires
from app.web.staff.resuming import refuse_resumed

blueprint = Blueprint("desk_entry", __name__, url_prefix="/desk/<study>/participants/<code>/visits/<visit>/entry")
Take = Callable[[Assessment, Fields, Mapping[str, str]], bool]


@blueprint.get("/")
@requires(Permission.RECORD_EVENTS)
def form(code: str, visit: str) -> str:
    """The questions, with nothing typed in them yet."""
    return _page("form", visit_of(code, visit), {}, values={"mode": request.args.get("mode", Mode.TELEPHONE)})


@blueprint.post("/")
@requires(Permission.RECORD_EVENTS)
def save(code: str, visit: str) -> Answer:
    """The answers of an interview or of a paper; of a paper that is typed twice, the first entry."""

    def take(assessment: Assessment, fields: Fields, answers: Mapping[str, str]) -> bool:
        return enter(assessment, _about(fields), answers, member(), now())

    return _taken("form", visit_of(code, visit), take)


@blueprint.get("/second")
@requires(Permission.RECORD_EVENTS)
def second(code: str, visit: str) -> str:
    """The questions again, for somebody who does not see what the first typed."""
    return _page("second", visit_of(code, visit), {})


@blueprint.post("/second")
@requires(Permission.RECORD_EVENTS)
def save_second(code: str, visit: str) -> Answer:
    """The second entry: the answers are taken where both agree."""

    def take(assessment: Assessment, _: Fields, answers: Mapping[str, str]) -> bool:
        return enter_again(assessment, answers, member(), now())

    return _taken("second", visit_of(code, visit), take)


@blueprint.get("/differences")
@requires(Permission.RECORD_EVENTS)
def differing(code: str, visit: str) -> str:
    """What the two typed differently, to be settled with the paper in hand."""
    assessment = visit_of(code, visit)
    both = entries(assessment)
    return _page("differing", assessment, typed_fields(both[1]) if len(both) > 1 else {})


@blueprint.post("/differences")
@requires(Permission.RECORD_EVENTS)
def settled(code: str, visit: str) -> Answer:
    """The answers as the paper has them."""

    def take(assessment: Assessment, _: Fields, answers: Mapping[str, str]) -> bool:
        settle(assessment, answers, member(), now())
        return True

    return _taken("differing", visit_of(code, visit), take)


@blueprint.post("/again")
@requires(Permission.RECORD_EVENTS)
def again(code: str, visit: str) -> Answer:
    """Forget what was typed and not taken, and why."""
    assessment, fields = visit_of(code, visit), Fields(request.form)
    reason = fields.needed("reason", gettext("Say why."))
    fields.check()
    start_acting(actor(), reason)
    begin_again(assessment)
    flash(gettext("What was typed is forgotten. Begin again."))
    return to_visit(assessment)


def _about(fields: Fields) -> AboutEntry:
    mode, answered_by = fields.choice("mode", BY_STAFF), fields.choice("answered_by", list(Answerer))
    on, at = fields.date("answered_on"), fields.time("answered_time", needed=False)
    fields.check()
    return AboutEntry(Mode(mode), Answerer(answered_by), on, at, fields.text("scan"), fields.ticked("twice"))


def _taken(page: str, assessment: Assessment, take: Take) -> Answer:
    fields, answers = Fields(request.form), _answers()
    left = () if fields.ticked("asked") else _left_empty(assessment, answers)
    try:
        refuse_resumed()
        if left:
            if page == "form":
                _about(fields)
            return _page(page, assessment, answers, left=left)
        whole = take(assessment, fields, answers)
    except Problem as problem:
        return _page(page, assessment, answers, problem), problem.status
    flash(_sentence(assessment) if whole else _waits(assessment))
    return to_visit(assessment)


def _answers() -> dict[str, str]:
    """The fields that are about an item: those with an instrument's name before a full stop."""
    return {name: cleaned(value) for name, value in request.form.items() if "." in name}


def _left_empty(assessment: Assessment, answers: Mapping[str, str]) -> tuple[str, ...]:
    """What should be answered and is empty, where all else is right: asked about once."""
    checked = check(assessment, understood(answers, questionnaires_of(assessment)), now())
    if checked.problems or checked.empty:
        return ()
    return tuple(f"{code}.{item}" for code, item in checked.missing)


def _sentence(assessment: Assessment) -> str:
    alarm = select(Task.id).filter_by(
        participant_id=assessment.participant_id, kind=TaskKind.SAFETY, visit=assessment.visit, done_at=None
    )
    if db.session.scalar(alarm) is not None:
        return gettext("Kept. An answer is about safety: it stands on Today. Act now, as the protocol says.")
    return gettext("Kept. The answers are those of this visit now.")


def _waits(assessment: Assessment) -> str:
    if differences(assessment):
        return gettext("The two entries differ. Settle what differs with the paper in hand.")
    return gettext("Kept as the first entry. A second person types the paper now.")


def _page(
    page: str,
    assessment: Assessment,
    answers: Mapping[str, str],
    problem: Problem | None = None,
    *,
    left: tuple[str, ...] = (),
    values: Mapping[str, str] | None = None,
) -> str:
    person = assessment.participant
    with flask_babel.force_locale(person.language):
        sections = sections_of(assessment)
    if isinstance(problem, WrongAnswers):
        problem.errors = field_errors(problem.problems, spoken())
    differ = differences(assessment) if page == "differing" else {}
    study = current_scope().study.code
    return render_template(
        "desk/entry.html",
        page=page,
        assessment=assessment,
        sections=sections,
        answers=answers,
        errors=problem.errors if problem else {field: _told(sections, field, *both) for field, both in differ.items()},
        left=left,
        problem=problem,
        sent={**(values or {}), **request.form},
        differ=differ,
        action=url_for(request.endpoint or "", study=study, code=person.code, visit=assessment.visit),
        modes=BY_STAFF,
        answerers=list(Answerer),
        today=_today(now(), person.zone),
    )


def _told(sections: Sequence[Section], field: str, first: str, second: str) -> str:
    """What the two typed, in the words of the question where it has some."""
    questions = (question for each in sections for question in each.questions)
    words = next((dict(question.choices) for question in questions if field in question.fields), {})
    nothing = gettext("nothing")
    said = [words.get(value, value) or nothing for value in (first, second)]
    return gettext("First entry: %(first)s. Second entry: %(second)s.", first=said[0], second=said[1])


def _today(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).date().isoformat()
