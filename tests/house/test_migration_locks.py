"""Migrations do not stop a running trial: what locks a table for long is found, unless it says why it may stand."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from app.core import embedded, migrating
from migrations.limits import LIMITS
from migrations.locks import all_complaints, complaints, findings

HEAD = """
from alembic import op
import sqlalchemy as sa

revision, down_revision, branch_labels, depends_on = "{number}", {before!r}, None, None
"""
CONCURRENTLY = """
def upgrade():
    with op.get_context().autocommit_block():
        op.create_index("ix_answers_item", "answers", ["item"], postgresql_concurrently=True, if_not_exists=True)
"""
WIDENED = """
{mark}
def upgrade():
    op.alter_column("answers", "item", type_=sa.Integer())
"""


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("CREATE INDEX ix_answers_item ON answers (item)", "require-concurrent-index-creation"),
        ("DROP INDEX ix_answers_item", "require-concurrent-index-deletion"),
        ("ALTER TABLE answers ALTER COLUMN item TYPE integer", "changing-column-type"),
        ("ALTER TABLE answers ALTER COLUMN item SET NOT NULL", "adding-not-nullable-field"),
        ("ALTER TABLE answers ADD COLUMN unit text NOT NULL", "adding-required-field"),
        ("ALTER TABLE answers ADD COLUMN at timestamptz DEFAULT clock_timestamp()", "adding-field-with-default"),
        ("ALTER TABLE answers ADD CONSTRAINT c CHECK (value > 0)", "constraint-missing-not-valid"),
        ("ALTER TABLE answers ADD CONSTRAINT u UNIQUE (item)", "disallowed-unique-constraint"),
        ("ALTER TABLE answers RENAME COLUMN item TO question", "renaming-column"),
        ("ALTER TABLE answers RENAME TO replies_to_items", "renaming-table"),
        ("DROP TABLE answers", "ban-drop-table"),
    ],
)
def test_what_locks_a_table_or_takes_it_from_the_running_service_is_found(statement: str, rule: str) -> None:
    assert rule in findings(_run_with_limits(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE answers (id bigint PRIMARY KEY, item text); CREATE INDEX i ON answers (item)",  # new, so empty
        "ALTER TABLE answers ADD COLUMN note text",
        "ALTER TABLE answers ADD COLUMN skipped boolean DEFAULT false NOT NULL",
        "ALTER TABLE answers ADD CONSTRAINT c CHECK (value > 0) NOT VALID",
        "GRANT SELECT ON answers TO svar_app",
    ],
)
def test_what_locks_for_a_moment_only_may_stand(statement: str) -> None:
    assert findings(_run_with_limits(statement)) == set()


@pytest.mark.parametrize("rule", ["require-lock-timeout", "require-statement-timeout"])
def test_a_migration_without_limits_is_found(rule: str) -> None:
    assert rule in findings("BEGIN; ALTER TABLE answers ADD COLUMN note text; COMMIT;")


@pytest.mark.parametrize(
    ("hazards", "marked", "sentence"),
    [
        (set(), {}, []),
        ({"renaming-column"}, {"renaming-column": "nobody reads it"}, []),
        (
            {"renaming-column"},
            {},
            ["7: renaming-column: write it otherwise, or say in LOCKS why it may stand"],
        ),
        (set(), {"renaming-column": "once"}, ["7: LOCKS excuses renaming-column, which it does not break"]),
    ],
)
def test_a_mark_excuses_what_it_names_and_nothing_that_is_not_there(
    hazards: set[str], marked: Mapping[str, str], sentence: list[str]
) -> None:
    assert list(complaints("7", hazards, marked)) == sentence


def test_an_index_made_beside_the_running_service_may_stand(tmp_path: Path) -> None:
    assert _complaints(tmp_path, CONCURRENTLY) == []


@pytest.mark.parametrize(("mark", "n_complaints"), [("", 1), ('LOCKS = {"changing-column-type": "it is empty"}', 0)])
def test_a_rewritten_table_is_told_of_unless_it_is_marked(tmp_path: Path, mark: str, n_complaints: int) -> None:
    assert len(_complaints(tmp_path, WIDENED.format(mark=mark))) == n_complaints


def test_each_of_our_migrations_stands_or_says_why() -> None:
    assert list(all_complaints(migrating.configuration())) == []


def test_a_migration_runs_with_its_limits(server: embedded.Embedded, own_database: str) -> None:
    engine = create_engine(server.url("svar_owner", own_database))
    config = migrating.configuration()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        limits = [connection.scalar(text(f"SHOW {name}")) for name in ("lock_timeout", "statement_timeout")]
    engine.dispose()
    assert limits == ["5s", "10min"]


def _run_with_limits(statement: str) -> str:
    return "\n".join((*(f"{limit};" for limit in LIMITS), "BEGIN;", f"{statement};", "COMMIT;"))


def _complaints(folder: Path, migration: str) -> list[str]:
    """What is told of one migration, alone in a folder of its own."""
    (folder / "versions").mkdir()
    (folder / "versions" / "0001_one.py").write_text(HEAD.format(number="0001", before=None) + migration, "utf-8")
    config = migrating.configuration()
    config.set_main_option("script_location", str(folder))
    return list(all_complaints(config))
