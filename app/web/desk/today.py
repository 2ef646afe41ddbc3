"""Today: whom to call and why, the most urgent first. Nobody is on it without a reason that a call can mend."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from app.accounts.roles import Permission
from app.core.database import db
from app.core.problems import NotFound
from app.core.time import now
from app.messages.models import Message, MessageState
from app.participants.models import Participant, Task, TaskKind
from app.participants.tasks import close_task
from app.permitting import current_scope
from app.responses.words import said
from app.schedule.compliance import assessments
from app.schedule.models import Assessment, State
from app.web.desk.enrolment import Answer
from app.web.staff.access import actor, requires

blueprint = Blueprint("desk_today", __name__, url_prefix="/desk/<study>/today")
RECENT = timedelta(days=7)
TO_READ = (TaskKind.FREE_TEXT, TaskKind.SAFETY)
"""Tasks that are about answers."""
FREE_TEXT_RANK = 6
"""After everybody who should be called: reading can wait an hour."""
NOT_REACHED = (MessageState.FAILED, MessageState.UNKNOWN)


@dataclass(frozen=True)
class Reason:
    """Why to call: how urgent (0 first), in one word, and in a sentence."""

    rank: int
    word: str
    sentence: str
    until: datetime | None = None
    task: Task | None = None
    term: str = "until"


@dataclass(frozen=True)
class Call:
    """A participant and the reasons to call her."""

    participant: Participant
    reasons: tuple[Reason, ...]


@blueprint.get("/")
@requires(Permission.VIEW_PARTICIPANT)
def today() -> str:
    """The short list."""
    moment = now()
    rows = assessments(current_scope().study, current_scope().site_ids)
    waiting = sum(row.state(moment) is State.OPEN and moment < row.due_at for row in rows)
    return render_template("desk/today.html", calls=calls(rows, moment), waiting=waiting, at=moment, to_read=TO_READ)


@blueprint.post("/tasks/<int:task_id>")
@requires(Permission.RECORD_EVENTS)
def done(task_id: int) -> Answer:
    """A task is done."""
    task = _task(task_id)
    close_task(task, actor(), request.form.get("outcome", ""), now())
    flash(f"Done: {task.participant.code}, {task.kind.value}.")
    return redirect(url_for("desk_today.today", study=current_scope().study.code), 303)


@blueprint.get("/tasks/<int:task_id>")
@requires(Permission.RECORD_EVENTS)
def read(task_id: int) -> str:
    """What she wrote or answered that a person must see, for whoever then closes the task."""
    task = _task(task_id)
    return render_template("desk/task.html", task=task, said=said(task))


def _task(task_id: int) -> Task:
    task = db.session.get(Task, task_id)
    if task is None or task.participant.site_id not in current_scope().site_ids:
        raise NotFound("There is no such task at your sites.")
    return task


def calls(rows: list[Assessment], moment: datetime) -> list[Call]:
    """Whom to call at `moment`, the most urgent first."""
    found: dict[Participant, list[Reason]] = defaultdict(list)
    for task in _open_tasks():
        found[task.participant].append(_of_task(task))
    undelivered = _undelivered()
    for row in rows:
        if row.participant.withdrawn_at is None:
            found[row.participant] += _of_visit(row, moment, undelivered.get(row.id, 0))
    listed = [Call(who, tuple(sorted(why, key=lambda reason: reason.rank))) for who, why in found.items() if why]
    return sorted(listed, key=lambda call: (call.reasons[0].rank, call.participant.code))


def _of_task(task: Task) -> Reason:
    if task.kind is TaskKind.FREE_TEXT:
        fields = (task.note or "").split(", ")
        where = ", ".join(dict.fromkeys(field.partition(".")[0].replace("_", " ") for field in fields))
        sentence = f"day {task.visit[1:]}: something was written under {where}" if task.visit else where
        return Reason(FREE_TEXT_RANK, "to be read", sentence, until=task.due_at, task=task, term="by")
    rank = 0 if task.kind is TaskKind.SAFETY else 1
    return Reason(rank, task.kind.value, task.note or "", until=task.due_at, task=task, term="by")


def _of_visit(row: Assessment, moment: datetime, failures: int) -> Iterator[Reason]:
    name, state = f"day {row.day}", row.state(moment)
    if state is State.OPEN:
        yield from _of_open(row, name, moment, failures)
    elif state is State.MISSED and moment - row.grace_until < RECENT:
        yield Reason(5, "missed", f"{name} was not answered", until=row.grace_until, term="last day")


def _of_open(row: Assessment, name: str, moment: datetime, failures: int) -> Iterator[Reason]:
    contact = row.participant.contact
    if contact.opted_out_at is not None:
        yield Reason(2, "said STOP", f"{name} is open, and no text may be sent", until=row.grace_until)
    elif contact.unusable_since is not None:
        yield Reason(2, "number unusable", f"{name} is open, and the number does not work", until=row.grace_until)
    elif failures:
        times = "once" if failures == 1 else f"{failures} times"
        yield Reason(3, "not delivered", f"{name} is open, and a text failed {times}", until=row.grace_until)
    if moment >= row.due_at:
        begun = "begun, not sent" if row.opened_at else "not answered"
        yield Reason(4, "late", f"{name} is past due and {begun}", until=row.grace_until)


def _open_tasks() -> list[Task]:
    query = (
        select(Task)
        .join(Task.participant)
        .options(contains_eager(Task.participant).joinedload(Participant.contact))
        .where(Participant.study_id == current_scope().study.id, Participant.site_id.in_(current_scope().site_ids))
        .where(Task.done_at.is_(None))
        .order_by(Task.created_at)
    )
    return list(db.session.scalars(query))


def _undelivered() -> dict[int | None, int]:
    """How many texts of a visit were not delivered, unless a later one was."""
    query = select(Message.assessment_id, Message.state).where(Message.study_id == current_scope().study.id)
    counts: dict[int | None, int] = defaultdict(int)
    for assessment_id, state in db.session.execute(query.order_by(Message.owed_at, Message.id)):
        if state is MessageState.DELIVERED:
            counts[assessment_id] = 0
        elif state in NOT_REACHED:
            counts[assessment_id] += 1
    return counts
