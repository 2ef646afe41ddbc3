"""Read what a task is about, and close it: every kind of task can be read, by whoever may reveal a contact.

A task says that somebody should look, never what was written. Reading is an act with a reason, on the record.
"""

from dataclasses import dataclass
from datetime import datetime

from app.core.database import db
from app.core.problems import Conflict, NotFound
from app.messages import gathering
from app.messages.gathering import Written
from app.participants.contacting import note_reading
from app.participants.models import Task
from app.participants.tasks import close_task
from app.responses.words import Said, said
from app.studies.access import Scope


@dataclass(frozen=True)
class TaskContents:
    """All that a task is about: its note, the answers that it names, the texts that it gathers."""

    note: str
    answers: tuple[Said, ...]
    texts: tuple[Written, ...]


def find_task(scope: Scope, task_id: int) -> Task:
    """The task of this id at her sites; NotFound alike for none and for one of another site."""
    task = db.session.get(Task, task_id)
    if task is None or task.participant.site_id not in scope.site_ids:
        raise NotFound("There is no such task at your sites.")
    return task


def read_task(task: Task, by: str, reason: str, now: datetime) -> TaskContents:
    """What the task is about, for `by` (an actor such as `user:12`), who says why."""
    note_reading(task, by, reason, now)
    return TaskContents(task.note or "", tuple(said(task)), gathering.read(task, now))


def finish_task(task: Task, by: str, outcome: str, now: datetime) -> None:
    """It is done, once all that was written in it is read. Conflict while a text is not."""
    db.session.refresh(task, with_for_update={"key_share": True})
    if task.done_at is None and (count := gathering.unread(task)):
        texts = "a text" if count == 1 else f"{count} texts"
        raise Conflict(f"She wrote {texts} that nobody has read yet. Read the task first, then close it.")
    close_task(task, by, outcome, now)
