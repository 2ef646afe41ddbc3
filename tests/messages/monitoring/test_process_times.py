"""Whose machine's time is not the database's: one of several, all of them, or the database itself."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.one_time import TOLERANCE
from app.messages.models import ProcessTime
from app.messages.monitoring import process_times

NOW = datetime(2027, 1, 4, 11, tzinfo=UTC)
MOMENT, DAY = timedelta(microseconds=1), timedelta(days=1)
STOPPED = "Until they agree nothing is delivered, exported or expired there."


@pytest.mark.parametrize(
    ("seconds", "sentence"),
    [
        ({}, None),
        ({"a:1": 0.0}, None),
        ({"a:1": 60.0, "b:2": -60.0}, None),
        ({"a:1": 61.0}, f"A machine's time is wrong: that of a:1 is 61 seconds ahead of the database's. {STOPPED}"),
        (
            {"b:2": -3600.0, "a:1": 0.0},
            f"A machine's time is wrong: that of b:2 is 3600 seconds behind the database's. {STOPPED}",
        ),
        (
            {"b:2": -3600.0, "a:1": 172_800.0},
            "A machine's time is wrong: that of a:1 is 172800 seconds ahead of the database's;"
            f" that of b:2 is 3600 seconds behind the database's. {STOPPED}",
        ),
        (
            {"a:1": 3600.0, "b:2": 3600.0, "c:3": 3650.0},
            "The database's time is 3600 seconds behind that of all 3 processes: set right its, or theirs. " + STOPPED,
        ),
        (
            {"a:1": -172_800.0, "b:2": -172_805.0},
            "The database's time is 172800 seconds ahead of that of all 2 processes: set right its, or theirs. "
            + STOPPED,
        ),
        (
            {"a:1": 3600.0, "b:2": 3661.0},
            "A machine's time is wrong: that of a:1 is 3600 seconds ahead of the database's;"
            f" that of b:2 is 3661 seconds ahead of the database's. {STOPPED}",
        ),
    ],
)
def test_who_is_named(seconds: Mapping[str, float], sentence: str | None) -> None:
    times = {process: timedelta(seconds=ahead) for process, ahead in seconds.items()}
    assert process_times.complaint(times) == sentence


def test_each_process_says_how_it_is_now_and_whoever_has_ended_is_not_asked(session: Session) -> None:
    hour = timedelta(hours=1)
    process_times.note("a:1", hour, NOW - timedelta(minutes=4))
    process_times.note("b:2", hour, NOW - process_times.FRESH_FOR + MOMENT)
    process_times.note("c:3", hour, NOW)
    process_times.note("c:3", -hour, NOW)
    process_times.note("d:4", hour, NOW - process_times.FRESH_FOR)
    process_times.note("e:5", -2 * DAY, NOW + 2 * DAY)  # the database was two days ahead, and has been set back
    process_times.note("f:6", hour, NOW + TOLERANCE + MOMENT)
    assert process_times.last(NOW) == {"b:2": hour, "c:3": -hour}


def test_who_has_ended_is_forgotten_after_a_day(session: Session) -> None:
    noted = {"a:1": -DAY - MOMENT, "b:2": -DAY, "c:3": timedelta(0), "d:4": TOLERANCE, "e:5": TOLERANCE + MOMENT}
    for process, at in noted.items():
        process_times.note(process, timedelta(0), NOW + at)
    process_times.forget(NOW)
    kept = session.scalars(select(ProcessTime.process).order_by(ProcessTime.process)).all()
    assert kept == ["b:2", "c:3", "d:4"]
