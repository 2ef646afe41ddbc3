"""A back-up restored with PostgreSQL's own tools, by somebody who knows of no command of ours: nothing leaves twice."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app import create_app
from app.config import Settings
from app.core import backing_up
from app.core.embedded import Embedded, binary, dump
from app.core.time import moved_clock
from app.messages import breaker
from tests.factories import command, put_away
from tests.fake_twilio.server import Server
from tests.messages.people import INVITED, cohort, minutes, only

PEOPLE = 3


@pytest.fixture
def provider() -> Iterator[Server]:
    server = Server()
    server.twilio.now = lambda: INVITED
    yield server
    server.close()


@pytest.fixture
def before(settings: Settings, provider: Server, app: Flask) -> Iterator[Flask]:
    """The service that texts through the provider."""
    made = create_app(replace(settings, gateway="twilio", twilio_base_url=provider.address))
    yield made
    put_away(made)


@pytest.fixture
def copied(server: Embedded, worker_id: str) -> Iterator[str]:
    name = f"copied_{worker_id}"
    server.recreate_database(name)
    yield name
    server.drop_database(name)


def clock(app: Flask, minute: float) -> str:
    with moved_clock(lambda: INVITED + minutes(minute)):
        return command(app, "clock", "--once").output


@pytest.mark.parametrize("disk", ["the same machine", "a fresh server"])
def test_f39_a_dump_of_minutes_ago_that_is_restored_by_hand_sends_nothing_again(
    session: Session, before: Flask, provider: Server, server: Embedded, copied: str, tmp_path: Path, disk: str
) -> None:
    clock(before, -10)  # a new installation, whose clock knows it before it has people
    for participant in cohort(PEOPLE):
        only(participant, "d7")
    session.commit()
    settings: Settings = before.extensions["settings"]
    night = dump(settings.owner_url, ["--format=custom"])
    clock(before, 0)
    assert len(provider.twilio.log) == PEOPLE
    arguments, environment = backing_up.connected(server.url("svar_owner", copied))
    restoring = [str(binary("pg_restore")), *arguments, "--no-owner", f"--dbname={copied}"]
    subprocess.run(restoring, input=night, env=environment, check=True, timeout=60)
    instance = settings.instance if disk == "the same machine" else tmp_path / "instance"
    there = {"database_url": server.url("svar_app", copied), "owner_url": server.url("svar_owner", copied)}
    after = create_app(replace(settings, instance=instance, **there))  # type: ignore[arg-type]
    try:
        _nothing_leaves_again(after, provider)
    finally:
        put_away(after)


def _nothing_leaves_again(after: Flask, provider: Server) -> None:
    for minute in (1, 2):
        clock(after, minute)
        assert len(provider.twilio.log) == PEOPLE, "held"
    with after.app_context():
        assert breaker.halts() == ("the database was restored or moved: it is not where it was",)
    with moved_clock(lambda: INVITED + minutes(3)):
        refused = command(after, "ops", "release")
        assert "Nobody has said from when on the database has forgotten" in refused.output
        assert command(after, "ops", "restored", "--since", f"{INVITED - minutes(5):%Y-%m-%dT%H:%M:%S}").exit_code == 0
    clock(after, 4)
    with moved_clock(lambda: INVITED + minutes(5)):
        released = command(after, "ops", "release")
    assert f"{PEOPLE} texts in the queue had left already" in released.output
    clock(after, 6)
    assert len(provider.twilio.log) == PEOPLE
    assert sorted(rang.to for rang in provider.twilio.log) == [f"+474000000{number}" for number in (1, 2, 3)]
