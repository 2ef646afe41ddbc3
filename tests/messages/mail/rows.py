"""What stands in the ledger and in the tasks, and the link of a mail."""

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.messages.models import Message
from app.participants.models import Task

LINK = re.compile(r"http://localhost/a/[\w-]{34}")
KEPT = (Message.kind, Message.channel, Message.state)


def ledger(session: Session) -> list[tuple[str, str, str]]:
    session.expire_all()
    rows = session.execute(select(*KEPT).order_by(Message.id)).all()
    return [(str(kind), str(channel), str(state)) for kind, channel, state in rows]


def tasks(session: Session) -> list[str | None]:
    return list(session.scalars(select(Task.note).order_by(Task.id)))
