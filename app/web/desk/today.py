"""Today: whom to call and why, what is worth most first; whose she is, and what colleagues should know."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.accounts.roles import Permission
from app.alerting.raising import CANNOT_WAIT, alerts_about
from app.core.audit import start_acting
from app.core.database import db
from app.core.problems import Problem
from app.core.time import now
from app.messages.outlook.slips import of_notes, of_owner
from app.messages.receiving import strangers
from app.participants.following import let_go, take, write_note_once
from app.participants.models import Participant, StaffNote, Task
from app.participants.undoing import UndoableAct
from app.permitting import current_scope
from app.responses import waiting
from app.responses.calling import TO_READ, calls
from app.responses.task_reading import find_task, finish_task, read_task
from app.responses.urgency import turn
from app.responses.words import Said, said, visit_of
from app.studies.access import sites
from app.studies.views import ViewedList, views_of_list
from app.web.desk.bar import bar
from app.web.desk.changing import Answer
from app.web.desk.finding import participant
from app.web.desk.forms import asked_in_address
from app.web.desk.names import names_of
from app.web.desk.today_filters import OwnedBy, Part, asked_of_today
from app.web.desk.undoing import flash_slip
from app.web.language import gettext
from app.web.staff.access import actor, member, requires

blueprint = Blueprint("desk_today", __name__, url_prefix="/desk/<study>/today")


@blueprint.get("/")
@requires(Permission.VIEW_PARTICIPANT)
def today() -> str | Response:
    """The short list of whom to call, and why: a page of it; past the last page, the last one."""
    scope, at = current_scope(), now()
    page = min(max(request.args.get("page", 1, int), 1), 10_000)
    sent, mine = asked_in_address(), sites(scope)
    narrowed = asked_of_today(sent, scope, mine, member())
    shown, above = calls(narrowed.scope, at, page - 1, narrowed.whom), bar()
    total = above.count if above and not narrowed.kept else waiting.count(narrowed.scope, at, narrowed.whom)
    pages = -(-total // waiting.CALLS_ON_PAGE)
    if not shown and 0 < pages < page:
        last: dict[str, Any] = {"study": scope.study.code, "page": pages, **narrowed.kept}
        return redirect(url_for("desk_today.today", **last), 303)
    return render_template(
        "desk/today.html",
        calls=[(turn(call.reasons[0].urgency, call.reasons[0].until, at), call) for call in shown],
        notes=_notes([call.participant.id for call in shown]),
        total=total,
        page=page,
        pages=pages,
        sites=mine,
        parts=list(Part),
        owned=list(OwnedBy),
        asked=narrowed,
        views=views_of_list(member(), scope.study, ViewedList.TODAY),
        waiting=waiting.waiting_until_due(scope, at),
        to_read=TO_READ,
        at=at,
        strangers=strangers.waiting(scope),
    )


@blueprint.post("/<code>/owner")
@requires(Permission.RECORD_EVENTS)
def own(code: str) -> Response:
    """I take care of her; or nobody does any more."""
    person, at = participant(code), now()
    before = of_owner(person)
    if "let_go" in request.form:
        let_go(person, member())
        sentence = gettext("Nobody in particular takes care of %(code)s now.", code=person.code)
    else:
        take(person, member(), at)
        sentence = gettext("You take care of %(code)s now.", code=person.code)
    if of_owner(person) != before:
        flash_slip(sentence, UndoableAct.TAKING, person, {"before": before, "now": of_owner(person)}, at)
    task_id = request.form.get("task", 0, int)
    if task_id > 0:
        return redirect(url_for("desk_today.read", study=current_scope().study.code, task_id=task_id), 303)
    return _back(person)


@blueprint.post("/<code>/notes")
@requires(Permission.RECORD_EVENTS)
def note(code: str) -> Response:
    """Tell the colleagues something about her."""
    person, at = participant(code), now()
    kept = write_note_once(person, request.form.get("words", ""), actor(), at)
    sentence = gettext("Kept: the note about %(code)s.", code=person.code)
    flash_slip(sentence, UndoableAct.NOTE, person, of_notes([kept]), at)
    return _back(person)


@blueprint.post("/tasks/<int:task_id>")
@requires(Permission.RECORD_EVENTS)
def done(task_id: int) -> Answer:
    """A task is done."""
    task = find_task(current_scope(), task_id)
    finish_task(task, actor(), request.form.get("outcome", ""), now())
    flash(gettext("Done: %(code)s, %(task)s.", code=task.participant.code, task=gettext(task.kind.value)))
    return redirect(url_for("desk_today.today", study=current_scope().study.code), 303)


@blueprint.get("/tasks/<int:task_id>")
@requires(Permission.RECORD_EVENTS)
def read(task_id: int) -> str:
    """What she wrote or answered that a person must see, for whoever then closes the task."""
    task = find_task(current_scope(), task_id)
    return _task_page(task, said(task))


@blueprint.post("/tasks/<int:task_id>/texts")
@requires(Permission.REVEAL_CONTACT)
def read_texts(task_id: int) -> Answer:
    """What she wrote to us, once, as the answer to this form; who read it, and why, is on the record."""
    task, reason = find_task(current_scope(), task_id), request.form.get("reason", "")
    try:
        start_acting(actor(), reason)
        contents = read_task(task, actor(), reason, now())
    except Problem as problem:
        return _task_page(task, said(task), problem=problem), problem.status
    return _task_page(task, contents.answers, texts=contents.texts)


@blueprint.get("/strangers/<int:stranger_id>")
@requires(Permission.REVEAL_CONTACT)
def stranger(stranger_id: int) -> str:
    """A number that nobody here has and that wrote to us: to be read, and closed."""
    return render_template("desk/stranger.html", stranger=strangers.find_stranger(current_scope(), stranger_id))


@blueprint.post("/strangers/<int:stranger_id>/texts")
@requires(Permission.REVEAL_CONTACT)
def read_stranger(stranger_id: int) -> Answer:
    """The number and what was written, once, as the answer to this form; on the record."""
    unknown, reason = strangers.find_stranger(current_scope(), stranger_id), request.form.get("reason", "")
    try:
        start_acting(actor(), reason)
        contents = strangers.read_stranger(unknown, actor(), reason, now())
    except Problem as problem:
        return render_template("desk/stranger.html", stranger=unknown, problem=problem), problem.status
    return render_template("desk/stranger.html", stranger=unknown, contents=contents)


@blueprint.post("/strangers/<int:stranger_id>")
@requires(Permission.RECORD_EVENTS)
def done_stranger(stranger_id: int) -> Answer:
    """It is known what is to be done."""
    unknown = strangers.find_stranger(current_scope(), stranger_id)
    strangers.finish_stranger(unknown, actor(), request.form.get("outcome", ""), now())
    flash(gettext("Done: the number that nobody had."))
    return redirect(url_for("desk_today.today", study=current_scope().study.code), 303)


def _task_page(task: Task, said: Sequence[Said], **parts: object) -> str:
    assessment = visit_of(task)
    return render_template(
        "desk/task.html",
        task=task,
        said=said,
        assessment=assessment,
        received=assessment is not None and assessment.submitted_at is not None,
        names=names_of([task.taken_by or ""]),
        alerts=alerts_about(task),
        cannot_wait=CANNOT_WAIT,
        **parts,
    )


def _back(person: Participant) -> Response:
    return redirect(url_for("desk_today.today", study=current_scope().study.code, _anchor=f"p-{person.code}"), 303)


def _notes(ids: list[int]) -> dict[int, list[StaffNote]]:
    rows = select(StaffNote).where(StaffNote.participant_id.in_(ids)).order_by(StaffNote.id)
    notes: dict[int, list[StaffNote]] = {}
    for row in db.session.scalars(rows):
        notes.setdefault(row.participant_id, []).append(row)
    return notes
