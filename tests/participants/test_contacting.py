"""A contact is opened for a reason, and that is kept; a task is closed by saying what was done."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from app.core.problems import BadInput, Conflict
from app.participants.contacting import disclose
from app.participants.models import Disclosure, Task, TaskKind
from app.participants.tasks import close_task
from tests.factories import NOW, backtobasic, participant


def test_opening_a_contact_leaves_who_when_and_why(session: Session) -> None:
    person = participant(backtobasic(), phone="+4740612345")
    assert disclose(person, "user:7", " day 56 is late ", NOW).phone == "+4740612345"
    row = session.scalars(select(Disclosure)).one()
    kept = (row.participant, row.disclosed_by, row.reason, row.disclosed_at)
    assert kept == (person, "user:7", "day 56 is late", NOW)


@pytest.mark.parametrize("reason", ["", "  ", "x"])
def test_without_a_reason_nothing_is_opened(session: Session, reason: str) -> None:
    with pytest.raises(BadInput, match="Say why you need the number"):
        disclose(participant(backtobasic()), "user:7", reason, NOW)
    assert session.scalars(select(Disclosure)).all() == []


def test_what_was_opened_cannot_be_undone(session: Session) -> None:
    disclose(participant(backtobasic()), "user:7", "day 56 is late", NOW)
    row = session.scalars(select(Disclosure)).one()
    row.reason = "another"
    with pytest.raises(ProgrammingError, match="permission denied"):
        session.flush()


def test_a_task_is_closed_once_with_its_outcome(session: Session) -> None:
    task = Task(participant=participant(backtobasic()), kind=TaskKind.CALL_ME, created_at=NOW)
    session.add(task)
    with pytest.raises(BadInput, match="Say what was done"):
        close_task(task, "user:7", " ", NOW)
    close_task(task, "user:7", "Called.", NOW)
    session.flush()
    with pytest.raises(Conflict, match="closed this task already"):
        close_task(task, "user:8", "Called too.", NOW + timedelta(hours=1))
    assert (task.done_by, task.done_at, task.outcome) == ("user:7", NOW, "Called.")
