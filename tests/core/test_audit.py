"""Who changed what: written by the database, for bulk statements too, and beyond the application's reach."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, inspect, select, text, update
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from app.core.audit import AuditEntry, acting
from app.core.database import Base
from app.core.time import moved_clock
from app.studies.models import Study, StudyState
from tests.some import some

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TRIGGERS = text(
    "SELECT n.nspname || '.' || c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
    " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE t.tgname = 'audit_insert'"
)


def study(code: str = "one") -> Study:
    return Study(code=code, title="A study", state=StudyState.SETUP, created_at=NOW)


def entries(session: Session) -> list[AuditEntry]:
    return list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


def test_an_insert_leaves_who_what_when_and_why(session: Session) -> None:
    with acting("user:7", "set up by the sponsor"):
        session.add(study())
        session.commit()
    (entry,) = entries(session)
    assert (entry.actor, entry.reason, entry.action) == ("user:7", "set up by the sponsor", "insert")
    assert entry.table_name == "public.studies"
    assert entry.old is None
    assert entry.new is not None
    assert entry.new["code"] == "one"
    assert abs((entry.at - datetime.now(UTC)).total_seconds()) < 60


def test_an_update_keeps_old_and_new_of_what_changed_only(session: Session) -> None:
    session.add(study())
    session.commit()
    with acting("user:8"):
        session.execute(update(Study).values(title="Another title"))
        session.commit()
    entry = entries(session)[-1]
    assert (entry.actor, entry.old, entry.new) == ("user:8", {"title": "A study"}, {"title": "Another title"})


def test_bulk_statements_are_audited_row_by_row(session: Session) -> None:
    rows = [{"code": f"s{n}", "title": "x", "state": StudyState.SETUP, "created_at": NOW} for n in range(50)]
    session.execute(insert(Study), rows)
    session.execute(update(Study).values(state=StudyState.DEMO))
    session.commit()
    assert [entry.action for entry in entries(session)] == ["insert"] * 50 + ["update"] * 50


def test_what_changes_nothing_leaves_no_entry(session: Session) -> None:
    session.add(study())
    session.commit()
    session.execute(update(Study).values(title=Study.title))
    session.execute(update(Study).where(Study.code == "nobody's").values(title="x"))
    session.commit()
    assert [entry.action for entry in entries(session)] == ["insert"]


@pytest.mark.parametrize(
    ("actors", "expected"),
    [
        (["user:1"], ["user:1"]),
        (["user:1", "user:1"], ["user:1", "user:1"]),
        (["user:1", "user:2"], ["user:1", "user:2"]),
        (["user:1", "user:2", "user:1"], ["user:1", "user:2", "user:1"]),
    ],
)
def test_each_change_of_a_transaction_is_under_who_acted_then(
    session: Session, actors: list[str], expected: list[str]
) -> None:
    for number, actor in enumerate(actors):
        with acting(actor):
            session.add(study(f"s{number}"))
            session.flush()
    session.commit()
    assert [entry.actor for entry in entries(session)] == expected


def test_who_acts_is_declared_again_after_a_savepoint_was_taken_back(session: Session) -> None:
    with acting("user:1"):
        savepoint = session.begin_nested()
        session.add(study("lost"))
        session.flush()
        savepoint.rollback()
        session.add(study("kept"))
        session.commit()
    assert [(entry.actor, entry.action) for entry in entries(session)] == [("user:1", "insert")]


def test_a_change_by_nobody_is_refused(app: object, session: Session) -> None:
    with pytest.raises(ProgrammingError, match="no actor"):
        session.connection().execute(
            text("INSERT INTO studies (code, title, state, created_at) VALUES ('x', 'x', 'setup', now())")
        )


def test_the_rehearsals_clock_stands_beside_the_databases(session: Session) -> None:
    with moved_clock(lambda: NOW):
        session.add(study())
        session.commit()
    (entry,) = entries(session)
    assert entry.virtual_at == NOW
    assert entry.at.year >= 2025


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit.entries SET actor = 'somebody'",
        "DELETE FROM audit.entries",
        "TRUNCATE audit.entries",
        "ALTER TABLE audit.entries DROP COLUMN actor",
        "INSERT INTO audit.entries (id) VALUES (1)",
        "DROP TRIGGER audit_insert ON studies",
        "ALTER TABLE studies DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "UPDATE responses SET content = ''",
        "DELETE FROM responses",
        "UPDATE answers SET value = '1'",
        "DELETE FROM participants",
    ],
)
def test_f33_the_application_cannot(statement: str, session: Session) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        session.execute(text(statement))


def test_every_table_says_whether_it_is_audited_and_has_its_triggers(session: Session) -> None:
    with_triggers = set(session.connection().execute(TRIGGERS).scalars())
    for table in some(Base.metadata.sorted_tables):
        name = f"{table.schema or 'public'}.{table.name}"
        assert table.info["audited"] == (name in with_triggers), name


def test_hidden_columns_exist(session: Session) -> None:
    for table in some(Base.metadata.sorted_tables):
        columns = {column["name"] for column in inspect(session.connection()).get_columns(table.name, table.schema)}
        assert set(table.info.get("hidden", ())) <= columns
