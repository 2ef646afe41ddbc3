"""Today: whom to call and why, the most urgent first."""

from flask import Blueprint, flash, redirect, render_template, request, url_for

from app.accounts.roles import Permission
from app.core.audit import start_acting
from app.core.problems import Problem
from app.core.time import now
from app.messages.receiving import strangers
from app.permitting import current_scope
from app.responses.calling import TO_READ, calls, not_yet_due
from app.responses.task_reading import find_task, finish_task, read_task
from app.responses.words import said
from app.schedule.compliance import assessments
from app.web.desk.changing import Answer
from app.web.staff.access import actor, requires

blueprint = Blueprint("desk_today", __name__, url_prefix="/desk/<study>/today")


@blueprint.get("/")
@requires(Permission.VIEW_PARTICIPANT)
def today() -> str:
    """The short list of whom to call, and why."""
    scope, at = current_scope(), now()
    planned = assessments(scope.study, scope.site_ids)
    waiting = not_yet_due(planned, at)
    return render_template(
        "desk/today.html",
        calls=calls(scope, planned, at),
        waiting=waiting,
        to_read=TO_READ,
        strangers=strangers.waiting(scope),
    )


@blueprint.post("/tasks/<int:task_id>")
@requires(Permission.RECORD_EVENTS)
def done(task_id: int) -> Answer:
    """A task is done."""
    task = find_task(current_scope(), task_id)
    finish_task(task, actor(), request.form.get("outcome", ""), now())
    flash(f"Done: {task.participant.code}, {task.kind.value}.")
    return redirect(url_for("desk_today.today", study=current_scope().study.code), 303)


@blueprint.get("/tasks/<int:task_id>")
@requires(Permission.RECORD_EVENTS)
def read(task_id: int) -> str:
    """What she wrote or answered that a person must see, for whoever then closes the task."""
    task = find_task(current_scope(), task_id)
    return render_template("desk/task.html", task=task, said=said(task))


@blueprint.post("/tasks/<int:task_id>/texts")
@requires(Permission.REVEAL_CONTACT)
def read_texts(task_id: int) -> Answer:
    """What she wrote to us, once, as the answer to this form; who read it, and why, is on the record."""
    task, reason = find_task(current_scope(), task_id), request.form.get("reason", "")
    try:
        start_acting(actor(), reason)
        contents = read_task(task, actor(), reason, now())
    except Problem as problem:
        return render_template("desk/task.html", task=task, said=said(task), problem=problem), problem.status
    return render_template("desk/task.html", task=task, said=contents.answers, texts=contents.texts)


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
    flash("Done: the number that nobody had.")
    return redirect(url_for("desk_today.today", study=current_scope().study.code), 303)
