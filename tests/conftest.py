"""A migrated template database per run, a copy of it per test; an application, its client, people to work with."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import config, create_app
from app.core import embedded, migrating
from app.core.audit import acting
from app.core.database import db
from tests.settings import settings_of

ROOT = Path(__file__).resolve().parent.parent
COUNTER = itertools.count()


@pytest.fixture(scope="session")
def server(worker_id: str) -> embedded.Embedded:
    """The embedded PostgreSQL of this worker: transactions are counted per server, so workers do not share one."""
    return embedded.start(ROOT / "instance" / f"tests-{worker_id}")


@pytest.fixture(scope="session")
def template(server: embedded.Embedded, worker_id: str) -> str:
    """A migrated, empty database that tests copy."""
    name = f"template_{worker_id}"
    server.recreate_database(name)
    migrating.upgrade(server.url("svar_owner", name))
    return name


@pytest.fixture
def database(server: embedded.Embedded, template: str, worker_id: str) -> Iterator[str]:
    """A fresh copy of the template, dropped afterwards."""
    name = f"test_{worker_id}_{next(COUNTER)}"
    server.recreate_database(name, template=template)
    yield name
    server.drop_database(name)


@pytest.fixture
def settings(server: embedded.Embedded, database: str, tmp_path: Path) -> config.Settings:
    """Settings of a test: its own database, keys, folders; the sandbox gateway."""
    return settings_of(server, database, tmp_path)


@pytest.fixture
def app(settings: config.Settings) -> Iterator[Flask]:
    """The application on a fresh database. Passwords are hashed as in production, only with less work."""
    made = create_app(settings)
    made.testing = True
    made.extensions["security"].pwd_context.update(argon2__time_cost=1, argon2__memory_cost=64)
    yield made
    with made.app_context():
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a session."""
    return app.test_client()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """The database session, inside an application context, acting as the tests."""
    with app.app_context(), acting("test"):
        yield db.session
        db.session.rollback()


@pytest.fixture
def production(settings: config.Settings) -> config.Settings:
    """The same settings as production would have them."""
    return replace(settings, production=True, gateway="twilio", public_base_url="https://svar.example.org")
