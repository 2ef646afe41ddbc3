"""Visits of format 2 in time: hours over both changes of the clocks, months, series, chance; and format 1 as it was."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.schedule.calendar import Planned, drawn, plan_visit
from app.studies.protocol import DayPart, Protocol, VisitPlan, read_protocol
from tests.example import BACKTOBASIC
from tests.studies.protocol.second import SECOND, read, second, with_visit

GOLDEN = Path(__file__).parent / "golden" / "backtobasic_plan.csv"
"""Of a day 0 whose visits lie on both sides of a change of clocks, by the version of Svar that knew one format."""
OSLO = ZoneInfo("Europe/Oslo")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def planned(visit: VisitPlan, day_0: date, protocol: Protocol, at: datetime | None = None, chance: str = "") -> Planned:
    return plan_visit(visit, day_0, OSLO, protocol.sending, at, chance)


def local(at: datetime) -> str:
    return f"{at.astimezone(OSLO):%Y-%m-%d %H:%M}"


def _minute(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M}"


def test_the_protocol_of_format_1_gives_the_plan_that_it_gave_to_the_minute() -> None:
    protocol, day_0 = read_protocol(BACKTOBASIC), date(2026, 2, 20)
    lines = ["visit,opens,send,due,closes,grace,reminders"]
    for visit in protocol.visits:
        when = planned(visit, day_0, protocol, datetime(2026, 2, 20, 9, 45, tzinfo=OSLO))
        ends = (when.opens_at, when.send_at, when.due_at, when.closes_at, when.grace_until)
        lines.append(",".join([visit.code, *map(_minute, ends), " ".join(map(_minute, when.reminders.values()))]))
    assert lines == GOLDEN.read_text("utf-8").splitlines()


@pytest.mark.parametrize("switch", [SPRING, AUTUMN])
def test_a_diary_morning_and_evening_keeps_its_hours_over_a_change_of_clocks(switch: date) -> None:
    protocol = read(SECOND)
    day_0 = switch - timedelta(days=7)
    for number in (6, 7, 8):
        on = day_0 + timedelta(days=number)
        for code, opens, reminds, closes in (
            ("morning", "07:30", "09:30", "11:30"),
            ("evening", "19:30", "21:30", "23:30"),
        ):
            when = planned(protocol.visit(f"{code}-{number}"), day_0, protocol)
            assert local(when.opens_at) == local(when.send_at) == f"{on} {opens}"
            assert [local(at) for at in when.reminders.values()] == [f"{on} {reminds}"]
            assert local(when.closes_at) == local(when.due_at) == local(when.grace_until) == f"{on} {closes}"


NIGHTS = [(SPRING, 7, "2026-03-29 03:30"), (AUTUMN, 7, "2026-10-25 02:30"), (date(2026, 6, 1), 6, "2026-06-01 01:30")]


@pytest.mark.parametrize(("on", "hours", "closes"), NIGHTS)
def test_an_hour_is_sixty_minutes_also_in_the_night_in_which_clocks_change(on: date, hours: int, closes: str) -> None:
    protocol = read(with_visit(f'code: x, at: "19:30", closes: {hours}h'))
    when = planned(protocol.visit("x"), on - timedelta(days=1), protocol)
    assert when.closes_at - when.opens_at == timedelta(hours=hours)
    assert local(when.closes_at) == closes


QUARTERS = [
    # day 0, the series' number, its day
    (date(2026, 11, 30), 1, date(2027, 2, 28)),
    (date(2026, 11, 30), 2, date(2027, 5, 30)),
    (date(2026, 1, 31), 1, date(2026, 4, 30)),
    (date(2026, 1, 31), 4, date(2027, 1, 31)),
    (date(2028, 2, 29), 4, date(2029, 2, 28)),
    (date(2026, 5, 17), 20, date(2031, 5, 17)),
]


@pytest.mark.parametrize(("day_0", "number", "on"), QUARTERS)
def test_every_three_months_is_counted_from_day_0_each_time(day_0: date, number: int, on: date) -> None:
    protocol = read(SECOND)
    when = planned(protocol.visit(f"quarter-{number}"), day_0, protocol)
    assert local(when.opens_at) == f"{on} 00:00"
    assert local(when.send_at) == f"{on} 09:00"
    assert when.day == (on - day_0).days


ENDS = [
    # of a visit; when it opens, is due, closes and may be sent until, with surgery on 1 June at 10:15
    ("closes: 2d", "06-01 00:00", "06-04 00:00", "06-04 00:00", "06-04 00:00"),
    ("closes: 2d, grace: 1w", "06-01 00:00", "06-04 00:00", "06-04 00:00", "06-11 00:00"),
    ("opens: -1w, due: -1, closes: 0", "05-25 00:00", "06-01 00:00", "06-02 00:00", "06-02 00:00"),
    ("day: 6h, closes: 4h", "06-01 16:15", "06-01 20:15", "06-01 20:15", "06-01 20:15"),
    ("day: 24h, opens: -2h, due: 0h, closes: 2h", "06-02 08:15", "06-02 10:15", "06-02 12:15", "06-02 12:15"),
    ("day: 6h, closes: 4h, grace: 2h", "06-01 16:15", "06-01 20:15", "06-01 20:15", "06-01 22:15"),
    ("day: 6h, closes: 4h, grace: 1d", "06-01 16:15", "06-01 20:15", "06-01 20:15", "06-03 00:00"),
    ("day: 6h, closes: 1d", "06-01 16:15", "06-03 00:00", "06-03 00:00", "06-03 00:00"),
    ('day: 1, at: "12:00", closes: 1d', "06-02 12:00", "06-04 00:00", "06-04 00:00", "06-04 00:00"),
    ('day: 3, at: "12:00", opens: -1d, closes: 2h', "06-03 12:00", "06-04 14:00", "06-04 14:00", "06-04 14:00"),
    ("day: -7, closes: 1d", "05-25 00:00", "05-27 00:00", "05-27 00:00", "05-27 00:00"),
]


@pytest.mark.parametrize(("visit", "opens", "due", "closes", "grace"), ENDS)
def test_a_window_opens_and_ends_by_days_or_by_hours(visit: str, opens: str, due: str, closes: str, grace: str) -> None:
    protocol = read(with_visit(f"code: x, {visit}"))
    when = planned(protocol.visit("x"), date(2026, 6, 1), protocol, datetime(2026, 6, 1, 10, 15, tzinfo=OSLO))
    ends = [local(at).partition("-")[2] for at in (when.opens_at, when.due_at, when.closes_at, when.grace_until)]
    assert ends == [opens, due, closes, grace]


def test_what_counts_hours_from_an_event_without_an_hour_counts_from_the_hour_of_sending() -> None:
    protocol = read(with_visit("code: x, day: 6h, closes: 4h"))
    assert local(planned(protocol.visit("x"), date(2026, 6, 1), protocol).opens_at) == "2026-06-01 15:00"


def test_any_number_of_reminders_comes_by_hours_after_opening() -> None:
    later = '  reminder-2: {en: "{sender}: The last one: {link}"}\n  reissue:'
    protocol = read(second(("[{day: 2h}]", "[{day: 1h}, {day: 2h}, {day: 3h}]"), ("  reissue:", later)))
    when = planned(protocol.visit("morning-1"), date(2026, 6, 1), protocol)
    assert [local(at)[-5:] for at in when.reminders.values()] == ["08:30", "09:30", "10:30"]
    assert protocol.template("reminder-3", "en") == "{sender}: The last one: {link}", "as the reminder before it"


RANDOM = 'code: x, days: 1-30, random: {earliest: "09:00", latest: "19:00", times: 3}, closes: 1h'


def test_hours_at_random_lie_in_their_part_of_the_day_and_are_the_same_each_time() -> None:
    protocol, day_0 = read(with_visit(RANDOM)), date(2026, 6, 1)
    visits = [visit for visit in protocol.visits if visit.random]
    first = [planned(visit, day_0, protocol, chance="knee:01-001:1").opens_at for visit in visits]
    again = [planned(visit, day_0, protocol, chance="knee:01-001:1").opens_at for visit in visits]
    other = [planned(visit, day_0, protocol, chance="knee:01-002:1").opens_at for visit in visits]
    assert first == again
    assert len(visits) == 90
    assert sum(mine == hers for mine, hers in zip(first, other, strict=True)) < 10
    for visit, at in zip(visits, first, strict=True):
        assert visit.random is not None
        assert visit.random.earliest <= at.astimezone(OSLO).time() < visit.random.latest
    assert len({at.astimezone(OSLO).time() for at in first}) > 60, "not the same minute each day"


def test_a_stretch_of_no_length_is_its_first_minute() -> None:
    assert drawn(DayPart(time(9), time(9)), "anything") == time(9)
