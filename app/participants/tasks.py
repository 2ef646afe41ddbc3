"""Tasks of coordinators: closed by saying what was done."""

from datetime import datetime

from app.core.problems import BadInput, Conflict
from app.participants.models import Task


def close_task(task: Task, by: str, outcome: str, now: datetime) -> None:
    """It is done: by whom (an actor), when, and what came of it."""
    if task.done_at is not None:
        raise Conflict("Somebody closed this task already.")
    if not outcome.strip():
        raise BadInput("Say what was done, in a few words.", errors={"outcome": "Say what was done."})
    task.done_at, task.done_by, task.outcome = now, by, outcome.strip()
