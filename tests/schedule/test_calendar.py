"""The calendar's specification tables: what local clocks and calendars do, and what we make of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.schedule.calendar import Planned, end_of, instant, local_day, plan_visit, reminder_hours, start_of
from app.studies.protocol import Protocol, ReminderPlan, VisitPlan, read_protocol

OSLO = ZoneInfo("Europe/Oslo")
EXAMPLE = Path("examples/backtobasic/protocol.yaml")


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return read_protocol(EXAMPLE, known_instruments=None, safety_instruments=())


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shown(at: datetime, zone: ZoneInfo = OSLO) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")


INSTANTS = [
    # day, local hour, zone, instant in UTC
    (date(2019, 3, 30), time(9), "Europe/Oslo", "2019-03-30T08:00"),  # the day before summer time
    (date(2019, 3, 31), time(9), "Europe/Oslo", "2019-03-31T07:00"),  # the day it begins
    (date(2019, 3, 31), time(2), "Europe/Oslo", "2019-03-31T01:00"),  # the hour that does not exist -> 03:00
    (date(2019, 3, 31), time(2, 30), "Europe/Oslo", "2019-03-31T01:30"),  # the same -> 03:30
    (date(2019, 3, 31), time(3), "Europe/Oslo", "2019-03-31T01:00"),  # the first hour after the gap
    (date(2019, 10, 27), time(2, 30), "Europe/Oslo", "2019-10-27T00:30"),  # the hour that comes twice -> the first
    (date(2019, 10, 27), time(3), "Europe/Oslo", "2019-10-27T02:00"),
    (date(2019, 10, 27), time(9), "Europe/Oslo", "2019-10-27T08:00"),
    (date(2020, 3, 29), time(2, 30), "Europe/Oslo", "2020-03-29T01:30"),
    (date(2020, 3, 29), time(9), "Europe/Oslo", "2020-03-29T07:00"),
    (date(2020, 10, 25), time(2, 30), "Europe/Oslo", "2020-10-25T00:30"),
    (date(2020, 10, 25), time(9), "Europe/Oslo", "2020-10-25T08:00"),
    (date(2021, 3, 28), time(2, 30), "Europe/Oslo", "2021-03-28T01:30"),
    (date(2021, 3, 28), time(9), "Europe/Oslo", "2021-03-28T07:00"),
    (date(2021, 10, 31), time(2, 30), "Europe/Oslo", "2021-10-31T00:30"),
    (date(2021, 10, 31), time(9), "Europe/Oslo", "2021-10-31T08:00"),
    (date(2022, 3, 27), time(2, 30), "Europe/Oslo", "2022-03-27T01:30"),
    (date(2022, 3, 27), time(9), "Europe/Oslo", "2022-03-27T07:00"),
    (date(2022, 10, 30), time(2, 30), "Europe/Oslo", "2022-10-30T00:30"),
    (date(2022, 10, 30), time(9), "Europe/Oslo", "2022-10-30T08:00"),
    (date(2020, 2, 29), time(9), "Europe/Oslo", "2020-02-29T08:00"),  # leap day
    (date(2019, 12, 31), time(23, 59), "Europe/Oslo", "2019-12-31T22:59"),
    (date(2021, 3, 14), time(2, 30), "America/New_York", "2021-03-14T07:30"),  # -> 03:30 summer time
    (date(2021, 11, 7), time(1, 30), "America/New_York", "2021-11-07T05:30"),
    (date(2021, 7, 1), time(9), "Asia/Kolkata", "2021-07-01T03:30"),  # half an hour off, no summer time
    (date(2021, 10, 3), time(2, 15), "Australia/Lord_Howe", "2021-10-02T15:45"),  # a gap of 30 minutes -> 02:45
    (date(2021, 3, 28), time(0), "Asia/Beirut", "2021-03-27T22:00"),  # the midnight that does not exist -> 01:00
    (date(2011, 12, 30), time(9), "Pacific/Apia", "2011-12-30T19:00"),  # the day that does not exist -> the next one
]


@pytest.mark.parametrize(("day", "at", "zone", "expected"), INSTANTS)
def test_a_local_hour_is_an_instant(day: date, at: time, zone: str, expected: str) -> None:
    assert instant(day, at, ZoneInfo(zone)) == utc(expected)
    assert instant(day, at.replace(fold=1), ZoneInfo(zone)) == utc(expected)


DAY_LENGTHS = [
    (date(2019, 3, 31), 23),
    (date(2019, 10, 27), 25),
    (date(2020, 2, 28), 24),
    (date(2020, 2, 29), 24),
    (date(2021, 12, 31), 24),
]


@pytest.mark.parametrize(("day", "hours"), DAY_LENGTHS)
def test_a_local_day_lasts_until_the_next_midnight(day: date, hours: int) -> None:
    assert end_of(day, OSLO) - start_of(day, OSLO) == timedelta(hours=hours)


LOCAL_DAYS = [
    ("2019-03-30T22:59", date(2019, 3, 30)),
    ("2019-03-30T23:00", date(2019, 3, 31)),
    ("2019-03-31T22:00", date(2019, 4, 1)),
    ("2020-02-28T23:30", date(2020, 2, 29)),
    ("2020-12-31T23:00", date(2021, 1, 1)),
]


@pytest.mark.parametrize(("at", "day"), LOCAL_DAYS)
def test_an_instant_belongs_to_the_participants_day(at: str, day: date) -> None:
    assert local_day(utc(at), OSLO) == day


def test_an_instant_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        local_day(datetime(2019, 3, 1, 9), OSLO)  # noqa: DTZ001 - that is the point


WINDOWS = [
    # visit, day 0, opens, due, closes, grace until (all local midnights), invitation
    ("d7", "2019-02-01", "2019-02-08", "2019-02-09", "2019-02-11", "2019-02-12", "2019-02-08 09:00"),
    ("d28", "2019-02-01", "2019-02-27", "2019-03-02", "2019-03-09", "2019-03-12", "2019-02-27 09:00"),
    ("d28", "2020-02-01", "2020-02-27", "2020-03-01", "2020-03-08", "2020-03-11", "2020-02-27 09:00"),  # due on 29 Feb
    (
        "d56",
        "2019-02-03",
        "2019-03-29",
        "2019-04-01",
        "2019-04-08",
        "2019-04-11",
        "2019-03-29 09:00",
    ),  # due on 31 March
    ("d7", "2019-03-24", "2019-03-31", "2019-04-01", "2019-04-03", "2019-04-04", "2019-03-31 09:00"),  # summer time
    ("d7", "2019-10-20", "2019-10-27", "2019-10-28", "2019-10-30", "2019-10-31", "2019-10-27 09:00"),  # winter time
    ("d120", "2019-10-31", "2020-02-26", "2020-02-29", "2020-03-07", "2020-03-10", "2020-02-26 09:00"),
    ("d154", "2019-12-31", "2020-05-26", "2020-06-03", "2020-06-17", "2020-06-24", "2020-05-26 09:00"),
    ("d278", "2021-01-31", "2021-10-22", "2021-11-06", "2021-11-27", "2021-12-04", "2021-10-22 09:00"),
    ("d0", "2020-03-05", "2020-02-27", "2020-03-05", "2020-03-06", "2020-03-07", "2020-02-27 09:00"),  # hour not known
]


@pytest.mark.parametrize(("code", "anchor", "opens", "due", "closes", "grace", "send"), WINDOWS)
def test_a_visit_is_planned_in_whole_local_days(
    protocol: Protocol, code: str, anchor: str, opens: str, due: str, closes: str, grace: str, send: str
) -> None:
    planned = plan_visit(protocol.visit(code), date.fromisoformat(anchor), OSLO, protocol.sending)
    edges = [shown(at) for at in (planned.opens_at, planned.due_at, planned.closes_at, planned.grace_until)]
    assert edges == [f"{day} 00:00" for day in (opens, due, closes, grace)]
    assert shown(planned.send_at) == send
    assert (planned.visit, planned.anchor_on) == (code, date.fromisoformat(anchor))


def baseline(protocol: Protocol, anchor_at: datetime | None) -> Planned:
    return plan_visit(protocol.visit("d0"), date(2019, 3, 31), OSLO, protocol.sending, anchor_at)


def test_day_0_closes_when_the_infusion_starts(protocol: Protocol) -> None:
    planned = baseline(protocol, utc("2019-03-31T08:15"))
    assert shown(planned.closes_at) == "2019-03-31 10:15"
    assert shown(planned.grace_until) == "2019-04-02 00:00"


def test_the_infusions_hour_changes_nothing_for_other_visits(protocol: Protocol) -> None:
    visit, on, at = protocol.visit("d154"), date(2019, 3, 31), utc("2019-03-31T08:15")
    assert plan_visit(visit, on, OSLO, protocol.sending, at) == plan_visit(visit, on, OSLO, protocol.sending)


def test_an_infusion_on_another_day_than_day_0_is_refused(protocol: Protocol) -> None:
    with pytest.raises(ValueError, match="is not on 2019-03-31 in Europe/Oslo"):
        baseline(protocol, utc("2019-03-31T22:30"))


def test_reminders_keep_their_local_hour(protocol: Protocol) -> None:
    planned = plan_visit(protocol.visit("d28"), date(2019, 3, 1), OSLO, protocol.sending)
    assert [shown(at) for at in planned.reminders.values()] == ["2019-03-29 17:00", "2019-04-02 17:00"]
    assert planned.reminders == {1: utc("2019-03-29T16:00"), 2: utc("2019-04-02T15:00")}


def with_reminders(visit: VisitPlan, *reminders: ReminderPlan) -> VisitPlan:
    return replace(visit, window=replace(visit.window, reminders=reminders))


def test_a_reminder_outside_the_window_is_none(protocol: Protocol) -> None:
    on_day_0 = with_reminders(protocol.visit("d0"), ReminderPlan(-8, time(9)), ReminderPlan(0, time(12)))
    early, late = utc("2019-03-31T06:00"), utc("2019-03-31T12:00")
    kept = [plan_visit(on_day_0, date(2019, 3, 31), OSLO, protocol.sending, at).reminders for at in (early, late, None)]
    assert kept == [{}, {2: utc("2019-03-31T10:00")}, {2: utc("2019-03-31T10:00")}], "and keeps its own number"


INSIDE = [
    ("2019-03-04T23:00", "2019-03-06T23:00", "2019-03-05T16:00", True),
    ("2019-03-05T16:00", "2019-03-06T23:00", "2019-03-05T16:00", True),  # at the opening hour
    ("2019-03-05T16:01", "2019-03-06T23:00", "2019-03-05T16:00", False),
    ("2019-03-04T23:00", "2019-03-05T16:01", "2019-03-05T16:00", True),
    ("2019-03-04T23:00", "2019-03-05T16:00", "2019-03-05T16:00", False),  # at the closing hour: nothing can be answered
    ("2019-03-04T23:00", "2019-03-05T15:59", "2019-03-05T16:00", False),
]
"""Opening, closing and hour of a reminder at 17:00 in Oslo, and whether it lies inside."""


@pytest.mark.parametrize(("opens_at", "closes_at", "at", "inside"), INSIDE)
def test_a_reminder_at_the_opening_hour_is_inside_and_at_the_closing_hour_is_not(
    protocol: Protocol, opens_at: str, closes_at: str, at: str, inside: bool
) -> None:
    window = with_reminders(protocol.visit("d7"), ReminderPlan(1, time(17))).window
    hours = reminder_hours(window, date(2019, 3, 4), OSLO, utc(opens_at), utc(closes_at))
    assert hours == ({1: utc(at)} if inside else {})


def test_a_moved_anchor_moves_every_instant(protocol: Protocol) -> None:
    before = plan_visit(protocol.visit("d154"), date(2019, 5, 1), OSLO, protocol.sending)
    after = plan_visit(protocol.visit("d154"), date(2019, 5, 3), OSLO, protocol.sending)
    assert after.closes_at - before.closes_at == timedelta(days=2)
    assert after.anchor_on == date(2019, 5, 3)


def test_a_participant_elsewhere_has_days_of_her_own(protocol: Protocol) -> None:
    visit, on = protocol.visit("d7"), date(2021, 6, 1)
    tokyo = plan_visit(visit, on, ZoneInfo("Asia/Tokyo"), protocol.sending)
    azores = plan_visit(visit, on, ZoneInfo("Atlantic/Azores"), protocol.sending)
    assert tokyo.send_at == utc("2021-06-08T00:00")
    assert azores.send_at == utc("2021-06-08T09:00")
