"""A visit that is in no plan is opened by a program and at the shell as at the desk."""

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import tokens
from app.accounts.roles import Role
from app.core.audit import AuditEntry
from app.core.time import moved_clock
from app.participants.models import Participant
from app.schedule.models import Assessment
from app.studies.models import StudyState
from tests.api.conftest import EVERYTHING, Program
from tests.exports.conftest import NOW
from tests.factories import command, installed, participant, user
from tests.schedule.test_unscheduled import TEXT

HERS = "/studies/knee/participants/01-001/visits"
WHY = {"reason": "she asked for it"}


@pytest.fixture
def person(session: Session) -> Participant:
    someone = participant(installed(TEXT, NOW), now=NOW)
    session.commit()
    return someone


@pytest.fixture
def coordinator(app: Flask, person: Participant, session: Session) -> Program:
    _, secret = tokens.issue(user(person.study, Role.COORDINATOR), EVERYTHING, NOW.replace(year=2027), NOW)
    session.commit()
    return Program(app, secret)


def test_what_may_be_opened_is_told_and_opened_each_time_anew(coordinator: Program, session: Session) -> None:
    assert coordinator.get(f"{HERS}/openable").json == {"items": [{"visit": "extra", "title": "Extra"}]}
    opened = coordinator.post(HERS, {"visit": "extra", **WHY})
    assert opened.status_code == 201
    assert opened.json is not None
    assert opened.json["visit"] == "extra.1"
    again = coordinator.post(HERS, {"visit": "extra", **WHY})
    assert again.status_code == 409
    assert "is open already" in again.text
    row = session.scalars(select(Assessment).filter_by(visit="extra.1")).one()
    reason = session.scalars(select(AuditEntry.reason).filter_by(table_name="public.assessments", row_id=str(row.id)))
    assert str(reason.one()).endswith(WHY["reason"])


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"visit": "call", **WHY}, 400, "Staff may open these visits for 01-001: extra."),
        ({"visit": "start", **WHY}, 400, "Staff may open these visits for 01-001: extra."),
        ({"visit": "extra"}, 400, "reason"),
        ({**WHY}, 400, "visit"),
    ],
)
def test_what_staff_may_not_open_is_refused(coordinator: Program, body: dict[str, str], status: int, said: str) -> None:
    refused = coordinator.post(HERS, body)
    assert refused.status_code == status
    assert said in refused.text


def test_a_closed_study_opens_none_and_who_only_reads_neither(
    app: Flask, coordinator: Program, person: Participant, session: Session
) -> None:
    _, secret = tokens.issue(user(person.study, Role.MONITOR, email="m@x.org"), EVERYTHING, NOW.replace(year=2027), NOW)
    session.commit()
    assert Program(app, secret).post(HERS, {"visit": "extra", **WHY}).status_code == 403
    person.study.state = StudyState.CLOSED
    session.commit()
    assert coordinator.post(HERS, {"visit": "extra", **WHY}).status_code == 409
    assert session.scalars(select(Assessment).filter_by(visit="extra.1")).all() == []


def test_the_shell_opens_it_too(app: Flask, person: Participant, session: Session) -> None:
    words = ("participants", "open-visit", "knee", "01-001")
    with moved_clock(lambda: NOW):
        done = command(app, *words, "extra", "--reason", "she asked for it")
        refused = command(app, *words, "start", "--reason", "she asked for it")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("extra.1 is open for 01-001 until 2026-04-")
    assert "Staff may open these visits for 01-001: extra." in refused.output
    assert refused.exit_code == 1
