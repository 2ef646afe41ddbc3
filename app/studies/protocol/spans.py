"""Stretches of time as protocols write them: `3m`, `-7d`, `+4h`, or a bare number of days (pure).

Days, weeks, months and years go by the calendar, so they keep local hours when clocks change; an hour is sixty minutes.
Three months after 30 November is the last day of February: a day that a month does not have is its last one.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from re import compile as pattern

WRITTEN = pattern(r"(?P<sign>[-+]?)(?P<count>[0-9]{1,6})(?P<unit>[hdwmy])")
DAYS_OF_A_MONTH = 30.4375
"""On average, to compare and to order; never to plan by."""


class Unit(StrEnum):
    """What is not counted in days. A year is twelve months, a week is seven days."""

    HOURS = "h"
    MONTHS = "m"


@dataclass(frozen=True)
class Span:
    """So many hours or months; what is counted in days or weeks is a plain number."""

    count: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"


Offset = int | Span
"""A distance in time: a number of days, or a span of hours or months."""


def offset(written: object) -> Offset | None:
    """What a value of the file says; nothing where it is no stretch of time."""
    if isinstance(written, int) and not isinstance(written, bool):
        return written
    said = WRITTEN.fullmatch(written) if isinstance(written, str) else None
    if said is None:
        return None
    count = int(said["count"]) * (-1 if said["sign"] == "-" else 1)
    match said["unit"]:
        case "h":
            return Span(count, Unit.HOURS)
        case "d" | "w":
            return count * (7 if said["unit"] == "w" else 1)
        case _:
            return Span(count * (12 if said["unit"] == "y" else 1), Unit.MONTHS)


def in_hours(distance: Offset) -> bool:
    """Whether it is counted in hours."""
    return isinstance(distance, Span) and distance.unit is Unit.HOURS


def in_months(distance: Offset) -> bool:
    """Whether it is counted in months."""
    return isinstance(distance, Span) and distance.unit is Unit.MONTHS


def about(distance: Offset) -> float:
    """How many days it is, on average."""
    if isinstance(distance, int):
        return distance
    return distance.count / 24 if distance.unit is Unit.HOURS else distance.count * DAYS_OF_A_MONTH


def hours(distance: Offset) -> timedelta:
    """What a span of hours is; ValueError for any other."""
    if isinstance(distance, Span) and distance.unit is Unit.HOURS:
        return timedelta(hours=distance.count)
    raise ValueError(f"{distance} is not counted in hours")


def day_after(day: date, distance: Offset) -> date:
    """The day so far from another; ValueError for hours, which need an instant to count from."""
    if isinstance(distance, int):
        return day + timedelta(days=distance)
    if distance.unit is Unit.HOURS:
        raise ValueError(f"{distance} leads from an instant, not from a day")
    years, month = divmod(day.year * 12 + day.month - 1 + distance.count, 12)
    return date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))


def added(first: Offset, second: Offset) -> Offset | None:
    """Both together; nothing where they are counted in different units."""
    if first == 0 or second == 0:
        return second if first == 0 else first
    if isinstance(first, int) and isinstance(second, int):
        return first + second
    if isinstance(first, Span) and isinstance(second, Span) and first.unit is second.unit:
        return Span(first.count + second.count, first.unit)
    return None


def times(distance: Offset, count: int) -> Offset:
    """So many of them."""
    return distance * count if isinstance(distance, int) else Span(distance.count * count, distance.unit)


def plain(distance: Offset) -> int | str:
    """As a file says it: days as a number."""
    return distance if isinstance(distance, int) else str(distance)
