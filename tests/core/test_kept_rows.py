"""What many tests begin with is made once: brought back, it is to the last column and number what was made."""

import gc
import weakref
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from app.config import Settings
from app.core import migrating
from app.core.audit import AuditEntry
from app.core.embedded import Embedded
from app.participants.models import Participant
from tests import databases
from tests.databases import NAMES, SEQUENCES, Reused, alone
from tests.factories import NOW, backtobasic, infused, participant

WHAT = "somebody who was infused"


def somebody() -> None:
    infused(participant(backtobasic()), NOW)


def everything(settings: Settings) -> dict[str, object]:
    """Each table's rows, as text, and how far each sequence is."""
    address = settings.owner_url.replace("+psycopg", "")
    with psycopg.connect(address) as connection:
        connection.execute("SET svar.sites = '*'")
        tables = [name for (name,) in connection.execute(NAMES).fetchall()]
        rows = {
            name: connection.execute(f"SELECT it::text FROM {name} AS it ORDER BY 1".encode()).fetchall()  # noqa: S608
            for name in tables
        }
        sequences = [name for (name,) in connection.execute(SEQUENCES).fetchall()]
        reached = {
            name: connection.execute("SELECT pg_sequence_last_value(%s::regclass)", [name]).fetchall()
            for name in sequences
        }
    return {**rows, **reached}


def test_of_two_runs_in_one_checkout_neither_deletes_the_others_rows(tmp_path: Path) -> None:
    wanted = tmp_path / "instance" / "tests"
    with alone(wanted) as first:
        with alone(wanted) as second, alone(wanted) as third:
            assert len({first, second, third}) == 3
        with alone(wanted) as after_the_second:
            assert (first, after_the_second) == (wanted, second)
    with alone(wanted) as after_all:
        assert after_all == wanted


def test_what_is_brought_back_is_what_was_made(session: Session, settings: Settings, reused: Reused) -> None:
    def make() -> None:
        somebody()
        session.commit()

    reused.begin_with(WHAT, make)
    made = everything(settings)
    assert any(made.values())
    reused.empty()
    assert everything(settings) != made
    reused.begin_with(WHAT, lambda: pytest.fail("it was made already"))
    assert everything(settings) == made


def test_who_comes_after_what_was_brought_back_has_the_next_number(session: Session, reused: Reused) -> None:
    def make() -> None:
        somebody()
        session.commit()

    reused.begin_with("somebody else", make)
    session.rollback()
    reused.empty()
    reused.begin_with("somebody else", make)
    entries = session.scalar(select(func.count(AuditEntry.id)))
    first = session.scalars(select(Participant)).one()
    second = participant(backtobasic(code="another"))
    session.commit()
    assert second.id == first.id + 1
    assert (session.scalar(select(func.count(AuditEntry.id))) or 0) > (entries or 0) > 0


def test_a_template_is_migrated_once_for_the_same_migrations(
    server: Embedded, worker_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, made = f"template_of_a_test_{worker_id}", list[str]()
    monkeypatch.setattr(migrating, "upgrade", made.append)
    for mark in ("as they are", "as they are", "changed", "changed"):
        monkeypatch.setattr(databases, "mark_of_migrations", lambda mark=mark: mark)
        databases.migrated(server, name)
    server.drop_database(name)
    assert made == [server.url("svar_owner", name)] * 2


def test_what_migrations_are_made_of_is_known_by_a_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "ROOT", tmp_path)
    files = [tmp_path / "migrations" / "versions" / "0001_first.py", tmp_path / "app" / "core" / "schema.py"]
    for file in files:
        file.parent.mkdir(parents=True)
    marks = [databases.mark_of_migrations()]
    for file, words in ((files[0], "a"), (files[1], "b"), (files[0], "c"), (files[1], "d")):
        file.write_text(words, "utf-8")
        marks.append(databases.mark_of_migrations())
    assert len({*marks}) == len(marks)
    assert databases.mark_of_migrations() == marks[-1]


def test_an_engine_that_is_left_closes_its_connections_when_it_goes(server: Embedded, reused: Reused) -> None:
    engine = create_engine(server.url("svar_app", reused.name))
    with engine.connect() as connection:
        left = weakref.ref(connection.connection.dbapi_connection)
    assert left() is not None
    del connection, engine
    gc.collect()  # whoever is warned of an open connection fails
    assert left() is None
