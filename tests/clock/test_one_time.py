"""One time, the database's: what goes by the hour waits while this machine shows another, and readiness says so."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import clock
from app.cli import clock as running
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.monitoring import heartbeats, process_times

AT_ANY_TIME = {
    "receipts", "hear", "mailbox", "redact", "seal", "remember", "compare", "tell", "alerts",
}  # fmt: skip
"""They keep what came in, tell staff, or only look. Every other job decides something by the hour."""
EVERY = {job.name for job in (*clock.JOBS, *clock.SLOW_JOBS)}
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def gateway(app: Flask) -> SandboxGateway:
    return SandboxGateway(app.extensions["settings"])


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> timedelta:
    """This machine's time, but not the database's, is set by so much."""
    for place in ("app.clock.shown_here", "app.cli.clock.now", "app.web.monitoring.health.now"):
        monkeypatch.setattr(place, lambda: datetime.now(UTC) + by)
    return by


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> dict[str, datetime]:
    """Every job only notes what time it was given."""
    given: dict[str, datetime] = {}
    for group in ("JOBS", "SLOW_JOBS"):
        monkeypatch.setattr(clock, group, tuple(_noting(job, given) for job in getattr(clock, group)))
    return given


def _noting(job: clock.Job, given: dict[str, datetime]) -> clock.Job:
    return job if job.name == "compare" else replace(job, run=lambda _, now: given.update({job.name: now}))


def turns(gateway: SandboxGateway) -> set[str]:
    """Who ran to the end when each was given a turn."""
    return {job.name for job in (*clock.JOBS, *clock.SLOW_JOBS) if clock.take_turn(job, gateway)}


@pytest.mark.parametrize(
    ("by", "ran"),
    [
        (timedelta(0), EVERY),
        (timedelta(seconds=30), EVERY),
        (timedelta(seconds=-30), EVERY),
        (timedelta(seconds=90), AT_ANY_TIME),
        (timedelta(seconds=-90), AT_ANY_TIME),
        (-HOUR, AT_ANY_TIME),
        (2 * DAY, AT_ANY_TIME),
    ],
)
def test_f35_what_goes_by_the_hour_waits_while_this_machine_shows_another_time(
    session: Session, gateway: SandboxGateway, moved: timedelta, noted: dict[str, datetime], ran: set[str]
) -> None:
    assert turns(gateway) == ran
    assert set(noted) == ran - {"compare"}
    right = datetime.now(UTC)
    assert all(abs(right - at) < timedelta(seconds=30) for at in noted.values()), "they are given the database's time"
    beats = heartbeats.last()
    assert set(beats) == ran
    assert heartbeats.from_the_future(beats, right) == []


@pytest.mark.parametrize("by", [2 * DAY, -HOUR, timedelta(0)])
def test_f35_once_ends_with_1_where_the_time_is_wrong(
    session: Session, app: Flask, moved: timedelta, noted: dict[str, datetime]
) -> None:
    done = app.test_cli_runner().invoke(args=["clock", "--once"])
    if not moved:
        assert (done.exit_code, done.output) == (0, "")
        return
    apart = {2 * DAY: "172800 seconds ahead of", -HOUR: "3600 seconds behind"}[moved]
    assert (done.exit_code, done.output) == (
        1, f"Error: This machine's time is {apart} the database's. Set it right: what goes by the hour did not run.\n",
    )  # fmt: skip
    assert set(noted) == AT_ANY_TIME - {"compare"}


@pytest.mark.parametrize(("by", "alerts"), [(-HOUR, 1), (timedelta(seconds=30), 0)])
def test_f35_whoever_runs_the_clock_is_told(
    session: Session, gateway: SandboxGateway, moved: timedelta, alerts: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("ERROR", "svar.alert"):
        clock.compare(gateway, datetime.now(UTC))
    sentence = "this machine's time is 3600 seconds behind the database's: nothing leaves, is exported or expires"
    assert [record.getMessage() for record in caplog.records] == [sentence] * alerts
    ((process, ahead),) = process_times.last(datetime.now(UTC)).items()
    assert process.partition(":")[2].isdecimal()
    assert abs(ahead - moved) < timedelta(seconds=31)


@pytest.mark.parametrize(
    ("by", "noted_by", "sentence"),
    [
        (timedelta(0), timedelta(0), None),
        (-HOUR, timedelta(0), "A machine's time is wrong: that of this web process is 3600 seconds behind"),
        (timedelta(0), 2 * DAY, "A machine's time is wrong: that of other:7 is 172800 seconds ahead of"),
        (HOUR, HOUR, "The database's time is 3600 seconds behind that of all 2 processes"),
    ],
)
def test_f35_readiness_says_whose_time_is_wrong(
    session: Session, client: FlaskClient, moved: timedelta, noted_by: timedelta, sentence: str | None
) -> None:
    right = datetime.now(UTC)
    process_times.note("other:7", noted_by, right)
    heartbeats.beat(heartbeats.DELIVER, right)
    session.commit()
    ready = client.get("/health/ready")
    assert ready.status_code == (503 if sentence else 200)
    said = ready.get_json()["complaints"]
    assert set(said) == ({"time"} if sentence else set())
    assert said.get("time", "").startswith(sentence or "")


@pytest.mark.parametrize("by", [timedelta(0)])
def test_f35_a_mark_from_the_future_is_a_failure(session: Session, client: FlaskClient, moved: timedelta) -> None:
    heartbeats.beat(heartbeats.DELIVER, datetime.now(UTC) + HOUR)
    session.commit()
    ready = client.get("/health/ready")
    assert (ready.status_code, set(ready.get_json()["complaints"])) == (503, {"clock", "future"})


@pytest.mark.parametrize("by", [2 * DAY])
@pytest.mark.usefixtures("session", "moved")
def test_f23_a_database_that_cannot_be_asked_for_its_time_ends_no_clock(
    gateway: SandboxGateway, noted: dict[str, datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: object) -> None:
        raise OperationalError("SELECT", {}, ConnectionError())

    monkeypatch.setattr("app.core.one_time.looking", away)
    assert turns(gateway) == set()
    assert noted == {}


class Scheduler:
    """What the scheduler was told."""

    def __init__(self) -> None:
        self.told: dict[str, datetime] = {}

    def modify_job(self, name: str, next_run_time: datetime) -> None:
        self.told[name] = next_run_time


class Looking:
    """An event that is waited for a few times, and then set."""

    def __init__(self, times: int) -> None:
        self.left = times

    def wait(self, _: float) -> bool:
        self.left -= 1
        return self.left < 0


@pytest.mark.parametrize(
    ("shows", "due_after"),
    [
        ([0, 1, 2], None),
        ([0, 1.9, 2.9], None),  # a second is a machine at work
        ([0, -3599], -3599),
        ([0, 1, -3598, -3597], -3598),
        ([0, 172_801], 172_801),
        ([0, 172_801, 2], 2),  # there and back
    ],
)
def test_f35_after_the_time_was_set_every_job_is_asked_at_once(
    monkeypatch: pytest.MonkeyPatch, shows: list[float], due_after: float | None
) -> None:
    noon = datetime(2026, 11, 26, 12, tzinfo=UTC)
    shown, steady = iter(shows), iter(range(len(shows)))
    monkeypatch.setattr(running, "now", lambda: noon + timedelta(seconds=next(shown)))
    monkeypatch.setattr("time.monotonic", lambda: float(next(steady)))
    scheduler = Scheduler()
    running._watch_the_time(scheduler, Looking(len(shows) - 1))  # type: ignore[arg-type]
    due = {} if due_after is None else dict.fromkeys(EVERY, noon + timedelta(seconds=due_after))
    assert scheduler.told == due
