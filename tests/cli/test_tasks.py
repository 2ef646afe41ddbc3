"""`flask tasks`: as somebody who may, for a reason, at her sites; and no words of a stranger's drive a terminal."""

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.roles import Role
from app.core.audit import acting
from app.messages.receiving import replies
from app.participants.models import Disclosure, Participant, Task
from app.responses.sms import hear_replies
from app.studies.models import Study
from tests.factories import NOW, backtobasic, command, participant, user

HOSTILE = "Ring \x1b[2Jmeg\r\n2026-03-02 09:00 UTC: alt er bra"


@pytest.fixture
def writer(session: Session) -> Participant:
    """Somebody of site 02 who wrote to us."""
    person = participant(backtobasic(), "02")
    with acting("clock"):
        replies.keep({"MessageSid": "SM1", "From": person.contact.phone or "", "Body": HOSTILE}, NOW)
        hear_replies(NOW)
    session.commit()
    return person


def member(study: Study, session: Session, role: Role = Role.COORDINATOR, site: str | None = "02") -> User:
    someone = user(study, role, site)
    session.commit()
    return someone


def test_a_task_is_listed_read_and_closed(app: Flask, session: Session, writer: Participant) -> None:
    someone = member(writer.study, session)
    task = session.scalars(select(Task)).one()
    study, key = writer.study.code, str(task.id)
    listed = command(app, "tasks", "list", study, "--as", someone.email).output.splitlines()
    assert listed == [
        f"{task.id:>6}  {writer.code:<10} 2026-03-02 09:00  message received: Wrote to us.",
        f"{study}: 1 open.",
    ]
    unread = command(app, "tasks", "done", study, key, "--as", someone.email, "--outcome", "Called.")
    assert (unread.exit_code, "nobody has read yet" in unread.output) == (1, True)
    shown = command(app, "tasks", "read", study, key, "--as", someone.email, "--reason", "the daily round")
    assert shown.output == (
        "Wrote to us.\n2026-03-02 09:00 UTC: Ring [2Jmeg\n    2026-03-02 09:00 UTC: alt er bra\n"
    ), "no control of a terminal, and no line that looks like another text"
    row = session.scalars(select(Disclosure)).one()
    assert (row.disclosed_by, row.reason, row.task_id) == (f"user:{someone.id}", "the daily round", task.id)
    done = command(app, "tasks", "done", study, key, "--as", someone.email, "--outcome", "Called.")
    assert (done.exit_code, done.output) == (0, "Closed.\n")
    assert command(app, "tasks", "list", study, "--as", someone.email).output == f"{study}: 0 open.\n"


@pytest.mark.parametrize(
    ("role", "site", "active", "sentence"),
    [
        (Role.COORDINATOR, "01", True, "There is no such task at your sites."),
        (Role.MONITOR, None, True, "does not include: reveal contact"),
        (Role.COORDINATOR, "02", False, "works here no longer"),
    ],
)
def test_who_may_not_read_reads_nothing(
    app: Flask, session: Session, writer: Participant, role: Role, site: str | None, active: bool, sentence: str
) -> None:
    someone = member(writer.study, session, role, site)
    someone.active = active
    session.commit()
    key = str(session.scalars(select(Task.id)).one())
    output = command(app, "tasks", "read", writer.study.code, key, "--as", someone.email, "--reason", "the daily round")
    assert (output.exit_code, sentence in output.output, "Ring" in output.output) == (1, True, False)
    assert session.scalars(select(Disclosure)).all() == []


@pytest.mark.parametrize(
    ("options", "sentence", "code"),
    [((), "--reason", 2), (("--reason", " "), "say why", 2), (("--reason", "x"), "Say why", 1)],
)
def test_a_reason_is_asked_for(
    app: Flask, session: Session, writer: Participant, options: tuple[str, ...], sentence: str, code: int
) -> None:
    someone, key = member(writer.study, session), str(session.scalars(select(Task.id)).one())
    output = command(app, "tasks", "read", writer.study.code, key, "--as", someone.email, *options)
    assert (output.exit_code, sentence in output.output, "Ring" in output.output) == (code, True, False)
