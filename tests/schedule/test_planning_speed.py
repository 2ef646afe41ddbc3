"""Planning takes time with the visits that there are, and not with their square."""

from datetime import date

from app.schedule.dating import Anchored, Dated, planned, visits_of
from app.studies.protocol import Protocol, read_protocol
from tests.example import BACKTOBASIC
from tests.studies.protocol.second import read, with_visit
from tests.timing import processor_seconds

DAY_0 = date(2026, 1, 1)


def seconds(protocol: Protocol, people: int) -> float:
    """Of a plan for so many people whose day 0 is the same."""
    event = Dated(protocol.anchor, 1, DAY_0, None, happened=False)

    def plan() -> None:
        for number in range(people):
            person = Anchored(number, 1, f"01-{number}", "01", protocol.zone, (event,))
            assert all(planned(person, due, protocol).opens_at for due in visits_of(person, protocol))

    return processor_seconds(plan)


def test_a_thousand_people_are_planned_within_two_seconds() -> None:
    """Ten thousand within twenty, if nobody shared a window; those with the same day 0 do."""
    assert seconds(read_protocol(BACKTOBASIC), 1000) < 2


def test_four_times_the_visits_take_about_four_times_as_long() -> None:
    few, many = (read(with_visit(f"code: x, days: 1-{days}, window: short")) for days in (500, 2000))
    assert seconds(many, 3) < 8 * seconds(few, 3)
