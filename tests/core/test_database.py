"""One commit at the edge: all of a block or nothing, locks that end with it, and looks that open no transaction."""

from datetime import UTC, datetime

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from app.config import Settings
from app.core.database import db, lock, looking, transaction
from app.studies.models import Study, StudyState

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
CODES = select(Study.code).order_by(Study.code)


def study(code: str) -> Study:
    return Study(code=code, title="x", state=StudyState.SETUP, created_at=NOW)


def test_a_block_is_kept_whole(session: Session) -> None:
    with transaction():
        session.add_all([study("first"), study("second")])
    session.rollback()
    assert session.scalars(CODES).all() == ["first", "second"]


@pytest.mark.parametrize("fault", [ZeroDivisionError, KeyboardInterrupt, SystemExit])
def test_a_block_that_fails_leaves_nothing_behind(session: Session, fault: type[BaseException]) -> None:
    def begin_and_fail() -> None:
        session.add(study("first"))
        session.flush()
        raise fault

    with pytest.raises(fault), transaction():
        begin_and_fail()
    assert session.scalars(CODES).all() == []


def test_what_the_database_refuses_at_the_commit_leaves_nothing_behind(session: Session) -> None:
    with pytest.raises(IntegrityError), transaction():
        session.add_all([study("first"), study("first")])
    assert session.scalars(CODES).all() == []


def test_a_lock_has_one_owner_until_the_transaction_ends(session: Session, settings: Settings) -> None:
    free = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))"
    with psycopg.connect(settings.database_url.replace("+psycopg", ""), autocommit=True) as other:
        lock("seal")
        assert other.execute(free, ["seal"]).fetchone() == (False,)
        assert other.execute(free, ["another"]).fetchone() == (True,)
        session.commit()
        assert other.execute(free, ["seal"]).fetchone() == (True,)


def test_looking_sees_what_is_committed_and_opens_no_transaction(session: Session) -> None:
    session.add(study("first"))
    session.flush()
    with looking() as connection:
        assert connection.scalars(CODES).all() == []
        session.commit()
        assert connection.scalars(CODES).all() == ["first"]
        first, second = (connection.scalar(text("SELECT now()")) for _ in range(2))
    assert first != second  # the instant at which a transaction began: each statement is one of its own


@pytest.mark.parametrize("state", ["", "Setup", "unheard of"])
def test_a_closed_set_takes_its_own_words_alone(session: Session, state: str) -> None:
    session.add(Study(code="first", title="x", state=state, created_at=NOW))
    with pytest.raises(StatementError, match="not among the defined enum values"):
        session.flush()


def test_the_database_holds_a_closed_set_too(session: Session) -> None:
    session.add(study("first"))
    session.flush()
    with pytest.raises(IntegrityError, match="ck_studies"):
        session.connection().execute(text("UPDATE studies SET state = 'unheard of'"))


def test_a_session_is_used_once_somebody_asks_for_it(app: Flask) -> None:
    with app.app_context():
        assert not db.session_is_used
        db.session.execute(CODES)
        assert db.session_is_used
    with app.app_context():
        assert not db.session_is_used


@pytest.mark.parametrize(("looks", "status"), [(True, "IDLE"), (False, "INTRANS")])
def test_who_only_looks_opens_no_transaction(app: Flask, looks: bool, status: str) -> None:
    with app.app_context():
        if looks:
            db.only_look()
        db.session.execute(CODES)
        driver = db.session.connection().connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        assert driver.info.transaction_status.name == status
    with app.app_context(), db.engine.connect() as connection:
        assert connection.get_isolation_level() == "READ COMMITTED"


def test_the_tests_keep_what_a_connection_has_prepared_over_a_rollback(session: Session) -> None:
    for _ in range(6):  # psycopg prepares what was asked five times
        session.execute(text("SELECT 1 AS kept"))
    session.rollback()
    prepared = text("SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT 1 AS kept'")
    assert session.scalar(prepared) == 1
