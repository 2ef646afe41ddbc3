"""What a person should look at: listed without a word of hers; read with a reason, on the record; closed once read."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager

from app.accounts.roles import Permission
from app.api.access import current_token, requires
from app.api.blueprint import blueprint
from app.api.operations import operation
from app.api.participants import ListPage
from app.api.schemas import (
    ContentsSchema,
    OutcomeSchema,
    ReasonSchema,
    StrangerContentsSchema,
    StrangerSchema,
    StrangersSchema,
    TaskQuery,
    TaskSchema,
    TasksSchema,
)
from app.core.audit import start_acting
from app.core.database import db
from app.core.time import now
from app.messages.models import Stranger
from app.messages.receiving import strangers
from app.participants.models import Participant, Task
from app.participants.visible import visible
from app.permitting import current_scope
from app.responses.task_reading import TaskContents, find_task, finish_task, read_task

TASKS_PATH = "/studies/<study>/tasks"
STRANGERS = "/studies/<study>/strangers"


@blueprint.get(TASKS_PATH)
@requires(Permission.VIEW_PARTICIPANT)
@operation("Tasks at the token's sites, the oldest first", answer=TasksSchema, query=TaskQuery)
def tasks(query: dict[str, Any]) -> ListPage:
    """A page of those that are open, or of all."""
    where = [visible(current_scope())]
    if query.pop("which") == "open":
        where.append(Task.done_at.is_(None))
    total = db.session.scalar(select(func.count(Task.id)).join(Task.participant).where(*where)) or 0
    loading = contains_eager(Task.participant).joinedload(Participant.site)
    chosen = select(Task).join(Task.participant).options(loading).where(*where).order_by(Task.created_at, Task.id)
    return ListPage(list(db.session.scalars(chosen.limit(query["limit"]).offset(query["offset"]))), total, **query)


@blueprint.post(f"{TASKS_PATH}/<int:task_id>/readings")
@requires(Permission.REVEAL_CONTACT)
@operation("Read what a task is about: answers, and what she wrote", body=ReasonSchema, answer=ContentsSchema)
def read(task_id: int, body: dict[str, str]) -> TaskContents:
    """Who read it, and why, is on the record."""
    task, token = find_task(current_scope(), task_id), current_token()
    start_acting(f"user:{token.user_id}", f"API token {token.prefix}: {body['reason']}")
    return read_task(task, f"user:{token.user_id}", body["reason"], now())


@blueprint.post(f"{TASKS_PATH}/<int:task_id>/closing")
@requires(Permission.RECORD_EVENTS)
@operation("Close a task by saying what was done", body=OutcomeSchema, answer=TaskSchema)
def close(task_id: int, body: dict[str, str]) -> Task:
    """Refused while something in it is not read."""
    task = find_task(current_scope(), task_id)
    finish_task(task, f"user:{current_token().user_id}", body["outcome"], now())
    return task


@blueprint.get(STRANGERS)
@requires(Permission.VIEW_PARTICIPANT)
@operation("Numbers that nobody here has and that wrote to us", answer=StrangersSchema)
def unknown_numbers() -> dict[str, object]:
    """The open ones, the oldest first, without number or words."""
    return {"items": strangers.waiting(current_scope())}


@blueprint.post(f"{STRANGERS}/<int:stranger_id>/readings")
@requires(Permission.REVEAL_CONTACT)
@operation("Read who wrote, and what", body=ReasonSchema, answer=StrangerContentsSchema)
def read_unknown(stranger_id: int, body: dict[str, str]) -> strangers.StrangerContents:
    """Who read it, and why, is in the audit trail."""
    stranger, token = strangers.find_stranger(current_scope(), stranger_id), current_token()
    start_acting(f"user:{token.user_id}", f"API token {token.prefix}: {body['reason']}")
    return strangers.read_stranger(stranger, f"user:{token.user_id}", body["reason"], now())


@blueprint.post(f"{STRANGERS}/<int:stranger_id>/closing")
@requires(Permission.RECORD_EVENTS)
@operation("Close it by saying what was done", body=OutcomeSchema, answer=StrangerSchema)
def close_unknown(stranger_id: int, body: dict[str, str]) -> Stranger:
    """Refused while a text of it is not read."""
    stranger = strangers.find_stranger(current_scope(), stranger_id)
    strangers.finish_stranger(stranger, f"user:{current_token().user_id}", body["outcome"], now())
    return stranger
