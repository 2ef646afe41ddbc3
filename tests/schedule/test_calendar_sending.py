"""When a text may leave: quiet hours, holidays, and the hour that people know."""

from __future__ import annotations

from collections.abc import Container
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.schedule.calendar import instant, next_send_instant, plan_visit
from app.schedule.public_holidays import public_holidays
from app.studies.protocol import Holidays, Sending, VisitPlan, Window
from app.studies.protocol.site_checks import zones

OSLO = ZoneInfo("Europe/Oslo")
SENDING = Sending(at=time(9), earliest=time(8), latest=time(20), holidays=Holidays.WAIT, daily_cap=500)
ZONES = sorted(zones())
NO_DAY: Container[date] = frozenset()


def oslo(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=OSLO)


def next_in_oslo(now: str, holidays: Container[date] = NO_DAY, closes: str | None = None) -> str:
    closes_at = oslo(closes) if closes else None
    sent_at = next_send_instant(oslo(now), OSLO, SENDING.earliest, SENDING.latest, holidays, closes_at)
    assert sent_at.tzinfo is UTC
    return sent_at.astimezone(OSLO).strftime("%Y-%m-%d %H:%M")


WAITS = [
    ("2019-03-05 09:00", "2019-03-05 09:00"),  # by day: at once
    ("2019-03-05 08:00", "2019-03-05 08:00"),
    ("2019-03-05 07:59", "2019-03-05 08:00"),  # quiet hours end
    ("2019-03-05 19:59", "2019-03-05 19:59"),
    ("2019-03-05 20:00", "2019-03-06 08:00"),  # quiet hours begin
    ("2019-03-05 23:30", "2019-03-06 08:00"),
    ("2019-02-28 21:00", "2019-03-01 08:00"),  # month's end
    ("2020-02-28 21:00", "2020-02-29 08:00"),  # leap day
    ("2019-03-30 21:00", "2019-03-31 08:00"),  # a night without the hour from 2 to 3
    ("2019-10-26 21:00", "2019-10-27 08:00"),  # a night in which it comes twice
    ("2019-04-18 09:00", "2019-04-20 08:00"),  # Maundy Thursday, Good Friday; the Saturday is free
    ("2019-04-20 21:00", "2019-04-23 08:00"),  # Easter Sunday and Monday
    ("2019-05-17 12:00", "2019-05-18 08:00"),
    ("2021-12-24 21:00", "2021-12-27 08:00"),
    ("2020-12-31 20:30", "2021-01-02 08:00"),
]


@pytest.mark.parametrize(("now", "expected"), WAITS)
def test_a_text_waits_for_the_morning_and_for_the_end_of_holidays(now: str, expected: str) -> None:
    assert next_in_oslo(now, public_holidays("NO")) == expected


def test_holidays_do_not_count_where_the_window_would_close() -> None:
    norway = public_holidays("NO")
    assert next_in_oslo("2019-04-18 09:00", norway, "2019-04-20 00:00") == "2019-04-18 09:00"
    assert next_in_oslo("2019-04-18 07:00", norway, "2019-04-20 00:00") == "2019-04-18 08:00"
    assert next_in_oslo("2019-04-18 09:00", norway, "2019-04-20 08:01") == "2019-04-20 08:00"


def test_quiet_hours_count_even_where_the_window_would_close() -> None:
    assert next_in_oslo("2019-03-05 22:00", closes="2019-03-06 00:00") == "2019-03-06 08:00"


@pytest.mark.parametrize(
    ("now", "closes", "expected"),
    [
        ("2019-05-17 12:00", None, "2019-05-18 09:00"),  # a holiday
        ("2019-03-05 20:00", None, "2019-03-06 09:00"),  # an evening
        ("2019-03-05 06:00", None, "2019-03-05 09:00"),  # a morning
        ("2019-03-05 08:00", None, "2019-03-05 08:00"),  # nothing to wait for
        ("2019-03-05 20:00", "2019-03-06 09:01", "2019-03-06 09:00"),
        ("2019-03-05 20:00", "2019-03-06 09:00", "2019-03-06 08:00"),  # closed by then: as soon as quiet hours end
        ("2019-03-05 20:00", "2019-03-06 08:01", "2019-03-06 08:00"),
        ("2019-05-17 07:00", "2019-05-18 08:00", "2019-05-17 09:00"),  # not even then: on the holiday
    ],
)
def test_what_waited_rings_at_the_hour_that_people_know(now: str, closes: str | None, expected: str) -> None:
    closes_at = oslo(closes) if closes else None
    norway = public_holidays("NO")
    leaves = next_send_instant(oslo(now), OSLO, SENDING.earliest, SENDING.latest, norway, closes_at, SENDING.at)
    assert leaves.astimezone(OSLO).strftime("%Y-%m-%d %H:%M") == expected


