"""`flask ops`: a back-up is whole or is not there; a restore is whole, elsewhere, and lets nothing leave."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import Connection, create_engine, func, select, text
from sqlalchemy.orm import Session

from app.core import backing_up, incarnation, key_marks
from app.core.archives import Inventory
from app.core.audit import acting
from app.core.crypto import Keyring, new_key
from app.core.database import db, transaction
from app.core.embedded import Embedded
from app.core.problems import Conflict, Unavailable
from app.exports import back_ups
from app.messages import breaker
from app.participants.models import Participant
from app.schedule.links import resolve, token
from app.schedule.models import Assessment
from app.version import VERSION
from tests.cli.backups import backup as backup
from tests.cli.backups import elsewhere as elsewhere
from tests.cli.backups import participant as participant
from tests.cli.backups import sealed as sealed
from tests.factories import command
from tests.messages.people import enrolled, visit
from tests.settings import KEY

pytestmark = pytest.mark.usefixtures("tables_only")


def tables(app: Flask) -> list[str]:
    engine = create_engine(app.extensions["settings"].owner_url)
    with engine.connect() as connection:
        rows = [row.tablename for row in connection.execute(backing_up.ALL_TABLES)]
    engine.dispose()
    return rows


def test_a_back_up_comes_back_elsewhere_held_and_ahead(
    elsewhere: Flask, backup: Path, session: Session, participant: Participant
) -> None:
    link, last = token(visit(participant, "d7")), visit(participant, "d7").id
    lives = [backing_up.look(backup).incarnation]
    done = command(elsewhere, "ops", "restore", str(backup))
    assert done.exit_code == 0, done.output
    for said in (" tables are back.", "The audit trail holds: ", "exports are what they were", "flask ops release"):
        assert said in done.output
    with elsewhere.app_context(), acting("test"):
        assert breaker.halts() == ("the database was restored",)
        assert resolve(link).id == last
        assert incarnation.marks()[1:] == lives
        with transaction():
            assert first_visit(enrolled(2)) > last + incarnation.FAR
    again = command(elsewhere, "ops", "restore", str(backup))
    assert (again.exit_code, "is not empty" in again.output) == (1, True)


def first_visit(someone: Participant) -> int:
    ids = select(func.min(Assessment.id)).where(Assessment.participant_id == someone.id)
    return db.session.scalar(ids) or 0


def test_a_back_up_is_never_written_over(app: Flask, backup: Path) -> None:
    before = backup.read_bytes()
    done = command(app, "ops", "backup", str(backup))
    assert (done.exit_code, "Name another file" in done.output) == (1, True)
    assert backup.read_bytes() == before


def test_a_back_up_is_readable_by_its_owner_alone_and_tells_of_nobody(backup: Path) -> None:
    assert backup.stat().st_mode & 0o777 == 0o600
    content = backup.read_bytes()
    for word in (b"+4740000001", b"01-001", b"PGDMP"):
        assert word not in content
    manifest = backing_up.look(backup)
    assert (manifest.version, manifest.postgresql, manifest.app_role) == (VERSION, 18, "svar_app")
    assert manifest.counts["public.participants"] == manifest.counts["identifiers.contacts"] == 1
    assert set(manifest.exports) == {"backtobasic"}
    assert datetime.fromisoformat(manifest.made_at).tzinfo


@pytest.mark.parametrize("spoil", ["altered", "cut short", "another file"])
def test_a_back_up_that_is_not_whole_restores_nothing(elsewhere: Flask, backup: Path, spoil: str) -> None:
    content = backup.read_bytes()
    altered = content[:-100] + bytes([content[-100] ^ 1]) + content[-99:]
    spoilt = {"altered": altered, "cut short": content[:-100], "another file": b"PGDMP"}
    backup.write_bytes(spoilt[spoil])
    done = command(elsewhere, "ops", "restore", str(backup))
    assert (done.exit_code, "back-up" in done.output, "Traceback" in done.output) == (1, True, False)
    assert tables(elsewhere) == []


@pytest.mark.parametrize("ring", [new_key(1), new_key(2)], ids=["another of its id", "another of another id"])
def test_without_its_keys_a_back_up_is_refused_before_anything_is_restored(
    elsewhere: Flask, backup: Path, monkeypatch: pytest.MonkeyPatch, ring: str
) -> None:
    monkeypatch.setattr("app.core.crypto._ring", Keyring.parse(ring))
    done = command(elsewhere, "ops", "restore", str(backup))
    assert (done.exit_code, "FIELD_KEYS lacks key 1 of the back-up" in done.output) == (1, True)
    assert tables(elsewhere) == []
    monkeypatch.setattr("app.core.crypto._ring", Keyring.parse(f"{new_key(2)},{KEY}"))
    assert command(elsewhere, "ops", "restore", str(backup)).exit_code == 0


@pytest.mark.parametrize(
    ("changes", "role", "sentence"),
    [
        ({}, "svar_app", None),
        ({"revision": "9999", "version": "7.0"}, "svar_app", "of a later version of Svar (7.0, schema 9999)"),
        ({"postgresql": 99}, "svar_app", "The back-up is of PostgreSQL 99, this server is older"),
        ({"app_role": "svar_other"}, "svar_app", "grants to the role svar_other, and DATABASE_URL names svar_app"),
        ({"app_role": "nobody"}, "nobody", "This server has no role nobody"),
        ({"installation": "real"}, "svar_app", None),
        ({"installation": "test"}, "svar_app", "The back-up is of a test installation, whose people nobody has asked"),
    ],
)
def test_where_a_back_up_may_not_go_is_told_with_what_to_do(
    elsewhere: Flask, backup: Path, changes: dict[str, object], role: str, sentence: str | None
) -> None:
    manifest: Inventory = replace(backing_up.look(backup), **changes)  # type: ignore[arg-type]
    owner_url = elsewhere.extensions["settings"].owner_url
    if sentence is None:
        back_ups.check(manifest, owner_url, role)
        return
    with pytest.raises(Conflict) as refused:
        back_ups.check(manifest, owner_url, role)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("of", "into_test", "sentence"),
    [
        ("real", False, None),
        ("test", True, None),
        ("", False, None),  # of a development, or of before there were kinds: the start looks again
        ("", True, None),
        ("real", True, "Restore it without SVAR_TEST_INSTALLATION"),
        ("test", False, "Restore it into one"),
    ],
)
def test_a_back_up_goes_into_an_installation_of_its_kind(of: str, into_test: bool, sentence: str | None) -> None:
    manifest = Inventory("2026-11-26T09:57:00+00:00", VERSION, "0380", 15, "ab" * 16, "svar_app", {}, {}, {}, of)
    if sentence is None:
        backing_up.check_kind(manifest, test_installation=into_test)
        return
    with pytest.raises(Conflict, match=sentence):
        backing_up.check_kind(manifest, test_installation=into_test)


def test_a_real_installations_back_up_comes_into_no_test_installation(
    app: Flask, elsewhere: Flask, participant: Participant, tmp_path: Path
) -> None:
    with app.app_context(), acting("test"), transaction():
        assert key_marks.hold(Keyring.parse(KEY), production=True) is None
    path = tmp_path / "real.backup"
    assert command(app, "ops", "backup", str(path)).exit_code == 0
    elsewhere.extensions["settings"] = replace(elsewhere.extensions["settings"], test_installation=True)
    done = command(elsewhere, "ops", "restore", str(path))
    assert (done.exit_code, "The back-up is of a real installation" in done.output) == (1, True)
    assert tables(elsewhere) == []


def test_rows_that_did_not_come_back_are_named(backup: Path) -> None:
    manifest = backing_up.look(backup)
    assert backing_up.differing(manifest, manifest.counts) == []
    fewer = {**manifest.counts, "public.participants": 0} | {"public.more": 1}
    del fewer["public.sites"]
    assert backing_up.differing(manifest, fewer) == ["public.more", "public.participants", "public.sites"]


def test_tools_of_another_version_are_not_used() -> None:
    assert backing_up.tool("pg_dump", 18).exists()
    with pytest.raises(Unavailable, match="install postgresql-client-99"):
        backing_up.tool("pg_dump", 99)


def test_no_password_is_among_what_others_see_of_a_running_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELD_KEYS", "1:made-up")
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    arguments, environment = backing_up.connected("postgresql+psycopg://owner:secret@db.example:5433/svar")
    assert "secret" not in " ".join(arguments)
    assert ("FIELD_KEYS" in environment, environment["PGSSLMODE"]) == (False, "verify-full")
    assert {name: environment[name] for name in ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE")} == {
        "PGHOST": "db.example", "PGPORT": "5433", "PGUSER": "owner", "PGPASSWORD": "secret", "PGDATABASE": "svar",
    }  # fmt: skip


def test_what_is_written_while_it_is_made_is_in_no_table_or_in_all(
    app: Flask,
    participant: Participant,
    server: Embedded,
    database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A consent that goes while the back-up is made is counted and dumped: it is of one moment."""
    see = backing_up.see

    def too_late(connection: Connection, snapshot: str) -> None:
        address = server.url("postgres", database).replace("+psycopg", "")
        with psycopg.connect(address) as other:
            other.execute("SET session_replication_role = replica")
            other.execute("DELETE FROM consents")
        see(connection, snapshot)

    monkeypatch.setattr(backing_up, "see", too_late)
    path = tmp_path / "busy.backup"
    assert command(app, "ops", "backup", str(path)).exit_code == 0
    assert backing_up.look(path).counts["public.consents"] == 1
    with app.app_context():
        assert db.session.scalar(text("SELECT count(*) FROM consents")) == 0
