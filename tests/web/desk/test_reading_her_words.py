"""What she wrote is read from Today: for a reason, on the record, before a task is closed, by whoever may call her."""

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.roles import Role
from app.core.audit import AuditEntry, acting
from app.messages.receiving import replies
from app.participants.models import Disclosure, Task, TaskKind
from app.responses.answering import submit
from app.responses.sms import hear_replies
from tests.factories import (
    NOW,
    Browser,
    user,
    visit,
)
from tests.responses.visits import answers_to
from tests.web.desk.desks import DESK, Desk


def test_whoever_closes_a_task_reads_what_was_written(desk: Desk, app: Flask) -> None:
    writer = desk.someone()
    row = visit(writer, "d56")
    answers = answers_to(row)
    answers["cointerventions"]["other_text"] = "<b>Akupunktur</b>"
    with acting("participant:01-001"):
        submit(row, answers, row.opens_at, language="nb")
    task = desk.session.scalars(select(Task).filter_by(kind=TaskKind.FREE_TEXT)).one()
    desk.session.commit()
    address = f"today/tasks/{task.id}"
    assert f'href="{DESK}{address}"' in desk.page("today/")
    page = desk.page(address)
    assert "&lt;b&gt;Akupunktur&lt;/b&gt;" in page
    assert "not sent yet" not in page
    assert page.count("<dt>") == len((task.note or "").split(", "))
    for role, site, status in ((Role.MONITOR, None, 403), (Role.COORDINATOR, "02", 404), (Role.COORDINATOR, "01", 200)):
        other = user(desk.protocol.study, role, site)
        desk.session.commit()
        assert Browser(app, other).get(f"{DESK}{address}").status_code == status


def _written(desk: Desk, words: str) -> Task:
    """The task of somebody of site 01 who wrote this."""
    person = desk.someone()
    with acting("clock"):
        replies.keep({"MessageSid": "SM1", "From": person.contact.phone or "", "Body": words}, NOW)
        hear_replies(NOW)
    task = desk.session.scalars(select(Task).filter_by(kind=TaskKind.INBOUND)).one()
    desk.session.commit()
    return task


def test_what_she_wrote_is_read_for_a_reason_and_on_the_record(desk: Desk) -> None:
    task = _written(desk, "<i>Ring meg</i>")
    address = f"{DESK}today/tasks/{task.id}"
    assert f'href="{address}"' in desk.page("today/")
    assert "Ring meg" not in desk.page(f"today/tasks/{task.id}")
    refused = desk.browser.post(f"{address}/texts", reason=" ")
    assert (refused.status_code, "Ring meg" in refused.text) == (400, False)
    assert "Say why you read this" in refused.text
    shown = desk.browser.post(f"{address}/texts", reason="the daily round")
    assert (shown.status_code, shown.headers["Cache-Control"]) == (200, "no-store")
    assert "&lt;i&gt;Ring meg&lt;/i&gt;" in shown.text
    row = desk.session.scalars(select(Disclosure)).one()
    assert (row.disclosed_by, row.reason, row.task_id) == (f"user:{desk.member.id}", "the daily round", task.id)
    entry = desk.session.scalars(select(AuditEntry).filter_by(table_name="public.disclosures")).one()
    assert (entry.actor, entry.reason) == (f"user:{desk.member.id}", "the daily round")
    assert "what she wrote · the daily round" in desk.page(f"participants/{task.participant.code}")


def test_a_task_is_not_closed_while_what_she_wrote_is_unread(desk: Desk) -> None:
    task = _written(desk, "Ring meg")
    address = f"{DESK}today/tasks/{task.id}"
    refused = desk.browser.post(address, outcome="Called.")
    assert (refused.status_code, "Read the task first, then close it" in refused.text) == (409, True)
    desk.browser.post(f"{address}/texts", reason="the daily round")
    assert desk.browser.post(address, outcome="Called.").status_code == 303


@pytest.mark.parametrize(
    ("role", "site", "status"),
    [
        (Role.COORDINATOR, "01", 200),
        (Role.INVESTIGATOR, None, 200),
        (Role.COORDINATOR, "02", 404),
        (Role.DATA_MANAGER, None, 403),
        (Role.MONITOR, None, 403),
        (Role.STATISTICIAN, None, 403),
        (Role.ADMINISTRATOR, None, 403),
    ],
)
def test_what_she_wrote_is_read_by_whoever_may_call_her(
    desk: Desk, app: Flask, role: Role, site: str | None, status: int
) -> None:
    task = _written(desk, "Ring meg")
    other = Browser(app, user(desk.protocol.study, role, site))
    answer = other.post(f"{DESK}today/tasks/{task.id}/texts", reason="the daily round")
    assert (answer.status_code, "Ring meg" in answer.text) == (status, status == 200)


def test_what_needs_no_reading_says_all_by_itself(desk: Desk) -> None:
    task = _written(desk, "STOPP")
    page = desk.page(f"today/tasks/{task.id}")
    assert "Wrote STOP: gets no more texts." in page
    assert "not sent yet" not in page
    assert desk.browser.post(f"{DESK}today/tasks/{task.id}", outcome="Called.").status_code == 303
