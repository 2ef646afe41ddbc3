"""What patients wrote that a person must read: gathered in one open task of each, however much she writes.

A reply keeps its words, closed; the task says that there are some. Nobody closes a task whose texts are not all read,
so what comes while somebody reads is not put away with the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from app.core.crypto import WrongKey, keyring
from app.core.database import db
from app.messages.models import Reply, Stranger, place
from app.participants.models import Participant, Task, TaskKind


@dataclass(frozen=True)
class Written:
    """A text of hers: when it came, and its words; none where no key of ours opens them."""

    at: datetime
    words: str | None
    media: int = 0
    """How many pictures or files came with it, which are not taken in."""


def task_of(participant: Participant, note: str, now: datetime) -> Task:
    """Her open task about what she wrote, which now says this too; made where none is open. Held until the commit."""
    hers = (Task.participant_id == participant.id, Task.kind == TaskKind.INBOUND, Task.done_at.is_(None))
    query = select(Task).where(*hers).order_by(Task.id).limit(1).with_for_update(key_share=True)
    task = db.session.scalar(query.execution_options(populate_existing=True))
    if task is None:
        task = Task(participant=participant, kind=TaskKind.INBOUND, note=note, created_at=now)
        db.session.add(task)
    elif note not in (task.note or ""):
        task.note = f"{task.note or ''} {note}".strip()
    db.session.flush()
    return task


def number_of(stranger: Stranger) -> str | None:
    """The number of whoever wrote and takes part in nothing, if our keys open it."""
    try:
        return keyring().decrypt(stranger.phone_sealed or b"\0", "strangers", "phone_sealed", stranger.id)
    except WrongKey:
        return None


def gather(reply: Reply, participant: Participant, note: str, now: datetime) -> None:
    """Put a reply into her open task, for a person to read."""
    reply.task_id = task_of(participant, note, now).id


def gathered(task: Task) -> Sequence[Reply]:
    """The texts that a task is about, in the order in which they came."""
    return db.session.scalars(select(Reply).where(Reply.task_id == task.id).order_by(Reply.id)).all()


def unread(task: Task) -> int:
    """How many texts of the task nobody has read."""
    query = select(func.count()).where(Reply.task_id == task.id, Reply.read_at.is_(None))
    return db.session.scalar(query) or 0


def read(task: Task, now: datetime) -> tuple[Written, ...]:
    """What was written, word for word; from now on it counts as read."""
    texts = gathered(task)
    fresh = [reply.id for reply in texts if reply.read_at is None]
    if fresh:
        db.session.execute(update(Reply).where(Reply.id.in_(fresh)).values(read_at=now))
    return tuple(map(written, texts))


def written(reply: Reply) -> Written:
    """A reply as a person reads it."""
    return Written(reply.received_at, _words(reply), reply.media)


def words_of(reply: Reply) -> str:
    """What was written in a reply, opened with our keys."""
    return keyring().decrypt(reply.body_sealed or b"\0", "replies", "body_sealed", place(reply.sid))


def sender_of(reply: Reply) -> str:
    """The number of a reply of which it is not known yet whose it is."""
    return keyring().decrypt(reply.sender_sealed or b"\0", "replies", "sender_sealed", place(reply.sid))


def _words(reply: Reply) -> str | None:
    try:
        return words_of(reply)
    except WrongKey:
        return None
