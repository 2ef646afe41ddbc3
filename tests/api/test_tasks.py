"""Tasks by the API: listed without a word of hers, read with a reason and on the record, closed once read."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.roles import Permission, Role
from app.core.audit import AuditEntry, acting
from app.messages.receiving import replies
from app.participants.models import Disclosure, Task
from app.responses.sms import hear_replies
from app.studies.models import Study
from tests.api.conftest import Programs
from tests.exports.conftest import NOW
from tests.factories import participant

TASKS = "/studies/backtobasic/tasks"
WHY = {"reason": "the daily round"}


@pytest.fixture
def task(study: Study, session: Session) -> Task:
    """Somebody of site 02 wrote."""
    from app.studies.installing import current_protocol

    with acting("clock"):
        person = participant(current_protocol(study), "02", NOW)
        replies.keep({"MessageSid": "SM1", "From": person.contact.phone or "", "Body": "Ring meg"}, NOW)
        hear_replies(NOW)
        session.commit()
    return session.scalars(select(Task).filter_by(participant_id=person.id)).one()


def test_a_list_tells_of_tasks_and_not_what_was_written(program: Programs, task: Task) -> None:
    answer = program(Role.MONITOR).get(TASKS)
    (line,) = [line for line in answer.get_json()["items"] if line["id"] == task.id]
    assert (line["participant"], line["site"], line["kind"]) == (task.participant.code, "02", "message received")
    assert (line["note"], line["done_at"]) == ("Wrote to us.", None)
    assert "Ring meg" not in answer.text
    assert [line["id"] for line in program(Role.COORDINATOR, at_site="01").get(TASKS).get_json()["items"]] == []


def test_reading_is_on_the_record_and_then_the_task_is_closed(program: Programs, session: Session, task: Task) -> None:
    someone = program(Role.COORDINATOR, at_site="02")
    unread = someone.post(f"{TASKS}/{task.id}/closing", {"outcome": "Called."})
    assert (unread.status_code, "nobody has read" in unread.get_json()["detail"]) == (409, True)
    answer = someone.post(f"{TASKS}/{task.id}/readings", WHY)
    assert [text["words"] for text in answer.get_json()["texts"]] == ["Ring meg"]
    row = session.scalars(select(Disclosure)).one()
    assert (row.reason, row.task_id) == ("the daily round", task.id)
    entry = session.scalars(select(AuditEntry).filter_by(table_name="public.disclosures")).one()
    assert (entry.actor, (entry.reason or "").endswith(": the daily round")) == (row.disclosed_by, True)
    closed = someone.post(f"{TASKS}/{task.id}/closing", {"outcome": "Called."})
    assert (closed.status_code, closed.get_json()["outcome"]) == (200, "Called.")
    assert task.id not in [line["id"] for line in someone.get(TASKS).get_json()["items"]]
    assert task.id in [line["id"] for line in someone.get(f"{TASKS}?which=all").get_json()["items"]]


@pytest.mark.parametrize(
    ("role", "permissions", "site", "status"),
    [
        (Role.COORDINATOR, (), "02", 200),
        (Role.INVESTIGATOR, (), None, 200),
        (Role.COORDINATOR, (), "01", 404),
        (Role.COORDINATOR, (Permission.VIEW_PARTICIPANT,), "02", 403),
        (Role.MONITOR, (), None, 403),
        (Role.DATA_MANAGER, (), None, 403),
    ],
)
def test_who_reads_what_she_wrote(
    program: Programs, task: Task, role: Role, permissions: tuple[Permission, ...], site: str | None, status: int
) -> None:
    answer = program(role, *permissions, at_site=site).post(f"{TASKS}/{task.id}/readings", WHY)
    assert (answer.status_code, "Ring meg" in answer.text) == (status, status == 200)


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": " x "}, {"reason": 7}, {"reason": "why", "more": 1}])
def test_without_a_reason_nothing_is_read(
    program: Programs, session: Session, task: Task, body: dict[str, object]
) -> None:
    assert program(Role.COORDINATOR).post(f"{TASKS}/{task.id}/readings", body).status_code == 400
    assert session.scalars(select(Disclosure)).all() == []
