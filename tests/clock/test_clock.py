"""The clock's jobs: each once, each again without harm; its signs of life; what monitors are told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from requests import ConnectionError
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import clock
from app.cli import clock as running
from app.core.incarnation import ClockDisk
from app.core.time import moved_clock
from app.core.verifying_seals import verify
from app.messages import breaker
from app.messages.gateways.gateway import Gateway
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.models import Message, MessageState
from app.messages.monitoring import heartbeats, holding
from app.messages.monitoring.measures import complaints, measure
from app.messages.receiving import sweeping
from tests.messages.people import INVITED, enrolled, minutes, only


def remembering(app: Flask) -> None:
    """This machine's clock has run before, on this database."""
    holding.remember(app.extensions["settings"].instance, INVITED - timedelta(days=1))
    heartbeats.beat(holding.REMEMBERING, INVITED - timedelta(days=1))


def test_once_runs_every_job_and_leaves_signs_of_life(session: Session, app: Flask) -> None:
    remembering(app)
    only(enrolled(), "d7")
    session.commit()
    with moved_clock(lambda: INVITED):
        for _ in range(3):
            done = app.test_cli_runner().invoke(args=["clock", "--once"])
            assert done.exit_code == 0, done.output
    session.expire_all()
    assert set(heartbeats.last()) - {sweeping.SWEPT} == {job.name for job in (*clock.JOBS, *clock.SLOW_JOBS)}
    assert session.scalars(select(Message.state)).all() == [MessageState.ACCEPTED]
    assert verify().seals >= 1


def test_a_job_that_is_no_more_does_not_alarm_for_ever(session: Session, gateway: SandboxGateway) -> None:
    for mark in ("swept", "failed mow", "failed deliver"):
        heartbeats.beat(mark, INVITED)
    session.commit()
    assert heartbeats.failing(heartbeats.last()) == ["deliver", "mow"]
    clock.prune(gateway, INVITED)
    assert set(heartbeats.last()) == {"swept", "failed deliver"}


def broken(_: Gateway, now: datetime) -> None:
    raise ValueError("+4740000001 is not what was expected")


