"""Expand and contract: processes of the released version run on the newest shape, while they are exchanged."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, create_engine

from app.core import embedded
from migrations.released import ReleasedColumn, asked_for, complaints, noted


@pytest.fixture
def owner(server: embedded.Embedded, own_database: str) -> Iterator[Connection]:
    engine = create_engine(server.url("svar_owner", own_database))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def released_version(server: embedded.Embedded, own_database: str) -> Iterator[Connection]:
    """A connection of a process of the released version."""
    engine = create_engine(server.url("svar_app", own_database))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_f49_the_released_version_runs_on_the_newest_shape(released_version: Connection) -> None:
    assert len(noted()) >= 30
    assert list(complaints(noted(), released_version)) == []


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("ALTER TABLE identifiers.contacts RENAME check_failures TO tries", "identifiers.contacts cannot be read"),
        ("ALTER TABLE tasks DROP COLUMN visit", 'tasks cannot be read: column "visit" does not exist'),
        ("DROP TABLE downloads", 'downloads cannot be read: relation "downloads" does not exist'),
        ("ALTER TABLE tasks RENAME TO duties", "tasks cannot be read"),
        ("REVOKE SELECT ON studies FROM svar_app", "studies cannot be read: permission denied"),
        ("ALTER TABLE studies ADD COLUMN sponsor text NOT NULL", "studies.sponsor must be filled, and nobody does"),
        ("ALTER TABLE tasks ALTER COLUMN visit TYPE text", "tasks.visit is text, and was character varying"),
        ("ALTER TABLE tasks ALTER COLUMN visit TYPE varchar(31)", "tasks.visit takes 31 characters, and took 32"),
        (
            "ALTER TABLE studies DROP CONSTRAINT {state}, ADD CHECK (state = ANY (ARRAY['setup']))",
            "studies.state refuses",
        ),
    ],
)
def test_f49_what_takes_something_from_the_released_version_is_found(
    owner: Connection, released_version: Connection, statement: str, sentence: str
) -> None:
    release = asked_for(owner)
    checks = "SELECT conname FROM pg_constraint WHERE conrelid = 'studies'::regclass AND contype = 'c' ORDER BY 1"
    (state,) = owner.exec_driver_sql(checks).scalars().all()
    owner.exec_driver_sql(statement.format(state=state))
    owner.commit()
    lacking = list(complaints(release, released_version))
    assert [sentence in each for each in lacking] == [True] * max(1, len(lacking))


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE studies ADD COLUMN sponsor text",
        "ALTER TABLE studies ADD COLUMN sponsor text NOT NULL DEFAULT ''",
        "ALTER TABLE tasks ALTER COLUMN visit TYPE varchar(64)",
        "CREATE TABLE sponsors (id bigint PRIMARY KEY, name text NOT NULL)",
    ],
)
def test_what_only_widens_is_nobodys_harm(owner: Connection, released_version: Connection, statement: str) -> None:
    release = asked_for(owner)
    owner.exec_driver_sql(statement)
    owner.commit()
    assert list(complaints(release, released_version)) == []


def test_a_column_of_any_length_that_is_given_one_is_found(owner: Connection) -> None:
    release = {"tasks": {"visit": ReleasedColumn("character varying", None, [])}}
    assert "tasks.visit takes 32 characters, and took any number" in list(complaints(release, owner))
