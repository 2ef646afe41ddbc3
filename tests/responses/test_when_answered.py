"""When answers come: the server's time decides, the day is hers, and opening is noted once."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from app.core.audit import AuditEntry, acting
from app.core.problems import Problem
from app.participants.enrolment import withdraw
from app.responses.answering import answered_on, begin, submit
from app.responses.models import Response
from app.responses.problems import (
    Closed,
    Left,
    NotOpenYet,
    WrongAnswers,
)
from app.schedule.models import State
from tests.responses.visits import D154, SECOND, answers_to, participant, visit

NIGHT = datetime(2026, 8, 3, 21, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "since", "fault"),
    [
        ("Europe/Oslo", "2026-08-03", None),
        ("Europe/Oslo", "2026-08-04", "too_late"),
        ("Pacific/Auckland", "2026-08-04", None),  # there it is the next morning
        ("Pacific/Auckland", "2026-08-05", "too_late"),
        ("America/Vancouver", "2026-08-04", "too_late"),
        ("Europe/Oslo", "0020-08-03", "too_early"),
        ("Europe/Oslo", "9999-08-03", "too_late"),
    ],
)
def test_a_date_is_held_to_the_day_where_she_lives(session: Session, zone: str, since: str, fault: str | None) -> None:
    assessment = visit(participant(), "d154")
    assessment.participant.zone = zone
    answers = answers_to(assessment) | {"sick_leave": {"employed": 1, "days": 1, "on_leave": 1, "since": since}}
    if fault is None:
        assert f'"since":"{since}"' in submit(assessment, answers, NIGHT, language="nb").content
        return
    with pytest.raises(WrongAnswers) as refused:
        submit(assessment, answers, NIGHT, language="nb")
    assert [(code, problem.item, problem.fault) for code, problem in refused.value.problems] == [
        ("sick_leave", "since", fault)
    ]


def test_what_was_received_keeps_its_day_of_answering(session: Session) -> None:
    assessment = visit(participant(), "d154")
    assert answered_on(assessment, NIGHT) == date(2026, 8, 3)
    submit(assessment, answers_to(assessment), NIGHT, language="nb")
    assert answered_on(assessment, NIGHT + timedelta(days=9)) == date(2026, 8, 3)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("before", NotOpenYet),
        ("opens", State.COMPLETED),
        ("last second", State.COMPLETED),
        ("closes", State.LATE),
        ("end of grace", State.LATE),
        ("after grace", Closed),
    ],
)
def test_f18_the_servers_time_decides(session: Session, moment: str, expected: State | type[Problem]) -> None:
    assessment = visit(participant(), "d154")
    moments = {
        "before": assessment.opens_at - SECOND,
        "opens": assessment.opens_at,
        "last second": assessment.closes_at - SECOND,
        "closes": assessment.closes_at,
        "end of grace": assessment.grace_until - SECOND,
        "after grace": assessment.grace_until,
    }
    if isinstance(expected, State):
        submit(assessment, answers_to(assessment), moments[moment], language="nb")
        assert assessment.state(moments[moment]) is expected
    else:
        with pytest.raises(expected):
            submit(assessment, answers_to(assessment), moments[moment], language="nb")
        assert session.scalar(select(func.count(Response.id))) == 0


def test_f18_a_protocol_may_refuse_what_comes_late_also_if_it_was_opened_in_time(session: Session) -> None:
    assessment = visit(participant(changes={"late: keep": "late: refuse"}), "d154")
    begin(assessment, assessment.closes_at - SECOND)
    with pytest.raises(Closed):
        submit(assessment, answers_to(assessment), assessment.closes_at, language="nb")


def test_nobody_who_left_is_asked(session: Session) -> None:
    person = participant()
    assessment = visit(person, "d154")
    withdraw(person, "no reason given", D154 - SECOND)
    with pytest.raises(Left):
        submit(assessment, answers_to(assessment), D154, language="nb")


def test_opening_is_noted_once(session: Session) -> None:
    assessment = visit(participant(), "d154")
    begin(assessment, D154)
    begin(assessment, D154 + SECOND)
    submit(assessment, answers_to(assessment), D154 + timedelta(hours=1), language="nb")
    assert assessment.opened_at == D154


def test_opening_is_kept_and_audited_under_who_opened(session: Session) -> None:
    assessment, other = visit(participant(), "d154"), visit(participant(phone="+4791234568"), "d154")
    with acting("participant:01-001"):
        begin(assessment, D154)
    session.refresh(assessment)
    session.refresh(other)
    assert (assessment.opened_at, other.opened_at) == (D154, None)
    newest = select(AuditEntry).where(AuditEntry.table_name == "public.assessments").order_by(AuditEntry.id.desc())
    entry = session.scalars(newest.limit(1)).one()
    assert (entry.actor, entry.row_id, list(entry.new or {})) == (
        "participant:01-001",
        str(assessment.id),
        ["opened_at"],
    )


def test_nobody_opens_a_visit(app: Flask, session: Session) -> None:
    assessment = visit(participant(), "d154")
    with acting(""), pytest.raises(ProgrammingError, match="no actor"):
        begin(assessment, D154)
