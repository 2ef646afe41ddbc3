"""A migrated template database per run, emptied for each test; an application, its client.

Fixtures import what they use when a test asks for them: the tests of a pure module load neither Flask nor SQLAlchemy
(`tests/test_pure.py`): half a second of processor time to start, and a second or two for each thousand cases.
"""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from tests.at_length import told_at_length
from tests.shaking.perturbations import starting_servers

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session

    from app import config
    from app.core import embedded
    from tests.databases import Reused

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("OMP_NUM_THREADS", "1")
"""Workers share the processors: threads of each for its matrices took a sixth more, waiting for one another."""
gc.set_threshold(100_000, 50, 100)
"""A tenth of a test's time went into looking again and again through what the libraries keep for good."""
STEADY = hypothesis.settings(
    deadline=None, derandomize=True, suppress_health_check=[hypothesis.HealthCheck.too_slow], database=None
)
hypothesis.settings.register_profile("steady", STEADY)
hypothesis.settings.register_profile("wandering", STEADY, derandomize=False, max_examples=1000)
hypothesis.settings.load_profile("steady")
"""The same examples in every run, however slow the machine; new ones with `pytest --hypothesis-profile=wandering`."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What tells at length what quicker tests tell is marked so that `make test` leaves it to `make slow`.

    And where PostgreSQL's planner is said to be of no matter, it is not started.
    """
    at_length = told_at_length([item.nodeid for item in items])
    for item in items:
        if item.nodeid in at_length:
            item.add_marker("slow")
    if strays := starting_servers((item.nodeid, getattr(item, "fixturenames", ())) for item in items):
        raise pytest.UsageError(f"these start PostgreSQL, against `WITHOUT_DATABASE` of tests/shaking: {strays}")


@pytest.fixture(scope="session", autouse=True)
def no_file_outlives_a_power_cut() -> Iterator[None]:
    """Files of tests need not: to wait for the disk took an eighth of what a night takes."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture(scope="session")
def home(worker_id: str) -> Iterator[Path]:
    """Where this worker's server lives: transactions are counted per server, so workers and runs do not share one."""
    from tests.databases import alone

    with alone(ROOT / "instance" / f"tests-{worker_id}") as home:
        yield home


@pytest.fixture(scope="session")
def server(home: Path) -> embedded.Embedded:
    """The embedded PostgreSQL of this worker."""
    from app.core import embedded

    return embedded.start(home)


@pytest.fixture(scope="session")
def template(server: embedded.Embedded, worker_id: str) -> str:
    """A migrated, empty database that tests copy; `MIGRATED` says that whoever started us made it already."""
    from tests.databases import migrated

    name = f"template_{worker_id}"
    if not os.environ.get("MIGRATED"):
        migrated(server, name)
    return name


@pytest.fixture(scope="session")
def reused(server: embedded.Embedded, template: str, worker_id: str) -> Iterator[Reused]:
    """This worker's database."""
    from tests.databases import Reused

    made = Reused(server, template, f"test_{worker_id}")
    Reused.current = made
    yield made
    Reused.current = None
    made.close()


@pytest.fixture
def database(reused: Reused) -> str:
    """A migrated database without a row."""
    return reused.empty()


@pytest.fixture
def own_database(server: embedded.Embedded, template: str, worker_id: str) -> Iterator[str]:
    """A copy of the template for a test that changes its tables, dropped afterwards."""
    name = f"own_{worker_id}"
    server.recreate_database(name, template=template)
    yield name
    server.drop_database(name)


@pytest.fixture(scope="session")
def worker_settings(
    server: embedded.Embedded, reused: Reused, tmp_path_factory: pytest.TempPathFactory
) -> config.Settings:
    """Settings of this worker's application: its own database, keys, folders; the sandbox gateway."""
    from tests.settings import settings_of

    return settings_of(server, reused.name, tmp_path_factory.mktemp("worker"))


@pytest.fixture(scope="session")
def worker_app(worker_settings: config.Settings) -> Iterator[Flask]:
    """This worker's application: made once, since that takes longer than most tests."""
    from app import create_app
    from tests.factories import put_away

    made = testing(create_app(worker_settings))
    yield made
    put_away(made)


@pytest.fixture
def settings(worker_settings: config.Settings, database: str) -> config.Settings:
    """Settings of a test: an empty database, empty folders."""
    for folder in (worker_settings.instance, worker_settings.exports):
        shutil.rmtree(folder, ignore_errors=True)
    return worker_settings


@pytest.fixture
def app(worker_app: Flask, settings: config.Settings) -> Flask:
    """The application on an empty database, with its keys, and nothing remembered of who guessed at links."""
    from app.api import limits as token_limits
    from app.core import crypto
    from app.web.patient import limits

    limits.init_app(worker_app)
    token_limits.init_app(worker_app)
    crypto.configure(settings.keyring)
    return worker_app


@pytest.fixture
def own_app(settings: config.Settings) -> Iterator[Flask]:
    """An application for a test that changes it."""
    from app import create_app
    from tests.factories import put_away

    made = testing(create_app(settings))
    yield made
    put_away(made)


@pytest.fixture
def tables_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nights of CSV and Parquet, for tests of what becomes of nights: other files take most of a night's time."""
    from app.exports import contents

    for further in ("codebook_pages", "quality_pages", "labelled_files", "loaders", "standard_files"):
        assert callable(getattr(contents, further))
        monkeypatch.setattr(contents, further, lambda *_: iter(()))


def testing(app: Flask) -> Flask:
    """Errors come through; passwords are hashed as in production, only with less work; no dead connection is used."""
    from sqlalchemy import event

    from app.core.database import db
    from tests.databases import keep_prepared, refuse_dead

    app.testing = True
    with app.app_context():
        for engine in db.engines.values():
            event.listen(engine, "checkout", refuse_dead)
            event.listen(engine, "connect", keep_prepared)
    app.extensions["security"].pwd_context.update(argon2__time_cost=1, argon2__memory_cost=64)
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a session."""
    return app.test_client()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """The database session, inside an application context, acting as the tests."""
    from app.core.audit import acting
    from app.core.database import db

    with app.app_context(), acting("test"):
        yield db.session
        db.session.rollback()


@pytest.fixture
def production(settings: config.Settings) -> config.Settings:
    """The same settings as production would have them."""
    return replace(settings, production=True, gateway="twilio", public_base_url="https://svar.example.org")
