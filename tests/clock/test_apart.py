"""What needs much memory is done by a process of its own: the clock starts it where there is work, and stays small."""

import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from click import ClickException
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.cli import clock as running
from app.config import Settings
from app.core.time import moved_clock
from app.exports.models import Snapshot
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.monitoring import heartbeats, holding
from tests.clock.running import clock as a_clock
from tests.clock.running import until
from tests.messages.people import INVITED, enrolled, only

EXPORT = running.JOBS["export"]
MOST_KILOBYTES = 150_000
NIGHT, MORNING = datetime(2026, 9, 22, 1, 30, tzinfo=UTC), datetime(2026, 9, 22, 3, 30, tzinfo=UTC)
Command = list[str]


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[Command]:
    """The processes that were started, and none was."""
    started: list[Command] = []

    def run(command: Command, **_: object) -> None:
        started.append(command)

    monkeypatch.setattr(subprocess, "run", run)
    return started


def test_the_export_alone_is_given_to_a_process_of_its_own() -> None:
    """The analysis has one already, which sees no database (`blind_runs`)."""
    changed = [job.name for job in running.JOBS.values() if running.apart(job) is not job]
    assert changed == ["export"]


@pytest.mark.parametrize(
    ("at", "dated", "started"),
    [
        (NIGHT, None, False),  # before four
        (MORNING, None, True),  # none is made yet
        (MORNING, MORNING, False),  # it is made
        (NIGHT, NIGHT + timedelta(days=2), True),  # one is dated in the future
        (NIGHT, NIGHT + timedelta(seconds=50), False),  # within what machines may differ
    ],
)
def test_a_process_is_started_where_there_is_work(
    session: Session, app: Flask, commands: list[Command], at: datetime, dated: datetime | None, started: bool
) -> None:
    participant = enrolled()
    if dated is not None:
        study = participant.site.study
        session.add(Snapshot(study=study, day=dated.date(), as_of=dated, path="backtobasic", manifest_sha256="0" * 64))
    session.commit()
    assert clock.run(running.apart(EXPORT), SandboxGateway(app.extensions["settings"]), at)
    assert commands == [[sys.executable, "-m", "flask", "clock", "--job", "export"]] * started
    assert heartbeats.last()["export"] == at


@pytest.mark.parametrize("code", [1, -signal.SIGKILL, -signal.SIGALRM])
def test_a_process_that_ends_badly_is_a_job_that_failed(
    session: Session, app: Flask, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def ends(command: Command, **_: object) -> None:
        raise subprocess.CalledProcessError(code, command)

    enrolled()
    session.commit()
    monkeypatch.setattr(subprocess, "run", ends)
    assert not clock.run(running.apart(EXPORT), SandboxGateway(app.extensions["settings"]), MORNING)
    assert heartbeats.failing(heartbeats.last()) == ["export"]


def test_a_process_that_never_ends_is_ended(session: Session, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the alarm, which kills a process of its own; here it breaks off the wait."""
    outlived = []

    def never(*_: object) -> None:
        Event().wait(10)
        outlived.append(True)

    def end(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(running, "LONGEST_SECONDS", 1)
    before = signal.signal(signal.SIGALRM, end)
    try:
        with pytest.raises(ClickException):
            running._run_alone(replace(EXPORT, run=never), SandboxGateway(app.extensions["settings"]))
    finally:
        signal.signal(signal.SIGALRM, before)
    assert outlived == []
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0), "whoever goes on is not ended later"


def test_one_job_is_run_by_its_name_and_ends_with_1_if_it_failed(
    session: Session, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError

    command = ["clock", "--job", "plan"]
    with moved_clock(lambda: INVITED):
        done = app.test_cli_runner().invoke(args=command)
        assert (done.exit_code, set(heartbeats.last())) == (0, {"plan"})
        monkeypatch.setitem(running.JOBS, "plan", replace(running.JOBS["plan"], run=broken))
        failed = app.test_cli_runner().invoke(args=command)
    assert (failed.exit_code, failed.output) == (
        1, "Error: The job plan did not run to its end. The log says why.\n",
    )  # fmt: skip


def test_a_clock_that_has_exported_stays_under_150_megabytes(
    session: Session, settings: Settings, tmp_path: Path
) -> None:
    """At any hour: an export that is dated in the future is work, and what is due besides is made with it."""
    participant = enrolled()
    only(participant, "d7")
    heartbeats.beat(holding.REMEMBERING, INVITED)
    holding.remember(settings.instance, INVITED)
    future = datetime.now(UTC) + timedelta(days=2)
    session.add(
        Snapshot(study=participant.site.study, day=future.date(), as_of=future, path="x", manifest_sha256="0" * 64)
    )
    session.commit()

    def is_made() -> bool:
        session.rollback()
        made = session.scalars(select(Snapshot.as_of).order_by(Snapshot.id)).first() != future
        return made and "export" in heartbeats.last()

    with a_clock(settings, tmp_path / "time") as begun:
        until(is_made)
        status = Path(f"/proc/{begun.process.pid}/status").read_text("utf-8")
        figures = dict(line.split(":", 1) for line in status.splitlines())
        most = int(figures["VmHWM"].split()[0])
    assert most < MOST_KILOBYTES
