"""The database's time is the one that counts: how far a machine is from it, and whether somebody has set it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.core import one_time
from app.core.one_time import Moment, ahead_of, in_words, is_off, step
from app.core.time import moved_clock

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("database_says", "before", "after", "ahead"),
    [
        (0, 0, 0, 0),
        (0, -1, 1, 0),  # it took two seconds to ask, and the answer lies within them
        (0, -300, 0, 0),  # a database that was busy for five minutes says nothing against either
        (0, 0, 300, 0),
        (0, 1, 2, 1),
        (0, 61, 400, 61),  # ahead by a minute at least
        (0, -2, -1, -1),
        (0, -400, -61, -61),
        (0, 172_800, 172_801, 172_800),
        (0, -3600, -3599, -3599),
    ],
)
def test_how_far_a_machine_is_ahead_at_least(database_says: float, before: float, after: float, ahead: float) -> None:
    assert ahead_of(at(database_says), at(before), at(after)) == timedelta(seconds=ahead)


@pytest.mark.parametrize(
    ("seconds", "off"), [(0, False), (60, False), (60.001, True), (-60, False), (-60.001, True), (172_800, True)]
)
def test_beyond_sixty_seconds_they_are_too_far_apart(seconds: float, off: bool) -> None:
    assert is_off(timedelta(seconds=seconds)) is off
    assert one_time.Reading(NOON, timedelta(seconds=seconds)).is_off is off


@pytest.mark.parametrize(
    ("shown", "steady", "stepped"),
    [(5, 5, 0), (5, 4, 1), (-3595, 5, -3600), (172_805, 5, 172_800), (0, 5, -5)],
)
def test_a_step_is_what_a_machine_shows_beyond_what_has_passed(shown: float, steady: float, stepped: float) -> None:
    assert step(Moment(NOON, 100.0), Moment(at(shown), 100.0 + steady)) == timedelta(seconds=stepped)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-3600.2, "3600 seconds behind"), (172_800, "172800 seconds ahead of"), (61, "61 seconds ahead of")],
)
def test_it_is_said_in_words(seconds: float, words: str) -> None:
    assert in_words(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize("moved", [0, 7200, -7200])
def test_the_time_is_the_databases_whatever_the_machine_shows(session: Session, moved: float) -> None:
    shown = timedelta(seconds=moved)
    reading = one_time.read(lambda: datetime.now(UTC) + shown)
    assert abs(datetime.now(UTC) - reading.at) < 10 * SECOND, "both of this test are on one machine"
    assert reading.at.tzinfo is UTC
    assert abs(reading.ahead - shown) < 10 * SECOND


def test_a_rehearsals_clock_is_the_only_one(session: Session) -> None:
    with moved_clock(lambda: NOON):
        assert one_time.read(lambda: datetime.now(UTC)) == one_time.Reading(NOON, timedelta(0))
