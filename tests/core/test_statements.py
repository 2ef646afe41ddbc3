"""Statements past the ORM are in the session's transaction: after what it holds, under whoever acts, undone with it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Executable, func, insert, select, update
from sqlalchemy.orm import Session

from app.core.audit import AuditEntry, acting
from app.core.batches import table
from app.core.statements import run
from app.studies.models import Study, StudyState

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
CODES = select(Study.code).order_by(Study.code)
NEW = {"code": "second", "title": "x", "state": StudyState.SETUP, "created_at": NOW}


def add(session: Session) -> None:
    session.add(Study(code="first", title="x", state=StudyState.SETUP, created_at=NOW))


def test_what_the_session_holds_is_written_first(session: Session) -> None:
    add(session)
    assert run(CODES).scalars().all() == ["first"]


@pytest.mark.parametrize(
    ("statement", "action"),
    [
        (insert(table(Study)).values(NEW), "insert"),
        (update(table(Study)).values(title="y"), "update"),
    ],
)
def test_whoever_acts_is_declared(session: Session, statement: Executable, action: str) -> None:
    add(session)
    session.commit()
    with acting("user:9", "because"):
        run(statement)
    newest = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (newest.actor, newest.reason, newest.action) == ("user:9", "because", action)


def test_it_is_taken_back_with_the_session(session: Session) -> None:
    run(insert(table(Study)).values(NEW))
    session.rollback()
    assert run(CODES).all() == []
    assert session.scalar(select(func.count(AuditEntry.id))) == 0


def test_its_values_are_those_given(session: Session) -> None:
    for code in ("first", "second"):
        run(insert(table(Study)), NEW | {"code": code})
    assert run(CODES).scalars().all() == ["first", "second"]
