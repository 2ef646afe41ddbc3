"""The migrations: up, down and up again; and their head is what the models say."""

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.exc import DataError, OperationalError

from app.core import embedded, migrating, schema
from app.core.database import Base
from migrations.env_objects import include_object
from migrations.tables import import_models


def test_head_is_what_the_models_say(server: embedded.Embedded, own_database: str) -> None:
    import_models()
    engine = create_engine(server.url("svar_owner", own_database))
    with engine.connect() as connection:
        options = {"include_schemas": True, "include_object": include_object}
        difference = compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)
    engine.dispose()
    assert difference == []


def test_f32_down_and_up_again_leaves_nothing_behind(server: embedded.Embedded, own_database: str) -> None:
    url = server.url("svar_owner", own_database)
    migrating.downgrade(url, "base")
    assert _relations(url) == {"alembic_version"}
    migrating.upgrade(url)
    assert "assessments" in _relations(url)


def test_one_line_of_revisions() -> None:
    from alembic.script import ScriptDirectory

    assert len(ScriptDirectory.from_config(migrating.configuration()).get_heads()) == 1


def test_the_shapes_are_known_in_the_order_in_which_they_are_run() -> None:
    assert list(schema.revisions()) == list(migrating.line())


@pytest.mark.parametrize(
    ("after", "line"),
    [
        ({"": "0001"}, ("0001",)),
        ({"": "0001", "0001": "0010", "0010": "0011"}, ("0001", "0010", "0011")),
        ({"0205": "0180", "": "0172", "0172": "0205"}, ("0172", "0205", "0180")),  # numbers are names, no order
    ],
)
def test_shapes_follow_what_they_name_and_not_their_numbers(after: dict[str, str], line: tuple[str, ...]) -> None:
    assert schema.in_line(after) == line
    assert schema.compared(line[-1], line) is schema.SchemaShape.PRESENT
    assert [schema.compared(shape, line) for shape in line[:-1]] == [schema.SchemaShape.OLDER] * (len(line) - 1)


def test_f32_a_migration_waits_for_nobody_for_long(server: embedded.Embedded, own_database: str) -> None:
    url = server.url("svar_owner", own_database)
    with psycopg.connect(url.replace("+psycopg", "")) as reader:
        reader.execute("SELECT count(*) FROM studies")
        with pytest.raises(OperationalError, match="lock timeout"):
            migrating.downgrade(url, "base")


def _relations(url: str) -> set[str]:
    query = (
        "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE relkind IN ('r', 'v', 'S') AND nspname IN ('public', 'audit', 'identifiers', 'bi')"
    )
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return {row[0] for row in connection.execute(query)}


def test_a_code_that_would_not_fit_is_not_cut_on_the_way_down(server: embedded.Embedded, own_database: str) -> None:
    url = server.url("svar_owner", own_database)
    words = "INSERT INTO wordings (instrument, language, version, source, sha256, content, installed_at)"
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute("SELECT set_config('svar.actor', 'test', true)")
        connection.execute(f"{words} VALUES ('{'x' * 32}', 'nb', '1', 'ours', '', '{{}}', now())")
    with pytest.raises(DataError, match="value too long"):
        migrating.downgrade(url, "0102")


def test_what_was_written_in_a_task_is_found_in_the_reply_that_made_it(
    server: embedded.Embedded, own_database: str
) -> None:
    """Two texts of one instant and one of another; a reply that was understood belongs to no task."""
    url = server.url("svar_owner", own_database)
    migrating.downgrade(url, "0130")
    with psycopg.connect(server.url("postgres", own_database).replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SELECT set_config('svar.actor', 'test', false), set_config('svar.sites', '*', false)")
        connection.execute("SET session_replication_role = replica")  # nobody is enrolled here
        for task, words, at in ((1, b"a", 1), (2, b"b", 1), (3, None, 1), (4, b"c", 2)):
            moment = f"2026-03-02T09:0{at}:00Z"
            row = (task, 7, "message received", words, moment)
            connection.execute(
                "INSERT INTO tasks (id, participant_id, kind, note_sealed, created_at) VALUES (%s, %s, %s, %s, %s)", row
            )
        for reply, kind, at in ((1, "other", 1), (2, "stop", 1), (3, "refused", 1), (4, "other", 2), (5, "help", 2)):
            moment = f"2026-03-02T09:0{at}:00Z"
            connection.execute(
                "INSERT INTO replies (id, sid, participant_id, sender_fingerprint, kind, received_at, handled_at)"
                " VALUES (%s, %s, 7, '', %s, %s, %s)",
                (reply, f"SM{reply}", kind, moment, moment),
            )
    migrating.upgrade(url)
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        pairs = connection.execute("SELECT id, task_id FROM replies ORDER BY id").fetchall()
    assert pairs == [(1, 1), (2, None), (3, 2), (4, 4), (5, None)]
