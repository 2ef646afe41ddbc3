"""A trial that an earlier version filled has lost nothing at the present shape, and its export says the same.

`dumping.py` made the databases with the versions themselves, not with today's migrations: what stood there is there.
"""

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import create_engine, select

from app import create_app
from app.config import Settings
from app.core import migrating, schema
from app.core.audit import acting
from app.core.database import Base, db, transaction
from app.core.embedded import Embedded
from app.exports.former_names import FORMER_NAMES
from app.exports.nightly import export_snapshot
from app.participants.models import Participant
from app.schedule.models import Assessment
from app.schedule.planning import plan
from app.studies.installing import study
from app.studies.protocol import RANDOMISATION
from migrations.env_objects import include_object
from migrations.tables import import_models
from tests.factories import command, put_away
from tests.migrations.dumping import CODE, KEPT, Marks, marks, rows
from tests.some import some

DUMPS = Path(__file__).with_name("dumps")
RANDOMISED = "SELECT id, randomised_on, zone FROM participants WHERE randomised_on IS NOT NULL ORDER BY id"
SHAPES = sorted(path.stem for path in DUMPS.glob("*.json"))


FARTHEST_BEHIND = 20
"""So many migrations may come after the newest dump, before another one is to be made with the version of then."""


@dataclass(frozen=True)
class Released:
    """A database as an earlier version left it, at the present shape now."""

    app: Flask
    expected: dict[str, Any]

    @property
    def address(self) -> str:
        """As the superuser, whom no policy confines."""
        return str(self.app.config["SUPERUSER"])


@pytest.fixture(scope="module", params=SHAPES)
def released(
    request: pytest.FixtureRequest, server: Embedded, worker_settings: Settings, worker_id: str, tmp_path_factory: Any
) -> Iterator[Released]:
    name, shape = f"released_{worker_id}", request.param
    server.recreate_database(name, template="template0")
    address = server.url("postgres", name).replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(gzip.decompress((DUMPS / f"{shape}.sql.gz").read_bytes()))
    owner, folder = server.url("svar_owner", name), tmp_path_factory.mktemp(shape)
    assert migrating.revision_there(owner) == shape
    migrating.upgrade(owner, app_role="svar_app")
    app = create_app(
        replace(
            worker_settings,
            database_url=server.url("svar_app", name),
            owner_url=owner,
            instance=folder / "instance",
            exports=folder / "exports",
        )
    )
    app.config["SUPERUSER"] = address
    yield Released(app, json.loads((DUMPS / f"{shape}.json").read_text("utf-8")))
    put_away(app)
    server.drop_database(name)


def test_every_shape_that_was_released_is_tried() -> None:
    shapes = schema.revisions()
    assert len(SHAPES) >= 5
    assert [shape for shape in SHAPES if shape not in shapes] == []


def behind(shapes: Sequence[str], line: Sequence[str]) -> int:
    """How many migrations come after the newest of these shapes."""
    return len(line) - 1 - max(line.index(shape) for shape in shapes)


def test_the_newest_dump_is_not_far_behind() -> None:
    """Else migrations are tried on tables that nobody has filled: `python -m tests.migrations.dumping` makes one."""
    assert behind(SHAPES, schema.revisions()) <= FARTHEST_BEHIND


@pytest.mark.parametrize(("shapes", "number"), [(["1"], 3), (["1", "3"], 1), (["3", "2"], 1), (["4"], 0)])
def test_how_far_behind_dumps_are_goes_by_the_newest(shapes: list[str], number: int) -> None:
    assert behind(shapes, ("1", "2", "3", "4")) == number


def test_no_row_is_lost_on_the_way_up(released: Released) -> None:
    with psycopg.connect(released.address) as connection:
        there = rows(connection)
        randomised = connection.execute(RANDOMISED).fetchall()
    before: dict[str, int] = released.expected["rows"]
    before["public.events"] += len(randomised)
    trail = "audit.entries"
    assert {name: there.get(name) for name in before if name != trail} == {
        name: count for name, count in before.items() if name != trail
    }
    assert there[trail] >= before[trail], "what a migration changed is in the trail"


def test_its_shape_is_what_the_models_say(released: Released) -> None:
    import_models()
    engine = create_engine(released.app.extensions["settings"].owner_url)
    with engine.connect() as connection:
        options = {"include_schemas": True, "include_object": include_object}
        difference = compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)
    engine.dispose()
    assert difference == []


def test_its_export_says_the_same_in_every_column_that_is_still_there(released: Released) -> None:
    at = datetime.fromisoformat(released.expected["exported_at"])
    with released.app.app_context(), acting("test"), transaction():
        snapshot = export_snapshot(study(CODE), at)
        folder = released.app.extensions["settings"].exports / snapshot.path
        made = marks(folder, without_event=RANDOMISATION)
    assert _differing(released.expected["export"], made) == {}


def test_the_day_of_randomisation_has_become_an_event(released: Released) -> None:
    with psycopg.connect(released.address) as connection:
        people = connection.execute(RANDOMISED).fetchall()
        events = connection.execute(
            "SELECT participant_id, state, is_anchor, \"on\", at FROM events WHERE kind = 'randomisation' ORDER BY 1"
        ).fetchall()
    assert len(people) == KEPT
    noons = [(key, on, datetime.combine(on, time(12), ZoneInfo(zone))) for key, on, zone in people]
    assert events == [(key, "happened", False, on, noon) for key, on, noon in noons]


def test_planning_anew_moves_no_window(released: Released) -> None:
    at = datetime.fromisoformat(released.expected["exported_at"])
    query = select(Participant).order_by(Participant.code)
    with released.app.app_context(), acting("test"), transaction():
        for person in some(db.session.scalars(query)):
            before = windows(person)
            plan(person, at, corrected=True)
            assert (len(before) > 0, windows(person)) == (True, before)


def windows(person: Participant) -> list[tuple[object, ...]]:
    names = ("visit", "anchor_on", "opens_at", "send_at", "due_at", "closes_at", "grace_until", "cancelled_at")
    columns = [getattr(Assessment, name) for name in names]
    query = select(*columns).where(Assessment.participant_id == person.id).order_by(Assessment.id)
    return [tuple(row) for row in db.session.execute(query)]


def _differing(before: Marks, after: Marks) -> dict[str, str]:
    """Columns of before that are not what they were, under the names of today."""
    differing = {}
    for table, columns in before.items():
        for column, mark in columns.items():
            name = FORMER_NAMES.get(table, {}).get(column, column)
            if after[table].get(name) != mark:
                differing[f"{table}.{name}"] = f"{mark} was {after[table].get(name)}"
    return differing


def test_every_value_that_was_closed_opens(released: Released) -> None:
    done = command(released.app, "ops", "check-keys")
    assert done.exit_code == 0, done.output