def test_one_job_that_fails_stops_no_other_and_is_told_of_without_its_words(
    session: Session, app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    remembering(app)
    only(enrolled(), "d7")
    session.commit()
    jobs = tuple(replace(job, run=broken) if job.name in ("receipts", "hear") else job for job in clock.JOBS)
    monkeypatch.setattr(clock, "JOBS", jobs)
    with moved_clock(lambda: INVITED):
        done = app.test_cli_runner().invoke(args=["clock", "--once"])
    assert (done.exit_code, done.output) == (
        1, "Error: Not all jobs ran to their end: receipts, hear. The log says why.\n",
    )  # fmt: skip
    session.expire_all()
    assert session.scalars(select(Message.state)).all() == [MessageState.ACCEPTED], "the others ran"
    lines = [record.getMessage() for record in caplog.records if record.name == "svar.clock"]
    assert [words.partition(" at ")[0] for words in lines] == [
        "job receipts failed: ValueError", "job hear failed: ValueError",
    ]  # fmt: skip
    assert "+47" not in caplog.text + done.output
    alarms = complaints(measure(INVITED), heartbeats.last(), INVITED)
    assert alarms == {"jobs": "These jobs of the clock fail: hear, receipts."}
    monkeypatch.undo()
    with moved_clock(lambda: INVITED + minutes(1)):
        assert app.test_cli_runner().invoke(args=["clock", "--once"]).exit_code == 0
    session.expire_all()
    assert "jobs" not in complaints(measure(INVITED), heartbeats.last(), INVITED + minutes(1))


def test_f23_a_database_that_is_away_fails_the_job_and_not_the_clock(
    session: Session, gateway: SandboxGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: Gateway, now: datetime) -> None:
        raise OperationalError("SELECT", {}, ConnectionError())

    jobs = tuple(replace(job, run=away) if job.name == "queue" else job for job in clock.JOBS)
    monkeypatch.setattr(clock, "JOBS", jobs)
    assert clock.once(gateway, INVITED) == ["queue"]


def test_no_job_is_told_an_hour_of_the_day() -> None:
    assert all(0 < job.seconds <= 600 for job in (*clock.JOBS, *clock.SLOW_JOBS))
    assert len({job.name for job in (*clock.JOBS, *clock.SLOW_JOBS)}) == len(clock.JOBS) + len(clock.SLOW_JOBS)


@pytest.mark.parametrize("days", [0, 1, 3])
def test_f35_a_clock_that_jumps_neither_repeats_nor_loses(session: Session, gateway: SandboxGateway, days: int) -> None:
    only(enrolled(), "d7")
    session.commit()
    steps = (timedelta(0), timedelta(hours=1), timedelta(0), -timedelta(hours=1), timedelta(days=days), timedelta(0))
    for step in steps:
        clock.tick(gateway, INVITED + step)
    invitations = select(func.count()).where(Message.kind == "invitation", Message.state == MessageState.ACCEPTED)
    assert session.scalar(invitations) == 1


def test_f35_after_a_leap_of_time_texts_wait_one_round_and_somebody_is_told(
    session: Session, app: Flask, gateway: SandboxGateway, caplog: pytest.LogCaptureFixture
) -> None:
    remembering(app)
    only(enrolled(), "d7")
    session.commit()
    jobs = {job.name: job for job in clock.JOBS}

    def run(name: str, at: datetime) -> list[MessageState]:
        with moved_clock(lambda: at):
            running._run(app, jobs[name], gateway)
        session.rollback()
        return list(session.scalars(select(Message.state)))

    run("deliver", INVITED - timedelta(hours=1))
    run("queue", INVITED)
    with caplog.at_level("ERROR", "svar.alert"):
        assert run("deliver", INVITED) == [MessageState.QUEUED]
        assert run("deliver", INVITED + timedelta(seconds=5)) == [MessageState.ACCEPTED]
    assert [record.getMessage()[:24] for record in caplog.records] == ["no text left for 1:00:00"]


def test_a_monitor_is_told_of_visits_without_a_text(session: Session) -> None:
    """The queue may be empty because nothing was put into it."""
    participant = enrolled()
    only(participant, "d7")
    session.commit()
    alarms = [complaints(measure(at), {"deliver": at}, at) for at in (INVITED + minutes(9), INVITED + minutes(11))]
    assert alarms == [{}, {"unasked": "1 visits are due and have no text."}]


def test_an_unknown_text_is_as_old_as_its_attempt_and_not_as_its_row(session: Session, gateway: SandboxGateway) -> None:
    """Queued in the evening, tried in the morning: what became of it is unknown since the morning."""
    only(enrolled(), "d7")
    session.commit()
    clock.tick(gateway, INVITED)
    message = session.scalars(select(Message)).one()
    message.state, message.queued_at = MessageState.UNKNOWN, INVITED - timedelta(hours=12)
    session.flush()
    alarms = [complaints(measure(at), {"deliver": at}, at) for at in (INVITED + minutes(29), INVITED + minutes(31))]
    assert [set(text) for text in alarms] == [set(), {"unknown"}]


def test_a_text_that_is_tried_again_and_again_is_late_all_the_while(session: Session, gateway: SandboxGateway) -> None:
    only(enrolled(), "d7")
    session.commit()
    clock.tick(gateway, INVITED)
    message = session.scalars(select(Message)).one()
    later = INVITED + minutes(25)
    message.state, message.sent_at, message.not_before = MessageState.QUEUED, None, later + minutes(20)
    session.flush()
    assert complaints(measure(later), {"deliver": later}, later) == {"queue": "A text waits since 25 minutes."}
    message.not_before = later + timedelta(hours=12)
    session.flush()
    assert complaints(measure(later), {"deliver": later}, later) == {}, "it waits for the morning"


@pytest.mark.parametrize("first", ["deliver", "remember"])
def test_f39_a_backup_restored_under_a_running_clock_holds_every_text(
    session: Session, app: Flask, gateway: SandboxGateway, first: str
) -> None:
    only(enrolled(), "d7")
    session.commit()
    jobs = {job.name: job for job in (*clock.JOBS, *clock.SLOW_JOBS)}

    def run(name: str, at: datetime) -> None:
        with moved_clock(lambda: at):
            running._run(app, jobs[name], gateway)
        session.rollback()

    night, morning = INVITED - timedelta(hours=5), INVITED - minutes(1)
    remembering(app)
    session.commit()
    run("deliver", night)
    run("remember", night)
    counted = session.scalars(select(ClockDisk.count)).one()
    run("deliver", morning)
    run("remember", morning)
    for job in ("deliver", "remember"):
        heartbeats.beat(job, night)  # as in last night's back-up
    session.execute(update(ClockDisk).values(count=counted))
    session.commit()
    for name in ("receipts", "queue", first, "deliver", "deliver"):
        run(name, INVITED)
    assert session.scalars(select(Message.state)).all() == [MessageState.QUEUED]
    held = breaker.standing("sandbox", INVITED).halt
    assert held is not None
    assert held.because == "the database was restored: the clock remembers a later one"


def test_readiness_names_a_missing_export(session: Session, client: FlaskClient, gateway: SandboxGateway) -> None:
    only(enrolled(), "d7")
    session.commit()
    with moved_clock(lambda: INVITED):  # its text is due this minute
        heartbeats.beat("deliver", INVITED)
        session.commit()
        answer = client.get("/health/ready")
    assert (answer.status_code, set(answer.get_json()["complaints"])) == (503, {"export"})


def test_a_monitor_is_told_what_is_wrong_in_words(session: Session, app: Flask, gateway: SandboxGateway) -> None:
    remembering(app)
    only(enrolled(), "d7")
    session.commit()
    clock.once(gateway, INVITED)
    assert complaints(measure(INVITED), heartbeats.last(), INVITED) == {}
    assert measure(INVITED).unasked == 0
    late = INVITED + minutes(11)
    assert complaints(measure(late), heartbeats.last(), late) == {"clock": "The clock has not run for three minutes."}
    message = session.scalars(select(Message)).one()
    message.state = MessageState.UNKNOWN
    breaker.hold("trying something", late)
    session.flush()
    later = INVITED + minutes(31)
    alarms = complaints(measure(later), {"deliver": later}, later)
    assert set(alarms) == {"unknown", "held"}
    message.state, message.not_before = MessageState.QUEUED, INVITED
    session.flush()
    assert set(complaints(measure(later), {"deliver": later}, later)) == {"queue", "held"}


def test_health_and_metrics_tell_of_nobody(
    session: Session, app: Flask, client: FlaskClient, gateway: SandboxGateway
) -> None:
    remembering(app)
    only(enrolled(), "d7")
    session.commit()
    early = datetime(2026, 9, 22, 3, 30, tzinfo=UTC)
    with moved_clock(lambda: early):
        assert client.get("/health/live").get_json() == {"status": "alive"}
        assert client.get("/health/ready").status_code == 503
        clock.once(gateway, early)
        ready = client.get("/health/ready")
        assert (ready.status_code, ready.get_json()["complaints"]) == (200, {})
        figures = client.get("/metrics", environ_base={"REMOTE_ADDR": "127.0.0.1"})
        assert b"svar_queue_depth 0.0" in figures.data
        assert figures.data.count(b"svar_messages{state=") == len(MessageState), "also states of which there are none"
        assert client.get("/metrics", environ_base={"REMOTE_ADDR": "93.184.216.34"}).status_code == 404
    assert b"01-001" not in figures.data
