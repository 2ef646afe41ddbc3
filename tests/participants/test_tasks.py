"""One open task of a kind is enough: a table of what is open, what comes, and how many there are then."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.participants.models import Task, TaskKind
from app.participants.tasks import close_task, open_task
from tests.messages.people import enrolled

NOW = datetime(2026, 9, 22, 7, tzinfo=UTC)
CALL, INBOUND = TaskKind.CALL_ME, TaskKind.INBOUND

CASES: list[tuple[str, tuple[TaskKind, str | None], tuple[TaskKind, str | None], int]] = [
    ("the same kind and visit", (CALL, "d7"), (CALL, "d7"), 1),
    ("another kind", (CALL, "d7"), (INBOUND, "d7"), 2),
    ("another visit", (CALL, "d7"), (CALL, "d14"), 2),
    ("about no visit, after one about a visit", (CALL, "d7"), (CALL, None), 1),
    ("about a visit, after one about none", (CALL, None), (CALL, "d7"), 2),
    ("about no visit, twice", (INBOUND, None), (INBOUND, None), 1),
]


@pytest.mark.parametrize(("what", "first", "second", "count"), CASES, ids=[case[0] for case in CASES])
def test_one_open_task_of_a_kind_is_enough(
    session: Session, what: str, first: tuple[TaskKind, str | None], second: tuple[TaskKind, str | None], count: int
) -> None:
    participant = enrolled()
    for kind, visit in (first, second):
        open_task(participant.id, kind, NOW, note="a note", visit=visit)
    assert len(session.scalars(select(Task.id)).all()) == count, what


def test_what_was_done_may_have_to_be_done_again(session: Session) -> None:
    participant = enrolled()
    open_task(participant.id, CALL, NOW, visit="d7")
    close_task(session.scalars(select(Task)).one(), "user:1", "Called.", NOW)
    session.flush()
    open_task(participant.id, CALL, NOW + timedelta(hours=1), visit="d7")
    done = session.scalars(select(Task.done_at).order_by(Task.id)).all()
    assert done == [NOW, None]


def test_another_participants_task_is_another(session: Session) -> None:
    for participant in (enrolled(1), enrolled(2)):
        open_task(participant.id, CALL, NOW, visit="d7")
    assert len(session.scalars(select(Task.id)).all()) == 2


def test_a_task_is_kept_as_it_was_made(session: Session) -> None:
    participant = enrolled()
    open_task(participant.id, TaskKind.SAFETY, NOW, note="hscl25.q24", visit="d7", due_at=NOW + timedelta(days=1))
    task = session.scalars(select(Task)).one()
    assert (task.participant, task.note, task.visit, task.created_at) == (participant, "hscl25.q24", "d7", NOW)
    assert (task.due_at, task.done_at) == (NOW + timedelta(days=1), None)
