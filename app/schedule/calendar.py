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
from random import Random
from zoneinfo import ZoneInfo

from app.studies.protocol import DayPart, Sending, VisitPlan, Window
from app.studies.protocol.days_off import LONGEST_WAIT
from app.studies.protocol.spans import Offset, day_after, hours, in_hours

MIDNIGHT = time(0)


@dataclass(frozen=True)
class Planned:
    """One visit of one participant in time."""

    visit: str
    anchor_on: date
    day: int
    """How many days from the anchor it is, for this participant: months are not equally long."""
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


def day_began(at: datetime, zone: ZoneInfo) -> datetime:
    """The start of the day that it is there at this instant."""
    return start_of(local_day(at, zone), zone)


def plan_visit(
    visit: VisitPlan,
    anchor_on: date,
    zone: ZoneInfo,
    sending: Sending,
    anchor_at: datetime | None = None,
    chance: str = "",
) -> Planned:
    """One visit's instants. `anchor_at` is when the anchor event starts, given or else planned, if it is known.

    It closes the windows that close with the event; as long as it is unknown, they close at the end of its day. An hour
    at random is always the same for the same `chance`: that of one participant and visit.
    """
    if anchor_at is not None and local_day(anchor_at, zone) != anchor_on:
        raise ValueError(f"the anchor event at {anchor_at.isoformat()} is not on {anchor_on} in {zone.key}")
    window, starts_at = visit.window, _starts_at(visit, anchor_on, zone, sending, anchor_at, chance)
    on = day_after(anchor_on, visit.distance) if starts_at is None else local_day(starts_at, zone)
    opens_at = _opening(window.opens, on, zone, starts_at)
    closes_at = _end(window.closes, on, zone, starts_at)
    if window.closes_at_anchor and anchor_at:
        closes_at = anchor_at.astimezone(UTC)
    return Planned(
        visit=visit.code,
        anchor_on=anchor_on,
        day=(on - anchor_on).days,
        opens_at=opens_at,
        due_at=_end(window.due, on, zone, starts_at),
        closes_at=closes_at,
        grace_until=_grace_until(window, on, zone, closes_at),
        send_at=opens_at if starts_at else instant(day_after(on, window.opens), sending.at, zone),
        reminders=reminder_hours(window, on, zone, opens_at, closes_at),
    )


def reminder_hours(
    window: Window, on: date, zone: ZoneInfo, opens_at: datetime, closes_at: datetime
) -> dict[int, datetime]:
    """The hours of a visit's reminders by their number; one outside the window (which may close early) is none."""
    times = {
        number: opens_at + hours(reminder.day)
        if reminder.at is None
        else instant(day_after(on, reminder.day), reminder.at, zone)
        for number, reminder in enumerate(window.reminders, 1)
    }
    return {number: at for number, at in times.items() if opens_at <= at < closes_at}


def _starts_at(
    visit: VisitPlan, anchor_on: date, zone: ZoneInfo, sending: Sending, anchor_at: datetime | None, chance: str
) -> datetime | None:
    """The instant from which a visit with an hour of its own counts its hours; nothing where it counts days alone."""
    if in_hours(visit.distance):
        return (anchor_at or instant(anchor_on, sending.at, zone)).astimezone(UTC) + hours(visit.distance)
    at = drawn(visit.random, f"{chance}:{visit.code}") if visit.random else visit.at
    return None if at is None else instant(day_after(anchor_on, visit.distance), at, zone)


def drawn(moment: DayPart, chance: str) -> time:
    """A minute of this part of the day, by chance, and the same for the same `chance`."""
    first, last = (at.hour * 60 + at.minute for at in (moment.earliest, moment.latest))
    return time(*divmod(Random(chance).randrange(first, max(last, first + 1)), 60))  # noqa: S311 - no secret


def _opening(distance: Offset, on: date, zone: ZoneInfo, starts_at: datetime | None) -> datetime:
    if starts_at is None:
        return start_of(day_after(on, distance), zone)
    if in_hours(distance):
        return starts_at + hours(distance)
    return instant(day_after(on, distance), starts_at.astimezone(zone).time(), zone)


def _end(distance: Offset, on: date, zone: ZoneInfo, starts_at: datetime | None) -> datetime:
    """Hours end to the minute, days at their midnight."""
    if starts_at is not None and in_hours(distance):
        return starts_at + hours(distance)
    return end_of(day_after(on, distance), zone)


def _grace_until(window: Window, on: date, zone: ZoneInfo, closes_at: datetime) -> datetime:
    if in_hours(window.grace):
        return closes_at + hours(window.grace)
    if not in_hours(window.closes):
        return end_of(day_after(day_after(on, window.closes), window.grace), zone)
    if window.grace == 0:
        return closes_at
    return end_of(day_after(local_day(closes_at, zone), window.grace), zone)


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
    """The first day with an hour from `now` on at which a text may leave; of nothing but days off, none is one."""
    day = local_day(now, zone)
    for _ in range(LONGEST_WAIT):
        if now < instant(day, send_until, zone) and day not in days_off:
            return day
        day += timedelta(days=1)
    return _free_day(now, zone, send_until, frozenset())
