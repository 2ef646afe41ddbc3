"""The virtual clock: acts come in the order of their instants, and the time never runs backwards."""

from datetime import UTC, datetime, timedelta

import pytest

from app.rehearsal.agenda import Agenda, next_hour, next_quarter, soonest

NOON = datetime(2018, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_acts_come_by_their_instants_and_equal_ones_as_they_were_noted() -> None:
    agenda, done = Agenda(NOON), list[tuple[str, datetime]]()
    for name, minutes in (("late", 9), ("first of two", 5), ("second of two", 5), ("early", 1)):
        agenda.note(NOON + minutes * MINUTE, lambda name=name: done.append((name, agenda.now())))  # type: ignore[misc]
    while agenda.next_at() is not None:
        agenda.act()
    assert done == [
        ("early", NOON + MINUTE),
        ("first of two", NOON + 5 * MINUTE),
        ("second of two", NOON + 5 * MINUTE),
        ("late", NOON + 9 * MINUTE),
    ]


def test_what_has_passed_is_done_at_once() -> None:
    agenda = Agenda(NOON)
    agenda.note(NOON - MINUTE, lambda: None)
    assert agenda.next_at() == NOON


def test_the_time_never_runs_backwards() -> None:
    agenda = Agenda(NOON)
    agenda.move(NOON + MINUTE)
    agenda.move(NOON)
    assert agenda.now() == NOON + MINUTE


@pytest.mark.parametrize(
    ("at", "hour"),
    [
        (NOON, NOON),
        (NOON + timedelta(microseconds=1), NOON + timedelta(hours=1)),
        (NOON + 59 * MINUTE, NOON + timedelta(hours=1)),
        (datetime(2018, 12, 31, 23, 30, tzinfo=UTC), datetime(2019, 1, 1, tzinfo=UTC)),
    ],
)
def test_the_next_hour_is_the_one_at_or_after_the_instant(at: datetime, hour: datetime) -> None:
    assert next_hour(at) == hour


@pytest.mark.parametrize(
    ("at", "quarter"),
    [
        (NOON, NOON),
        (NOON + timedelta(microseconds=1), NOON + 15 * MINUTE),
        (NOON + 15 * MINUTE, NOON + 15 * MINUTE),
        (NOON + 16 * MINUTE, NOON + 30 * MINUTE),
        (NOON + 59 * MINUTE, NOON + timedelta(hours=1)),
        (datetime(2018, 12, 31, 23, 46, tzinfo=UTC), datetime(2019, 1, 1, tzinfo=UTC)),
    ],
)
def test_the_next_quarter_of_an_hour_is_the_one_at_or_after_the_instant(at: datetime, quarter: datetime) -> None:
    assert next_quarter(at) == quarter


@pytest.mark.parametrize(
    ("moments", "first"),
    [((), None), ((None,), None), ((None, NOON), NOON), ((NOON + MINUTE, NOON, None), NOON), ((NOON,), NOON)],
)
def test_the_soonest_is_the_first_of_the_moments_that_are(
    moments: tuple[datetime | None, ...], first: datetime | None
) -> None:
    assert soonest(*moments) == first
