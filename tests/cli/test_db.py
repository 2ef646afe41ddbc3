"""`flask db`: the way up is told, the way down asks and takes nobody's data."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest
from flask import Flask

from app import create_app
from app.config import Settings
from app.core import dropping, embedded, migrating, schema
from app.core.audit import acting
from app.core.database import transaction
from app.core.dropping import Holding
from app.core.problems import Conflict
from app.studies.installing import install
from tests.example import example
from tests.factories import command, put_away

NEWEST = schema.revisions()[-1]
SAYING_WHO = "SELECT set_config('svar.actor', 'test', false), set_config('svar.sites', '*', false)"


@pytest.fixture
def live(server: embedded.Embedded, own_database: str, settings: Settings) -> Iterator[Flask]:
    """A service in production, on a database of its own."""
    made = create_app(
        replace(
            settings,
            production=True,
            database_url=server.url("svar_app", own_database),
            owner_url=server.url("svar_owner", own_database),
        )
    )
    yield made
    put_away(made)


def there(app: Flask) -> str | None:
    return migrating.revision_there(app.extensions["settings"].owner_url)


def execute(app: Flask, *statements: str) -> None:
    address = app.extensions["settings"].owner_url.replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        for statement in (SAYING_WHO, *statements):
            connection.execute(statement.encode())


def test_f48_the_way_down_asks_and_a_no_changes_nothing(live: Flask) -> None:
    done = command(live, "db", "downgrade", "0151", typed="n\n")
    assert (done.exit_code, there(live)) == (1, NEWEST)
    assert "To be taken back: 0152" in done.output
    assert f"from {NEWEST} back to 0151?" in done.output


def test_a_command_without_anybody_to_ask_changes_nothing(live: Flask) -> None:
    assert (command(live, "db", "downgrade", "base").exit_code, there(live)) == (1, NEWEST)


@pytest.mark.parametrize("answer", [["--yes"], []])
def test_the_way_down_goes_where_no_data_are_in_the_way_and_up_again(live: Flask, answer: list[str]) -> None:
    done = command(live, "db", "downgrade", "0060", *answer, typed="y\n")
    assert (done.exit_code, there(live)) == (0, "0060"), done.output
    done = command(live, "db", "upgrade")
    assert (done.exit_code, there(live)) == (0, NEWEST), done.output
    assert "To run: 0065" in done.output


def test_the_way_up_pins_protocols_from_before_there_were_pins_once(live: Flask) -> None:
    with live.app_context(), acting("test"), transaction():
        row = install(example(), datetime(2026, 3, 2, tzinfo=UTC))
        plan = replace(row.plan, instruments={})
        row.content, row.sha256 = plan.to_dict(), plan.sha256
    done = command(live, "db", "upgrade")
    assert done.output.count("was from before there were pins: it asks what ships now") == 1, done.output
    assert "before there were pins" not in command(live, "db", "upgrade").output


STUDY = "INSERT INTO studies (id, code, title, state, created_at) VALUES (1, 'a', 'A', 'live', now())"
WORDS = (
    "INSERT INTO wordings (instrument, language, version, source, sha256, content, installed_at)"
    " VALUES ('a', 'nb', '1', 'ours', '', '{}', now())"
)


@pytest.mark.parametrize(
    ("statements", "revision", "lost"),
    [
        ([STUDY], "base", "1 rows of public.studies"),
        ([WORDS, WORDS], "0090", "1 rows of public.wordings"),  # deleted by a statement, not dropped
    ],
)
def test_f48_data_that_would_go_are_named_and_kept(
    live: Flask, statements: list[str], revision: str, lost: str
) -> None:
    execute(live, *statements)
    done = command(live, "db", "downgrade", revision, "--yes")
    assert (done.exit_code, there(live)) == (1, NEWEST), done.output
    assert "Nothing was changed: these data would be gone." in done.output
    assert lost in done.output


def test_a_study_stays_where_the_way_down_does_not_touch_it(live: Flask) -> None:
    execute(live, STUDY)
    done = command(live, "db", "downgrade", "0151", "--yes")
    assert (done.exit_code, there(live)) == (0, "0151"), done.output


@pytest.mark.parametrize(
    ("lower", "upper", "sentence"),
    [
        (None, "0999", "knows no shape 0999"),
        ("61", "0106", "knows no shape 61"),
        ("0106", "heads", "knows no shape heads"),
        ("base", "x", "knows no shape x"),
        ("9999", "head", f"knows no shape 9999 of the database: the newest is {NEWEST}"),
        (NEWEST, "0106", f"0106 is not above {NEWEST}"),
        ("head", NEWEST, "knows no shape head"),
    ],
)
def test_a_way_that_is_none_is_said_to_be(lower: str | None, upper: str, sentence: str) -> None:
    with pytest.raises(Conflict, match=sentence):
        migrating.between(lower, upper)


@pytest.mark.parametrize(
    ("lower", "upper", "steps"),
    [
        ("0105", "0110", ["0106", "0110"]),
        (NEWEST, "head", []),
        (None, "0030", ["0001", "0030"]),
        ("base", "0001", ["0001"]),
        ("base", "base", []),
    ],
)
def test_the_steps_between_two_shapes_are_in_the_order_of_the_way_up(
    lower: str | None, upper: str, steps: list[str]
) -> None:
    assert list(migrating.between(lower, upper)) == steps


def test_the_wrong_way_is_told_at_the_shell_too(live: Flask) -> None:
    for way in ("upgrade", "downgrade"):
        done = command(live, "db", way, "0999")
        sentence = f"Error: This version knows no shape 0999 of the database: the newest is {NEWEST}.\n"
        assert (done.exit_code, done.output) == (1, sentence)
    assert "0106 is not above " + NEWEST in command(live, "db", "upgrade", "0106").output
    assert there(live) == NEWEST


@pytest.mark.parametrize("way", ["upgrade", "downgrade"])
def test_the_applications_role_changes_no_shape_in_production(settings: Settings, way: str) -> None:
    app = create_app(replace(settings, production=True, owner_url=settings.database_url))
    done = command(app, "db", way, "base")
    assert (done.exit_code, "DATABASE_OWNER_URL is not set" in done.output) == (1, True)
    put_away(app)


def test_the_status_is_told_and_ends_with_one_while_something_is_to_be_run(live: Flask) -> None:
    done = command(live, "db", "status")
    assert (done.exit_code, f"is at {NEWEST}; this version needs {NEWEST}." in done.output) == (0, True)
    command(live, "db", "downgrade", "0150", "--yes")
    done = command(live, "db", "status")
    assert (done.exit_code, "is at 0150" in done.output, "To run: 0151" in done.output) == (1, True, True)
    execute(live, "UPDATE alembic_version SET version_num = '9999'")
    done = command(live, "db", "status")
    assert (done.exit_code, "A later version has widened it." in done.output) == (0, True)


def test_an_empty_database_has_no_shape(live: Flask) -> None:
    command(live, "db", "downgrade", "base", "--yes")
    done = command(live, "db", "status")
    assert (done.exit_code, "is at base" in done.output, "To run: 0001" in done.output) == (1, True, True)


def test_the_way_down_gives_rights_to_the_role_of_the_application_whatever_it_is_called(
    server: embedded.Embedded, own_database: str, settings: Settings
) -> None:
    role = f"hospital_{own_database}"
    names = settings.database_url.replace("svar_app", role)
    app = create_app(replace(settings, database_url=names, owner_url=server.url("svar_owner", own_database)))
    with psycopg.connect(server.url("postgres", own_database).replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role}")
        try:
            assert command(app, "db", "downgrade", "0115").exit_code == 0
            question = f"SELECT has_table_privilege('{role}', 'audit.seals', 'INSERT')"
            assert connection.execute(question).fetchone() == (True,)
        finally:
            connection.execute(f"DROP OWNED BY {role}")
            connection.execute(f"DROP ROLE {role}")
    put_away(app)


ROWS = Holding("public.a", 2)
VALUES = Holding("public.a.b", 2)


@pytest.mark.parametrize(
    ("after", "lost"),
    [
        ({(1, 0): ROWS, (1, 2): VALUES}, []),
        ({(1, 0): Holding("public.renamed", 2), (1, 2): Holding("public.renamed.c", 2)}, []),
        ({(1, 0): Holding("public.a", 3), (1, 2): Holding("public.a.b", 3)}, []),
        ({(1, 0): ROWS}, ["2 values of public.a.b"]),
        ({(1, 0): ROWS, (1, 2): Holding("public.a.b", 1)}, ["1 values of public.a.b"]),
        ({(1, 0): Holding("public.a", 1), (1, 2): Holding("public.a.b", 1)}, ["1 rows of public.a"]),
        ({}, ["2 rows of public.a"]),
    ],
)
def test_what_is_less_than_it_was_is_lost(after: dropping.Holdings, lost: list[str]) -> None:
    assert dropping.losses({(1, 0): ROWS, (1, 2): VALUES}, after) == lost


def test_what_was_empty_is_no_loss() -> None:
    empty = {(1, 0): Holding("public.a", 0), (1, 2): Holding("public.a.b", 0)}
    assert dropping.losses(empty, {}) == []
