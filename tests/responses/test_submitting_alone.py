"""Whole answers are taken by one statement of its own, and leave what a held visit's submission leaves."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from app.core.audit import AuditEntry, acting
from app.core.database import db, transaction
from app.core.problems import Problem
from app.participants.models import Task
from app.responses.answering import check, submit, submit_alone
from app.responses.drafts import save_draft
from app.responses.models import Answer, Draft, Mode, Presentation, Response, Score
from app.responses.opening import Opening, opening
from app.responses.problems import Closed, Left, NotOpenYet
from app.schedule.links import reissue, token
from app.schedule.models import Assessment
from tests.responses.visits import INFUSION, answers_to, participant, visit

D154 = INFUSION + timedelta(days=154)
TEXTS = {"cointerventions": {"other": 0, "other_text": None}, "medication": {"other": 0, "other_text": None}}
KEYS = ("id", "response_id", "assessment_id")
Given = dict[str, dict[str, object]]


def seen(assessment: Assessment) -> Opening:
    return opening(token(assessment), alone=True)


def whole(assessment: Assessment) -> Given:
    """Answers to everything, nothing in her own words."""
    return {code: answers | TEXTS.get(code, {}) for code, answers in answers_to(assessment).items()}


def taken(opened: Opening, answers: Given, now: datetime = D154) -> bool:
    assessment = opened.assessment
    checked = check(assessment, answers, now)
    return submit_alone(
        assessment, checked, now, mode=Mode.HELPED, language="en", presentation=Presentation.PAGED,
        seen=opened.held, row_version=opened.row_version,
    )  # fmt: skip


def counts(session: Session) -> list[int | None]:
    tables: tuple[Any, ...] = (Response, Answer, Score, Task, AuditEntry)
    return [session.scalar(select(func.count(each.id))) for each in tables]


@pytest.fixture
def planned(session: Session) -> Assessment:
    """A visit that everybody can see."""
    with acting("test"):
        assessment = visit(participant(), "d154")
        session.commit()
    return assessment


def rows(session: Session, assessment: Assessment) -> dict[str, list[tuple[object, ...]]]:
    """All that a submission wrote, but for keys of rows and the times of the audit trail."""
    session.refresh(assessment)
    kept: dict[str, list[tuple[object, ...]]] = {}
    response = session.scalars(select(Response).filter_by(assessment_id=assessment.id)).one()
    own: dict[type[Any], Any] = {Response: Response.id, Answer: Answer.response_id, Score: Score.response_id}
    for kind, key in own.items():
        names = [
            column.name
            for column in kind.__table__.columns
            if column.name not in ("id", "response_id", "assessment_id")
        ]
        of_visit = session.scalars(select(kind).where(key == response.id).order_by(kind.id))
        kept[kind.__name__] = [tuple(getattr(row, name) for name in names) for row in of_visit]
    kept["visit"] = [(assessment.submitted_at, assessment.opened_at, assessment.partial, assessment.draft_existed)]
    trail = select(AuditEntry.table_name, AuditEntry.action, AuditEntry.actor).where(
        AuditEntry.actor == f"by:{assessment.id}"
    )
    kept["trail"] = sorted((table, action) for table, action, _ in session.execute(trail))
    return kept


def test_it_leaves_to_the_row_what_a_held_visits_submission_leaves(session: Session) -> None:
    with acting("test"):
        first, second = (visit(participant(phone=f"+479100000{number}"), "d154") for number in (1, 2))
        for assessment in (first, second):
            save_draft(assessment, {"odi.lifting": "3"}, D154 - timedelta(hours=1))
        session.commit()
    with acting(f"by:{first.id}"):
        submit(first, whole(first), D154, mode=Mode.HELPED, language="en", presentation=Presentation.PAGED)
        session.commit()
    with acting(f"by:{second.id}"):
        assert taken(seen(second), whole(second))
    held, alone = rows(session, first), rows(session, second)
    assert held == alone
    assert len(held["Answer"]) == 87
    assert len(held["trail"]) == 1 + 87 + len(held["Score"]) + 1
    assert session.scalars(select(Draft)).all() == []


def test_it_is_one_statement_and_kept_whatever_becomes_of_the_session(session: Session, planned: Assessment) -> None:
    opened, answers = seen(planned), whole(planned)
    statements: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    with acting("participant:01-001"):
        assert taken(opened, answers)
    event.remove(db.engine, "before_cursor_execute", note)
    session.rollback()
    assert (len(statements), counts(session)[:2]) == (1, [1, 87])


@pytest.mark.parametrize(
    "change",
    [
        lambda answers: answers["odi"].update(lifting=None),  # asked about once, or partial
        lambda answers: answers["odi"].update(lifting=9),
        lambda answers: answers["odi"].update(strange=1),
        lambda answers: answers.clear(),
        lambda answers: answers["medication"].update(other=1, other_text="Ibux"),  # somebody reads it
    ],
)
def test_what_takes_more_than_a_statement_is_left_undone(
    session: Session, planned: Assessment, change: Callable[[Given], None]
) -> None:
    opened, answers = seen(planned), whole(planned)
    before = counts(session)
    change(answers)
    with acting("participant:01-001"):
        assert not taken(opened, answers)
    assert counts(session) == before


def test_a_safety_answer_is_left_to_the_one_who_makes_its_task(session: Session) -> None:
    with acting("test"):
        assessment = visit(participant(given=False), "d0")
        session.commit()
    at = INFUSION - timedelta(days=2)
    answers = {
        code: {item: None if isinstance(value, str) and "trening" in value else value for item, value in given.items()}
        for code, given in answers_to(assessment).items()
    }
    answers["hscl25"]["ending_life"] = 4
    with acting("participant:01-001"):
        assert not taken(seen(assessment), answers, at)
    assert counts(session)[:4] == [0, 0, 0, 0]


CHANGES: dict[str, Callable[[Assessment], object]] = {
    "answered": lambda assessment: submit(assessment, whole(assessment), D154, language="nb"),
    "answered otherwise": lambda assessment: submit(assessment, answers_to(assessment, 1), D154, language="nb"),
    "opened": lambda assessment: save_draft(assessment, {"odi.lifting": "1"}, D154),
    "planned anew": lambda assessment: setattr(assessment, "closes_at", assessment.closes_at - timedelta(days=1)),
    "a newer link": lambda assessment: reissue(assessment, D154),
    "paused": lambda assessment: setattr(assessment, "paused_until", D154),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_visit_that_changed_since_it_was_seen_is_looked_at_again(
    session: Session, planned: Assessment, change: Callable[[Assessment], object]
) -> None:
    opened = seen(planned)
    with acting("test"):
        change(planned)
        session.commit()
    before = counts(session)
    with acting("participant:01-001"):
        assert not taken(opened, whole(planned))
    assert counts(session) == before
    session.refresh(planned)
    assert (planned.submitted_at is not None) is (session.scalar(select(func.count(Response.id))) == 1)


def test_who_has_answered_is_not_asked_to_wait(session: Session, planned: Assessment) -> None:
    with acting("test"):
        submit(planned, whole(planned), D154, language="nb")
        session.commit()
    assert not taken(seen(planned), whole(planned))


@pytest.mark.parametrize(
    ("days", "problem"), [(-100, NotOpenYet), (100, Closed), (0, Left)], ids=["early", "late", "left"]
)
def test_it_is_refused_as_a_held_visits_would_be(
    session: Session, planned: Assessment, days: int, problem: type[Problem]
) -> None:
    if problem is Left:
        with acting("test"):
            planned.participant.withdrawn_at = D154
            session.commit()
    with acting("participant:01-001"), pytest.raises(problem):
        taken(seen(planned), whole(planned), D154 + timedelta(days=days))
    assert counts(session)[0] == 0


def test_where_each_transaction_says_how_long_it_waits_it_is_left_to_one(
    session: Session, planned: Assessment, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = seen(planned)
    monkeypatch.setattr("app.responses.answering.says_limits_each_transaction", lambda _: True)
    assert not taken(opened, whole(planned))
    assert counts(session)[0] == 0


def test_f16_thirty_at_once_that_saw_the_same_leave_one_response(app: Flask) -> None:
    with app.app_context(), acting("test"), transaction():
        assessment = visit(participant(), "d154")
        link, answers = token(assessment), whole(assessment)
    with app.app_context():
        opened = [opening(link, alone=True) for _ in range(30)]

    def sent(number: int) -> bool:
        with app.app_context(), acting(f"participant:{number}"):
            return taken(opened[number], answers)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(sent, range(30))) == 1
    with app.app_context():
        assert counts(db.session)[:2] == [1, 87]
        entries = select(func.count(func.distinct(AuditEntry.actor))).where(AuditEntry.table_name == "public.answers")
        assert db.session.scalar(entries) == 1
