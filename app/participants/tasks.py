"""Tasks of coordinators: one open task of a kind is enough; closed by saying what was done."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, literal, select

from app.core.database import db
from app.core.problems import BadInput, Conflict
from app.participants.models import Task, TaskKind
from app.studies.guarding import allow
from app.studies.states import Act


def open_task(
    participant_id: int,
    kind: TaskKind,
    now: datetime,
    *,
    note: str | None = None,
    visit: str | None = None,
    due_at: datetime | None = None,
) -> bool:
    """Make the task, unless one of this kind is open: about the same visit, or, without a visit, about anything.

    One statement, so that a submission stays short. False where one is open.
    """
    same = select(Task.id).where(Task.participant_id == participant_id, Task.kind == kind, Task.done_at.is_(None))
    if visit is not None:
        same = same.where(Task.visit == visit)
    row = {"participant_id": participant_id, "kind": kind, "visit": visit, "note": note}
    row |= {"created_at": now, "due_at": due_at}
    values = select(*(literal(value, Task.__table__.c[name].type) for name, value in row.items()))
    making = insert(Task).from_select(list(row), values.where(~same.exists()), include_defaults=False)
    return db.session.execute(making.returning(Task.id)).first() is not None


def name_more(participant_id: int, kind: TaskKind, visit: str, fields: Sequence[str]) -> None:
    """Let the open task of this kind about the visit name these fields too: what it names is what is read."""
    same = select(Task).filter_by(participant_id=participant_id, kind=kind, visit=visit, done_at=None)
    for task in db.session.scalars(same.order_by(Task.id)):
        named = task.note.split(", ") if task.note else []
        task.note = ", ".join([*named, *(field for field in fields if field not in named)])


def close_task(task: Task, by: str, outcome: str, now: datetime) -> None:
    """It is done: by whom (an actor), when, and what came of it."""
    allow(task.participant.study, Act.RECORD)
    if task.done_at is not None:
        raise Conflict("Somebody closed this task already.")
    if not outcome.strip():
        raise BadInput("Say what was done, in a few words.", errors={"outcome": "Say what was done."})
    task.done_at, task.done_by, task.outcome = now, by, outcome.strip()
