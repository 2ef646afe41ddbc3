"""The ping says that all is well only when every job ran to its end, and fails when one does not; for real."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import clock, create_app
from app.cli import clock as running
from app.core import embedded
from app.core.time import moved_clock
from app.exports import folders
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.monitoring import dead_man, heartbeats
from app.messages.monitoring.rounds import SECONDS
from tests.factories import put_away
from tests.messages.people import INVITED, enrolled, minutes
from tests.settings import settings_of

pytestmark = pytest.mark.usefixtures("tables_only")

Pings = list[bool]


@pytest.fixture
def pings(monkeypatch: pytest.MonkeyPatch) -> Pings:
    """What the switch was told, round by round."""
    sent: Pings = []
    monkeypatch.setattr(dead_man, "ping", lambda _, *, well: sent.append(well))
    return sent


@pytest.fixture
def gateway(app: Flask, monkeypatch: pytest.MonkeyPatch) -> SandboxGateway:
    settings = replace(app.extensions["settings"], dead_man_url="https://monitor.example/ping")
    monkeypatch.setitem(app.extensions, "settings", settings)
    return SandboxGateway(settings)


@pytest.mark.parametrize(
    ("ran", "failed", "off", "well"),
    [
        ({}, {}, 0, True),
        ({"deliver": 180}, {}, 0, True),
        ({"deliver": 181}, {}, 0, False),
        ({"deliver": 16}, {"deliver": 1}, 0, False),
        ({"deliver": 1}, {"deliver": 16}, 0, True),
        ({"export": 200}, {"export": 1}, 0, False),
        ({"deliver": -3600}, {}, 0, False),
        ({"tell": 9000}, {"tell": 1}, 0, True),  # who tells is alive
        ({}, {}, 61, False),
        ({}, {}, -3600, False),
    ],
)
def test_it_is_well_when_every_job_ran_of_late_and_the_time_is_right(
    session: Session, gateway: SandboxGateway, pings: Pings, monkeypatch: pytest.MonkeyPatch,
    ran: dict[str, int], failed: dict[str, int], off: int, well: bool,
) -> None:  # fmt: skip
    now = datetime.now(UTC)
    for job in SECONDS:
        heartbeats.beat(job, now - timedelta(seconds=ran.get(job, 0)))
    for job, seconds in failed.items():
        heartbeats.beat(f"failed {job}", now - timedelta(seconds=seconds))
    session.commit()
    monkeypatch.setattr(clock, "shown_here", lambda: datetime.now(UTC) + timedelta(seconds=off))
    clock.tell(gateway, now)
    assert pings == [well]


def test_a_database_that_is_away_is_a_failure(
    session: Session, gateway: SandboxGateway, pings: Pings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise OperationalError("SELECT", {}, ConnectionError())

    monkeypatch.setattr(heartbeats, "last", away)
    with pytest.raises(OperationalError):
        clock.tell(gateway, INVITED)
    assert pings == [False]


def test_who_has_no_switch_is_told_by_an_alert_alone(
    session: Session, app: Flask, pings: Pings, caplog: pytest.LogCaptureFixture
) -> None:
    for job in SECONDS:
        heartbeats.beat(job, INVITED)
    heartbeats.beat("failed queue", INVITED + minutes(2))
    session.commit()
    with moved_clock(lambda: INVITED + minutes(2)), caplog.at_level("ERROR", "svar.alert"):
        clock.tell(SandboxGateway(app.extensions["settings"]), INVITED + minutes(2))
    assert pings == []
    assert [record.getMessage() for record in caplog.records if record.name == "svar.alert"] == [
        "these jobs of the clock do not run to their end: queue"
    ]


@pytest.fixture
def own(server: embedded.Embedded, own_database: str, tmp_path: Path) -> Iterator[Flask]:
    """The service on a database whose grants a test may take away."""
    made = create_app(replace(settings_of(server, own_database, tmp_path), dead_man_url="https://monitor.example/ping"))
    yield made
    put_away(made)


def test_f47_a_grant_that_was_taken_away_fails_the_ping_and_the_log_says_which_and_where(
    own: Flask, server: embedded.Embedded, own_database: str, pings: Pings, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = SandboxGateway(own.extensions["settings"])
    jobs = {job.name: job for job in (*clock.JOBS, *clock.SLOW_JOBS)}

    def round_(at: datetime) -> None:
        with moved_clock(lambda: at):
            for job in jobs.values():
                running._run(own, job, gateway)

    round_(INVITED)
    with psycopg.connect(server.url("svar_owner", own_database).replace("+psycopg", "")) as owner:
        owner.execute("REVOKE UPDATE ON messages FROM svar_app")
    round_(INVITED + timedelta(seconds=10))
    round_(INVITED + timedelta(seconds=20))
    assert pings == [True, True, False], "within three of its periods a job may fail"
    failed = [record.getMessage() for record in caplog.records if "deliver failed" in record.getMessage()]
    assert len(failed) == 2
    where = re.compile(r"job deliver failed: ProgrammingError 42501 at claiming\.py:\d+ > reading\.py:\d+")
    assert all(map(where.fullmatch, failed))
    with psycopg.connect(server.url("svar_owner", own_database).replace("+psycopg", "")) as owner:
        owner.execute("GRANT UPDATE ON messages TO svar_app")
    round_(INVITED + timedelta(seconds=30))
    assert pings[-1]


def test_f47_marks_that_cannot_be_written_are_missed(
    own: Flask, server: embedded.Embedded, own_database: str, pings: Pings
) -> None:
    """Where even the failure cannot be noted, the job is silent, and that is told of."""
    gateway = SandboxGateway(own.extensions["settings"])
    with psycopg.connect(server.url("svar_owner", own_database).replace("+psycopg", "")) as owner:
        owner.execute("REVOKE INSERT ON heartbeats FROM svar_app")
    with own.app_context(), moved_clock(lambda: INVITED):
        assert clock.once(gateway, INVITED) == list(SECONDS)
    assert pings == [False]


def test_f24_once_ends_with_1_when_an_export_failed_and_the_others_are_made(
    session: Session, app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    enrolled()
    session.commit()

    def full(file: folders.HashedFile, block: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk, moved_clock(lambda: INVITED):
        disk.setattr(folders.HashedFile, "write", full)
        done = app.test_cli_runner().invoke(args=["clock", "--once"])
        by_hand = app.test_cli_runner().invoke(args=["export", "run"])
    assert (done.exit_code, done.output) == (
        1, "Error: Not all jobs ran to their end: export. The log says why.\n",
    )  # fmt: skip
    assert (by_hand.exit_code, by_hand.output) == (
        1, "Error: These studies were not exported: backtobasic. The log says why.\n",
    )  # fmt: skip
    lines = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert any(words.startswith("job export failed: NotExported at clock.py:") for words in lines)
    with moved_clock(lambda: INVITED + minutes(1)):
        assert app.test_cli_runner().invoke(args=["clock", "--once"]).exit_code == 0
    shutil.rmtree(app.extensions["settings"].exports)