def test_whit_monday_and_constitution_day_may_be_one_day() -> None:
    assert date(2027, 5, 17) in public_holidays("NO")
    assert next_in_oslo("2027-05-16 09:00", public_holidays("NO")) == "2027-05-18 08:00"


def test_a_text_that_would_come_at_the_closing_hour_itself_does_not_wait_for_holidays() -> None:
    norway = public_holidays("NO")
    assert next_in_oslo("2019-04-18 09:00", norway, "2019-04-20 08:00") == "2019-04-18 09:00"


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (58, "2019-05-02 08:00"),
        (59, "2019-05-03 08:00"),
        (60, "2019-03-05 09:00"),
        (61, "2019-03-05 09:00"),
        (400, "2019-03-05 09:00"),
    ],
)
def test_for_the_end_of_sixty_days_off_in_a_row_no_text_waits(days: int, expected: str) -> None:
    """They are a mistake in the protocol, and better a text on one of them than none at all."""
    holidays = frozenset(date(2019, 3, 5) + timedelta(days=number) for number in range(days))
    assert next_in_oslo("2019-03-05 09:00", holidays) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2019-03-05 09:00", "2019-03-05 09:00"),
        ("2019-03-05 07:00", "2019-03-05 08:00"),
        ("2019-03-05 21:00", "2019-03-06 08:00"),
    ],
)
def test_of_nothing_but_days_off_quiet_hours_are_kept(now: str, expected: str) -> None:
    class Always:
        def __contains__(self, day: object) -> bool:
            return True

    assert next_in_oslo(now, Always()) == expected


def transitions(zone: ZoneInfo, year: int) -> list[date]:
    """The days of the year on which the zone's clocks are changed."""
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    offsets = [datetime.combine(day, time(12), zone).utcoffset() for day in days]
    return [day for day, before, after in zip(days[1:], offsets, offsets[1:], strict=False) if before != after]


def test_every_zone_keeps_the_local_hour_over_both_switches() -> None:
    """All zones there are (some 600): the days around each change of the clocks in the trial's own years."""
    visit = VisitPlan("d7", 7, Window("weekly", 0, 0, 2, None, 1, ()), 2, ("nrs_lbp_week",))
    tried = 0
    for zone in map(ZoneInfo, ZONES):
        for switch in transitions(zone, 2021):
            for day in (switch - timedelta(days=1), switch, switch + timedelta(days=1)):
                planned = plan_visit(visit, day - timedelta(days=7), zone, SENDING)
                assert planned.send_at.astimezone(zone).replace(tzinfo=None) == datetime.combine(day, time(9))
                tried += 1
    assert tried > 800


@settings(max_examples=400)
@given(
    zone=st.sampled_from([name for name in ZONES if not name.startswith("Antarctica/")]).map(ZoneInfo),
    day=st.dates(date(2015, 1, 1), date(2035, 12, 31)),
    at=st.times(time(6), time(20, 59)).map(lambda at: at.replace(second=0, microsecond=0, fold=0)),
)
def test_the_local_send_hour_is_kept(zone: ZoneInfo, day: date, at: time) -> None:
    """From 06:00 to 21:00, the hours that a protocol may name, clocks are changed nowhere but on Antarctic bases."""
    local = instant(day, at, zone).astimezone(zone)
    assert (local.date(), local.time()) == (day, at)
    assert local.utcoffset() == local.replace(fold=1).utcoffset()


@settings(max_examples=200)
@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    now=st.datetimes(datetime(2018, 1, 1), datetime(2027, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)),  # noqa: DTZ001
)
def test_the_next_send_instant_is_free_and_final(zone: ZoneInfo, now: datetime) -> None:
    norway = public_holidays("NO")
    sent_at = next_send_instant(now, zone, SENDING.earliest, SENDING.latest, norway)
    local = sent_at.astimezone(zone)
    assert sent_at >= now
    assert SENDING.earliest <= local.time() < SENDING.latest
    assert local.date() not in norway
    assert next_send_instant(sent_at, zone, SENDING.earliest, SENDING.latest, norway) == sent_at
