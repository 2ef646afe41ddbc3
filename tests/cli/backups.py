"""A back-up of a database with one participant, and a machine elsewhere on which it comes back."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app import create_app
from app.config import Settings
from app.core.embedded import Embedded
from app.core.sealing import seal
from app.participants.models import Participant
from tests.factories import command, put_away
from tests.messages.people import INVITED, enrolled, only


@pytest.fixture
def sealed() -> bool:
    """Whether a clock has sealed the trail."""
    return True


@pytest.fixture
def participant(session: Session, sealed: bool) -> Participant:
    someone = enrolled()
    only(someone, "d7")
    session.commit()
    if sealed:
        seal(INVITED)
        session.commit()
    return someone


@pytest.fixture
def backup(app: Flask, participant: Participant, tmp_path: Path) -> Path:
    """A back-up of a database with one participant."""
    path = tmp_path / "night.backup"
    done = command(app, "ops", "backup", str(path))
    assert done.exit_code == 0, done.output
    return path


@pytest.fixture
def elsewhere(server: Embedded, settings: Settings, worker_id: str, backup: Path, tmp_path: Path) -> Iterator[Flask]:
    """The service on a database in which nothing is yet, on a machine that remembers nothing."""
    name = f"elsewhere_{worker_id}"
    server.recreate_database(name)
    there = replace(
        settings,
        database_url=server.url("svar_app", name),
        owner_url=server.url("svar_owner", name),
        instance=tmp_path / "instance",
        exports=tmp_path / "exports",
    )
    made = create_app(there)
    yield made
    put_away(made)
    server.drop_database(name)
