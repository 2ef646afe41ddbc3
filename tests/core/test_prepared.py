"""Statements handed to the driver stay the session's: its transaction, its objects, its words for errors."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import cast as cast_type

import psycopg
import pytest
from sqlalchemy import BigInteger, Text, bindparam, cast, event, func, insert, literal, select, text
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import DetachedInstanceError

from app import create_app
from app.config import Settings
from app.core.audit import DECLARING, AuditEntry, acting
from app.core.batches import table
from app.core.database import db
from app.core.prepared import Loading, Prepared, related
from app.studies.models import Site, Study, StudyState
from tests.factories import put_away

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
STUDY, SEEN = Loading(Study, "state", "created_at"), Loading(Study, "state", read=True)
BY_CODE = {
    loading: Prepared(select(*loading.columns).where(loading.table.c.code == bindparam("code")))
    for loading in (STUDY, SEEN)
}
NUMBER = Prepared(select(cast(cast(bindparam("number"), Text), BigInteger)))
DECLARED = DECLARING.cte("declared")
FOUNDED = select(bindparam("code", type_=Text), literal("Another"), literal("setup"), literal(NOW)).select_from(
    DECLARED
)
FOUNDING = Prepared(
    insert(table(Study))
    .from_select(["code", "title", "state", "created_at"], FOUNDED, include_defaults=False)
    .returning(table(Study).c.code)
)
OTHER = {"code": "second", "actor": "user:9", "reason": "", "moment": "", "request": ""}
GONE = Prepared(select(func.pg_terminate_backend(func.pg_backend_pid())))


@pytest.fixture
def study(session: Session) -> Study:
    row = Study(code="first", title="A trial", state=StudyState.LIVE, created_at=NOW)
    session.add(row)
    return row


def loaded(loading: Loading[Study], code: str = "first") -> Study:
    row = BY_CODE[loading].first({"code": code})
    assert row is not None
    return loading.loaded(iter(row))


def test_what_the_session_holds_is_written_first(session: Session, study: Study) -> None:
    assert BY_CODE[STUDY].first({"code": "first"}) is not None
    session.rollback()
    assert BY_CODE[STUDY].first({"code": "first"}) is None


def test_the_object_is_the_one_that_the_session_has(session: Session, study: Study) -> None:
    session.flush()
    session.execute(text("UPDATE studies SET state = 'setup'"))
    assert loaded(STUDY) is study
    assert study.state is StudyState.SETUP


def test_a_new_object_is_as_the_orm_loads_it(session: Session, study: Study) -> None:
    session.commit()
    session.expunge_all()
    row = loaded(STUDY)
    assert (row.state, row.created_at, row.created_at.tzinfo) == (StudyState.LIVE, NOW, UTC)
    assert row in session
    assert row.title == "A trial"  # asked for when it was looked at
    assert session.get(Study, row.id) is row


def test_what_is_changed_on_it_is_written_and_audited(session: Session, study: Study) -> None:
    session.commit()
    session.expunge_all()
    with acting("user:9"):
        loaded(STUDY).state = StudyState.CLOSED
        session.commit()
    newest = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (newest.actor, newest.old, newest.new) == ("user:9", {"state": "live"}, {"state": "closed"})


def test_what_is_only_read_says_so_when_more_is_asked_of_it(session: Session, study: Study) -> None:
    session.commit()
    session.expunge_all()
    row = loaded(SEEN)
    assert (row.state, row in session) == (StudyState.LIVE, False)
    with pytest.raises(DetachedInstanceError):
        _ = row.title


def test_columns_of_several_tables_follow_each_other(session: Session, study: Study) -> None:
    session.add(Site(study=study, code="01", name="Oslo", phone="+4722222222"))
    session.flush()
    place = Loading(Site, "phone")
    both = select(*place.columns, *SEEN.columns).join_from(place.table, SEEN.table)
    values = iter(Prepared(both).first({}) or ())
    site = place.loaded(values)
    related(site, study=SEEN.loaded(values))
    assert (site.phone, site.study.state, list(values)) == ("+4722222222", StudyState.LIVE, [])


def test_an_error_has_its_name_and_not_the_values(session: Session) -> None:
    with pytest.raises(DataError) as raised:
        NUMBER.first({"number": "ninety-one"})
    assert raised.value.params is None
    assert "[parameters" not in str(raised.value)


def test_a_lost_connection_is_let_go_and_the_next_one_works(session: Session) -> None:
    with pytest.raises(OperationalError) as raised:
        GONE.first({})
    assert raised.value.connection_invalidated
    session.rollback()
    assert NUMBER.first({"number": "7"}) == (7,)


def test_an_error_leaves_the_transaction_to_be_taken_back(session: Session, study: Study) -> None:
    with pytest.raises(DBAPIError):
        NUMBER.first({"number": "x"})
    session.rollback()
    assert BY_CODE[SEEN].first({"code": "first"}) is None


def test_who_listens_to_statements_hears_it(session: Session) -> None:
    heard: list[str] = []

    def hear(_: object, __: object, statement: str, *___: object) -> None:
        heard.append(statement)

    for moment in ("before_cursor_execute", "after_cursor_execute"):
        event.listen(db.engine, moment, hear)
    NUMBER.first({"number": "7"})
    for moment in ("before_cursor_execute", "after_cursor_execute"):
        event.remove(db.engine, moment, hear)
    assert heard == [NUMBER.text] * 2


def test_alone_it_sees_what_is_committed_and_nothing_of_the_session(session: Session, study: Study) -> None:
    session.flush()
    assert BY_CODE[SEEN].first({"code": "first"}, alone=True) is None
    assert BY_CODE[SEEN].first({"code": "first"}) is not None
    session.commit()
    assert BY_CODE[SEEN].first({"code": "first"}, alone=True) is not None


def test_alone_what_it_changes_is_kept_whatever_becomes_of_the_session(session: Session, study: Study) -> None:
    with acting("user:9"):
        session.flush()
        assert FOUNDING.rows({**OTHER}, alone=True) == [("second",)]
        session.rollback()
    assert list(session.scalars(select(Study.code).order_by(Study.code))) == ["second"]


def test_alone_a_row_is_nobodys_object_also_where_the_session_has_it(session: Session, study: Study) -> None:
    session.commit()
    row = BY_CODE[STUDY].first({"code": "first"}, alone=True)
    assert row is not None
    seen = STUDY.loaded(iter(row), alone=True)
    assert (seen.id, seen.created_at, seen in session, study in session) == (study.id, NOW, False, True)
    with pytest.raises(DetachedInstanceError):
        _ = seen.title


def test_alone_an_error_has_its_name_and_the_next_one_works(session: Session) -> None:
    with pytest.raises(DataError) as raised:
        NUMBER.first({"number": "ninety-one"}, alone=True)
    assert "[parameters" not in str(raised.value)
    with pytest.raises(OperationalError):
        GONE.first({}, alone=True)
    assert NUMBER.first({"number": "7"}, alone=True) == (7,)


def test_after_it_went_alone_a_connection_opens_transactions_again(session: Session) -> None:
    db.engine.dispose()
    NUMBER.first({"number": "7"}, alone=True)
    with db.engine.connect() as connection:
        connection.execute(select(1))
        driver = cast_type(psycopg.Connection, connection.connection.driver_connection)
        assert (driver.autocommit, driver.info.transaction_status.name) == (False, "INTRANS")
    assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_all_its_rows_come_in_their_order(session: Session, study: Study) -> None:
    session.add(Study(code="second", title="Another", state=StudyState.SETUP, created_at=NOW))
    titles = Prepared(select(table(Study).c.title).order_by(table(Study).c.code.desc()))
    assert titles.rows({}) == [("Another",), ("A trial",)]
    assert (titles.first({}), BY_CODE[SEEN].rows({"code": "third"})) == (("Another",), [])


@pytest.mark.parametrize("prepared", [True, False], ids=["direct", "behind a pooler"])
@pytest.mark.parametrize("alone", [True, False])
def test_a_database_that_lets_nobody_in_is_told_of_in_sqlalchemys_words(
    settings: Settings, prepared: bool, alone: bool
) -> None:
    dead = "postgresql+psycopg://svar_app:x@127.0.0.1:9/none"
    app = create_app(replace(settings, database_url=dead, prepared_statements=prepared))
    with app.app_context(), pytest.raises(OperationalError, match="Connection refused"):
        NUMBER.first({"number": "7"}, alone=alone)
    put_away(app)
