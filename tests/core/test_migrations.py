"""The migrations: up, down and up again; and their head is what the models say."""

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.exc import DataError, OperationalError

from app.core import embedded, migrating
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


def test_f32_a_migration_waits_for_nobody_for_long(server: embedded.Embedded, own_database: str) -> None:
    url = server.url("svar_owner", own_database)
    with psycopg.connect(url.replace("+psycopg", "")) as reader:
        reader.execute("SELECT count(*) FROM studies")
        with pytest.raises(OperationalError, match="lock timeout"):
            migrating.downgrade(url, "base")


def _relations(url: str) -> set[str]:
    query = (
        "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE relkind IN ('r', 'v', 'S') AND nspname IN ('public', 'audit', 'identifiers')"
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
