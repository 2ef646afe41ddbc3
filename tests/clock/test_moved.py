"""A real clock on a machine whose time is wrong, set right, and wrong again; on a database that keeps its own."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.config import Settings
from app.exports.models import Snapshot
from app.messages.models import Heartbeat, Message, MessageState
from app.messages.monitoring import heartbeats, holding, process_times
from tests.clock.running import clock, until
from tests.factories import example, installed, scheduled, visit
from tests.messages.people import only

HOUR, DAY = 3600, 86_400


def at_noon() -> dict[str, str]:
    """The example's zone, exchanged for one in which it is about noon whenever this test runs; no day is a holiday."""
    hours = 12 - datetime.now(UTC).hour
    return {
        "zone: Europe/Oslo": f"zone: Etc/GMT{-hours:+d}",
        "holidays: wait": "holidays: send",
    }


@pytest.fixture
def due_on(session: Session, settings: Settings) -> dict[str, int]:
    """One person whose text is due since this morning, and one whose text is due tomorrow."""
    infused = datetime.now(UTC) - timedelta(days=7)
    early = infused - timedelta(days=30)
    protocol = installed(example(at_noon()), early)
    made = {}
    for word, day_0 in (("today", infused), ("tomorrow", infused + timedelta(days=1))):
        someone = scheduled(protocol, day_0, given_at=day_0 if word == "today" else None, now=early)
        only(someone, "d7")
        made[word] = visit(someone, "d7").id
    heartbeats.beat(holding.REMEMBERING, datetime.now(UTC))
    holding.remember(settings.instance, datetime.now(UTC))  # else it would hold every text
    session.commit()
    return made


class Looking:
    """What the database says now."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def beat(self, job: str) -> datetime | None:
        self.session.rollback()
        return self.session.scalar(select(Heartbeat.at).filter_by(job=job))

    def left(self) -> list[int | None]:
        self.session.rollback()
        query = select(Message.assessment_id).where(Message.state == MessageState.ACCEPTED).order_by(Message.id)
        return list(self.session.scalars(query))

    def off_by(self) -> float:
        self.session.rollback()
        times = process_times.last(datetime.now(UTC)).values()
        return max((ahead.total_seconds() for ahead in times), key=abs, default=0.0)

    def passes(self, job: str, times: int = 2) -> None:
        """Wait until this job has run so often more: once may have begun before."""
        for _ in range(times):
            last_beat = self.beat(job)
            until(lambda last_beat=last_beat: self.beat(job) != last_beat)  # type: ignore[misc]


def test_f35_a_clock_whose_time_is_set_back_and_forth_texts_nobody_early_and_nobody_never(
    session: Session, settings: Settings, client: FlaskClient, due_on: dict[str, int], tmp_path: Path
) -> None:
    look = Looking(session)
    with clock(settings, tmp_path / "time", -HOUR) as running:
        look.passes("hear")
        until(lambda: look.off_by() < -HOUR + 60)
        assert (look.beat("deliver"), look.beat("export"), look.left()) == (None, None, [])
        assert {"clock", "time", "unasked", "export"} == _said(client)

        running.set_time(0)
        until(lambda: look.left() == [due_on["today"]] and look.beat("export") is not None)

        running.set_time(2 * DAY)
        until(lambda: look.off_by() > 2 * DAY - 60)
        look.passes("hear")  # what had begun by then has ended
        delivered, exported = look.beat("deliver"), look.beat("export")
        look.passes("hear")
        assert (look.beat("deliver"), look.beat("export")) == (delivered, exported)
        assert "time" in _said(client)

        running.set_time(0)  # two days back: whoever waits by the hour sleeps until then
        until(lambda: look.beat("deliver") != delivered, 15)
        until(lambda: abs(look.off_by()) < 60, 15)
        assert "time" not in _said(client)
        assert look.left() == [due_on["today"]], "tomorrow's waits for tomorrow"
    session.rollback()
    assert all(day <= datetime.now(UTC).date() + timedelta(days=1) for day in session.scalars(select(Snapshot.day)))


def _said(client: FlaskClient) -> set[str]:
    return set(client.get("/health/ready").get_json()["complaints"])


def test_f35_of_several_clocks_the_one_whose_time_is_wrong_waits_and_is_named(
    session: Session, settings: Settings, client: FlaskClient, due_on: dict[str, int], tmp_path: Path
) -> None:
    look = Looking(session)
    with clock(settings, tmp_path / "ahead", 2 * DAY) as ahead:
        look.passes("hear", 1)
        assert look.left() == []
        with clock(settings, tmp_path / "right") as right:
            until(lambda: look.left() == [due_on["today"]])
            until(lambda: len(process_times.last(datetime.now(UTC))) == 2)
            content = client.get("/health/ready").get_json()["complaints"]["time"]
            assert f":{ahead.process.pid} is 172800 seconds ahead of the database's" in content
            assert f":{right.process.pid} " not in content
            look.passes("deliver", 1)
    assert look.left() == [due_on["today"]], "and tomorrow's is nobody's yet"
