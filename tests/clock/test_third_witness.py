"""A machine with both database and clock is wrong with both: the provider's dated answers tell, and nothing leaves."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import clock
from app.config import Settings
from app.core.time import moved_clock
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.gateways.twilio import TwilioGateway
from app.messages.monitoring import process_times, third_witness
from app.messages.monitoring.third_witness import ASKED_EVERY, TRIED_EVERY, Witness
from tests.clock.test_one_time import AT_ANY_TIME, EVERY, noted, turns
from tests.fake_twilio.server import Server

__all__ = ["noted"]
NOON = datetime(2026, 9, 22, 12, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
Times = list[datetime | None]


@dataclass
class Steady:
    """Seconds that nobody can set."""

    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


class Dated(SandboxGateway):
    """A provider that says what time it is, or does not answer."""

    def __init__(self, settings: Settings, says: Callable[[], datetime | None]) -> None:
        super().__init__(settings)
        self.says, self.asked = says, 0

    def time(self) -> datetime | None:
        self.asked += 1
        return self.says()


@pytest.fixture
def witness(monkeypatch: pytest.MonkeyPatch) -> Witness:
    """This process has asked nobody yet."""
    fresh = Witness()
    for module in (third_witness, clock):
        monkeypatch.setattr(module, "WITNESS", fresh)
    return fresh


def apart(app: Flask, ours: timedelta) -> Dated:
    """A provider of whose time ours is so far ahead."""
    return Dated(app.extensions["settings"], lambda: datetime.now(UTC) - ours)


@pytest.mark.usefixtures("witness")
@pytest.mark.parametrize(
    ("ours", "ran"),
    [
        (timedelta(0), EVERY),
        (timedelta(seconds=50), EVERY),
        (timedelta(seconds=-50), EVERY),
        (timedelta(seconds=75), AT_ANY_TIME),
        (timedelta(seconds=-75), AT_ANY_TIME),
        (-60 * MINUTE, AT_ANY_TIME),
        (2 * DAY, AT_ANY_TIME),
    ],
)
def test_f35_what_goes_by_the_hour_waits_while_the_provider_has_another_time(
    session: Session, app: Flask, noted: dict[str, datetime], ours: timedelta, ran: set[str]
) -> None:
    assert turns(apart(app, ours)) == ran
    assert set(noted) == ran - {"compare"}


@pytest.mark.usefixtures("witness")
def test_a_provider_that_says_nothing_is_no_witness(session: Session, app: Flask, noted: dict[str, datetime]) -> None:
    assert turns(Dated(app.extensions["settings"], lambda: None)) == EVERY
    assert turns(SandboxGateway(app.extensions["settings"])) == EVERY


@pytest.mark.parametrize(
    ("later", "ours", "answers", "ahead", "times_asked"),
    [
        (0.0, timedelta(0), [NOON], timedelta(0), 1),  # asked at first
        (60.0, MINUTE, [NOON], timedelta(0), 1),  # both went on
        (60.0, MINUTE + 2 * DAY, [NOON, NOON + MINUTE], 2 * DAY, 2),  # ours was set
        (60.0, -60 * MINUTE, [NOON, NOON + MINUTE], -61 * MINUTE, 2),
        (60.0, MINUTE + 2 * DAY, [NOON, NOON + MINUTE + 2 * DAY], timedelta(0), 2),  # the machine had slept
        (60.0, MINUTE + 2 * DAY, [NOON, None], 2 * DAY, 2),  # it does not answer: what it said holds
        (5.0, 2 * DAY, [NOON, NOON], 2 * DAY - timedelta(seconds=5), 1),  # it was asked a moment ago
        (ASKED_EVERY, 10 * MINUTE, [NOON, NOON + 10 * MINUTE], timedelta(0), 2),
        (ASKED_EVERY - 1, 10 * MINUTE - timedelta(seconds=1), [NOON], timedelta(0), 1),
        (TRIED_EVERY, timedelta(seconds=10), [None, NOON], timedelta(seconds=10), 2),
        (TRIED_EVERY - 1, timedelta(seconds=9), [None, NOON], None, 1),
    ],
)
def test_the_provider_is_asked_seldom_and_before_it_is_believed_against_us(
    app: Flask, later: float, ours: timedelta, answers: Times, ahead: timedelta | None, times_asked: int
) -> None:
    steady, said = Steady(), iter(answers)
    gateway, witness = Dated(app.extensions["settings"], lambda: next(said)), Witness(steady)
    first = witness.ahead(gateway, NOON)
    if later:
        steady.at += later
        assert witness.ahead(gateway, NOON + ours) == ahead
    else:
        assert first == ahead
    assert gateway.asked == times_asked


def test_a_slow_answer_is_no_difference(app: Flask) -> None:
    """It was dated at some moment of the fifteen seconds that it took: none of them is held against us."""
    steady = Steady()

    def slowly() -> datetime:
        steady.at += 15
        return NOON + timedelta(seconds=3)

    assert Witness(steady).ahead(Dated(app.extensions["settings"], slowly), NOON) == timedelta(0)


def test_a_rehearsals_moved_time_is_held_against_nobodys(app: Flask) -> None:
    with moved_clock(lambda: NOON):
        assert Witness().ahead(apart(app, DAY), NOON) is None


@pytest.mark.usefixtures("witness")
@pytest.mark.parametrize(
    ("ours", "sentence"),
    [
        (2 * DAY, "our time is 172800 seconds ahead of the provider's: nothing leaves, is exported or expires"),
        (-60 * MINUTE, "our time is 3600 seconds behind the provider's: nothing leaves, is exported or expires"),
        (timedelta(0), None),
    ],
)
def test_readiness_and_people_are_told(
    session: Session,
    app: Flask,
    client: FlaskClient,
    ours: timedelta,
    sentence: str | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def says() -> datetime:
        return (datetime.now(UTC) - ours).replace(microsecond=0)

    with caplog.at_level("ERROR", "svar.alert"):
        clock.compare(Dated(app.extensions["settings"], says), datetime.now(UTC))
    alerts = [record.getMessage() for record in caplog.records]
    assert [about(alert) for alert in alerts] == ([about(sentence)] if sentence else [])
    times = process_times.last(datetime.now(UTC))
    assert abs(times[process_times.PROVIDER] + ours) < timedelta(seconds=30)
    complaint = process_times.complaint(times)
    assert (complaint is None) is (sentence is None)
    if sentence:
        ready = client.get("/health/ready", environ_base={"REMOTE_ADDR": "127.0.0.1"}).get_json()
        assert ready["complaints"]["time"] == complaint
        assert complaint is not None
        assert complaint.endswith("Until they agree nothing is delivered, exported or expired there.")
        assert about(complaint.partition(":")[0]) == about(
            f"The database's time is {sentence.split(' is ')[1].partition(':')[0]}, as every machine's here"
        )


def about(words: str) -> str:
    """The same words, however many seconds went by meanwhile."""
    return " ".join("so many" if word.isdecimal() else word for word in words.split())


@pytest.mark.usefixtures("witness")
@pytest.mark.parametrize(("ours", "code"), [(2 * DAY, 1), (timedelta(0), 0)])
def test_f35_once_ends_with_1_where_the_provider_has_another_time(
    session: Session,
    app: Flask,
    noted: dict[str, datetime],
    ours: timedelta,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.cli.clock.gateway_for", lambda _: apart(app, ours))
    done = app.test_cli_runner().invoke(args=["clock", "--once"])
    sentence = "Error: Our time is not the provider's. Set it right: what goes by the hour did not run.\n"
    assert (done.exit_code, done.output) == (code, sentence * code)
    assert set(noted) == (AT_ANY_TIME if code else EVERY) - {"compare"}


class Answering(BaseHTTPRequestHandler):
    """Dates its answers as it was told."""

    date: str | None = None

    def do_GET(self) -> None:
        self.send_response_only(404)
        if self.date is not None:
            self.send_header("Date", self.date)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def dating() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Answering) as made:
        Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


@pytest.mark.parametrize(
    ("date", "at"),
    [
        ("Tue, 22 Sep 2026 12:00:00 GMT", NOON),
        ("Tue, 22 Sep 2026 14:00:00 +0200", NOON),
        ("Tue, 22 Sep 2026 12:00:00 -0000", NOON),
        ("22.09.2026 12:00", None),
        ("", None),
        (None, None),
    ],
)
def test_twilios_time_is_the_date_of_its_answer(
    settings: Settings, dating: HTTPServer, monkeypatch: pytest.MonkeyPatch, date: str | None, at: datetime | None
) -> None:
    monkeypatch.setattr(Answering, "date", date)
    there = f"http://127.0.0.1:{dating.server_port}"
    assert TwilioGateway(replace(settings, twilio_base_url=there)).time() == at


def test_a_provider_that_is_away_gives_no_time(settings: Settings) -> None:
    provider = Server()
    gateway = TwilioGateway(replace(settings, twilio_base_url=provider.address))
    said = gateway.time()
    assert said is not None
    assert abs(datetime.now(UTC) - said) < timedelta(seconds=30)
    provider.close()
    assert TwilioGateway(replace(settings, twilio_base_url="http://127.0.0.1:9")).time() is None
