"""When a visit opens, is due and closes for one participant, and when a text may leave.

Days are the participant's local days; what comes out are aware instants in UTC. A window opens at the midnight that
begins its first day and closes at the midnight that ends its last one, so an instant belongs to the window when
`opens_at <= instant < closes_at`; all ends are exclusive.

An hour that does not exist (clocks go forward) is moved forward by the gap; of an hour that comes twice, the first
is meant.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.studies.protocol import Sending, VisitPlan, Window

MIDNIGHT = time(0)
LONGEST_WAIT = 60  # days; more holidays than that in a row are a mistake


@dataclass(frozen=True)
class Planned:
    """One visit of one participant in time."""

    visit: str
    anchor_on: date
    opens_at: datetime
    due_at: datetime
    closes_at: datetime
    grace_until: datetime
    send_at: datetime
    reminders: dict[int, datetime]
    """The hours of the reminders that lie inside the window, by their number."""


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant at which local clocks show `at` on `day`."""
    return datetime.combine(day, at.replace(fold=0), zone).astimezone(UTC)


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The midnight with which the day begins there, or the first instant after it where midnight does not exist."""
    return instant(day, MIDNIGHT, zone)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The midnight that ends the day, which is the start of the next one."""
    return start_of(day + timedelta(days=1), zone)


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """The date on the participant's calendar; an instant without zone is refused."""
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return at.astimezone(zone).date()


def plan_visit(
    visit: VisitPlan, anchor_on: date, zone: ZoneInfo, sending: Sending, anchor_at: datetime | None = None
) -> Planned:
    """One visit's instants. `anchor_at` is when the anchor event starts, given or else planned, if it is known.

    It closes the windows that close with the event; as long as it is unknown, they close at the end of its day.
    """
    if anchor_at is not None and local_day(anchor_at, zone) != anchor_on:
        raise ValueError(f"the anchor event at {anchor_at.isoformat()} is not on {anchor_on} in {zone.key}")
    window, day = visit.window, anchor_on + timedelta(days=visit.day)
    opens_at = start_of(_offset(day, window.opens), zone)
    closes_on = _offset(day, window.closes)
    closes_at = anchor_at.astimezone(UTC) if window.closes_at_anchor and anchor_at else end_of(closes_on, zone)
    return Planned(
        visit=visit.code,
        anchor_on=anchor_on,
        opens_at=opens_at,
        due_at=end_of(_offset(day, window.due), zone),
        closes_at=closes_at,
        grace_until=end_of(_offset(closes_on, window.grace), zone),
        send_at=instant(_offset(day, window.opens), sending.at, zone),
        reminders=reminder_hours(window, day, zone, opens_at, closes_at),
    )


def reminder_hours(
    window: Window, on: date, zone: ZoneInfo, opens_at: datetime, closes_at: datetime
) -> dict[int, datetime]:
    """The hours of a visit's reminders by their number; one outside the window (which may close early) is none."""
    hours = {
        number: instant(_offset(on, reminder.day), reminder.at, zone)
        for number, reminder in enumerate(window.reminders, 1)
    }
    return {number: at for number, at in hours.items() if opens_at <= at < closes_at}


def next_send_instant(
    now: datetime,
    zone: ZoneInfo,
    send_from: time,
    send_until: time,
    holidays: Container[date] = frozenset(),
    closes_at: datetime | None = None,
    rings_at: time | None = None,
) -> datetime:
    """The first instant from `now` on outside quiet hours and public holidays: `now` itself when it is free.

    What has to wait rings at `rings_at`, the hour that people know, and only where the window closes before it as soon
    as quiet hours end. Where waiting for the holidays to end would miss `closes_at`, only quiet hours count: a text on
    a holiday is better than a question never asked.
    """
    usual = rings_at or send_from

    def free(days_off: Container[date]) -> datetime:
        day = _free_day(now, zone, send_until, days_off)
        opens = instant(day, send_from, zone)
        if now >= opens:
            return now.astimezone(UTC)
        rings = instant(day, usual, zone)
        return rings if closes_at is None or rings < closes_at else opens

    first = free(holidays)
    return first if closes_at is None or first < closes_at else free(frozenset())


def _free_day(now: datetime, zone: ZoneInfo, send_until: time, days_off: Container[date]) -> date:
    """The first day with an hour from `now` on at which a text may leave."""
    day = local_day(now, zone)
    for _ in range(LONGEST_WAIT):
        if now < instant(day, send_until, zone) and day not in days_off:
            return day
        day += timedelta(days=1)
    raise ValueError(f"no day to send on within {LONGEST_WAIT} days of {now.isoformat()}")


def _offset(day: date, days: int) -> date:
    return day + timedelta(days=days)
