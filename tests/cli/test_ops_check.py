"""`flask ops check`: what a live study needs of this machine is looked at, and said with what to do."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import make_url

from app import create_app
from app.cli import ops_check
from app.config import ROOT, Settings
from app.core import one_time
from app.core.embedded import Embedded
from app.core.schema import SchemaShape
from app.core.time import now
from tests.cli.looking import complaints_of as complaints_of
from tests.cli.looking import kept_apart as kept_apart
from tests.factories import command, put_away


def test_an_installation_that_is_as_it_should_be_ends_with_nothing(kept_apart: Settings) -> None:
    app = create_app(kept_apart)
    done = command(app, "ops", "check", "--inside")
    assert done.exit_code == 0, done.output
    assert done.output.count("well") == 8
    assert done.output.count("not asked") == 5
    put_away(app)


def test_what_is_wrong_is_said_below_its_name_and_ends_with_1(kept_apart: Settings) -> None:
    kept_apart.exports.mkdir(mode=0o755)
    app = create_app(replace(kept_apart, test_installation=True))
    done = command(app, "ops", "check", "--inside")
    assert (done.exit_code, "WRONG      folders\n             SVAR_EXPORTS (" in done.output) == (1, True)
    assert "Error: 1 of these must be mended" in done.output
    assert "TEST INSTALLATION" in done.output
    put_away(app)


def test_the_applications_role_owns_nothing_and_is_let_in(
    complaints_of: Callable[..., list[str]], server: Embedded, database: str, settings: Settings
) -> None:
    wrong = make_url(settings.database_url).set(password="wrong").render_as_string(hide_password=False)
    dead = "postgresql+psycopg://nobody:x@127.0.0.1:9/nothing"
    assert complaints_of(ops_check.role) == []
    addresses = {
        "is of the role svar_owner, which owns the database": server.url("svar_owner", database),
        "is of the role postgres, which is a superuser": server.url("postgres", database),
        "does not take the password of DATABASE_URL": wrong,
        "The database cannot be reached": dead,
    }
    for sentence, address in addresses.items():
        (complaint,) = complaints_of(ops_check.role, database_url=address)
        assert sentence in complaint
    for look in (ops_check.schema, ops_check.time_, ops_check.keeping):
        (complaint,) = complaints_of(look, database_url=dead, production=True)
        assert complaint.startswith("The database cannot be asked")


def test_the_owners_role_is_another_one_and_is_let_in(
    complaints_of: Callable[..., list[str]], settings: Settings
) -> None:
    url = make_url(settings.owner_url)
    assert complaints_of(ops_check.owner) == []
    assert complaints_of(ops_check.owner, owner_url=settings.database_url) == []
    (complaint,) = complaints_of(
        ops_check.owner, owner_url=url.set(password="wrong").render_as_string(hide_password=False)
    )
    assert "does not take the password of DATABASE_OWNER_URL" in complaint
    (same,) = complaints_of(ops_check.owner, owner_url=settings.database_url + "&application_name=owner")
    assert same.startswith("DATABASE_OWNER_URL names the role of DATABASE_URL")


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        (SchemaShape.PRESENT, None),
        (SchemaShape.NEWER, None),
        (SchemaShape.OLDER, "an older shape"),
        (SchemaShape.NONE, "was never migrated"),
    ],
)
def test_a_shape_that_does_not_fit_is_migrated(
    complaints_of: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch, shape: SchemaShape, sentence: str | None
) -> None:
    monkeypatch.setattr(ops_check, "shape", lambda: shape)
    complaints = complaints_of(ops_check.schema)
    assert [sentence in complaint for complaint in complaints if sentence] == ([True] if sentence else [])
    assert len(complaints) == (sentence is not None)


@pytest.mark.parametrize(
    ("said", "lax"),
    [
        ("", ["fsync", "full_page_writes", "synchronous_commit"]),  # so is the server of the tests
        ("on", ["fsync", "full_page_writes"]),
        ("local", ["fsync", "full_page_writes"]),
    ],
)
def test_f21_a_database_that_would_forget_what_it_acknowledged_is_told_of(
    complaints_of: Callable[..., list[str]], settings: Settings, said: str, lax: list[str]
) -> None:
    options = {"options": f"-c synchronous_commit={said}"} if said else {}
    url = make_url(settings.database_url).update_query_dict(options).render_as_string(hide_password=False)
    complaints = complaints_of(ops_check.keeping, production=True, database_url=url)
    assert [complaint.split(",")[0] for complaint in complaints] == [f"PostgreSQL has {name} = off" for name in lax]
    assert complaints_of(ops_check.keeping, database_url=url) == [], "development is in a hurry"


@pytest.mark.parametrize(
    ("seconds", "sentence"), [(0, None), (60, None), (61, "61 seconds ahead"), (-90, "90 seconds behind")]
)
def test_a_machine_whose_time_is_wrong_is_told_of(
    complaints_of: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch, seconds: int, sentence: str | None
) -> None:
    monkeypatch.setattr(one_time, "read", lambda _: one_time.Reading(now(), timedelta(seconds=seconds)))
    complaints = complaints_of(ops_check.time_)
    assert (sentence or "") in "".join(complaints)
    assert len(complaints) == (sentence is not None)


def test_folders_are_written_by_the_service_alone_and_outlive_the_program(
    complaints_of: Callable[..., list[str]], tmp_path: Path
) -> None:
    assert complaints_of(ops_check.folders) == []
    (tmp_path / "file").write_text("", "utf-8")
    (tmp_path / "open").mkdir(mode=0o755)
    for changes, sentence in (
        ({"exports": tmp_path / "file"}, f"SVAR_EXPORTS ({tmp_path}/file) cannot be written"),
        ({"instance": tmp_path / "file" / "below"}, f"SVAR_INSTANCE ({tmp_path}/file/below) cannot be written"),
        ({"exports": tmp_path / "open"}, "can be read by every user of this machine"),
        ({"plans": tmp_path / "nowhere"}, f"SVAR_PLANS ({tmp_path}/nowhere) cannot be read"),
    ):
        (complaint,) = complaints_of(ops_check.folders, **changes)
        assert sentence in complaint
    inside = list(ops_check._wrong_folder(ROOT / "var", production=True))
    assert inside[0].startswith("lies in the program's own folder")


@pytest.mark.parametrize(
    ("free", "total", "wrong"),
    [(50e9, 100e9, False), (2e9, 10e9, False), (1.9e9, 10e9, True), (40e9, 1000e9, True)],
)
def test_a_disk_that_is_nearly_full_is_told_of(
    complaints_of: Callable[..., list[str]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    free: float,
    total: float,
    wrong: bool,
) -> None:
    class Usage(NamedTuple):
        free: float
        total: float

    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free, total))
    complaints = complaints_of(ops_check.disk, exports=tmp_path, instance=tmp_path)
    assert len(complaints) == wrong
