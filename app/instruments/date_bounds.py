"""The first and the last day that a date may be: days of the calendar, or so far from the day of answering.

A definition writes `2026-05-14`, or an ISO 8601 duration of one unit with its sign: `-P120Y`, `P0D` (the day of
answering), `+P6M`. A month has no fixed length: what falls behind its end is its last day.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from app.instruments.written_days import WRITTEN_DAY

RELATIVE = re.compile(r"([+-]?)P([0-9]{1,3})([DWMY])", re.ASCII)
YEARS = range(1800, 2200)
DAYS_OF = {"D": 1, "W": 7}
MONTHS_OF = {"M": 1, "Y": 12}


@dataclass(frozen=True, slots=True)
class DateBound:
    """One end: a `day` of the calendar, or else so many months or days from the day of answering."""

    day: date | None = None
    months: int = 0
    days: int = 0

    def on(self, answered_on: date) -> date:
        """The day that it is for answers of this day."""
        return self.day or _months_later(answered_on, self.months) + timedelta(days=self.days)

    def __str__(self) -> str:
        """As a definition writes it: `2026-05-14`, `-P120Y`, `P6M`, `P0D`."""
        if self.day:
            return self.day.isoformat()
        whole_years = self.months % 12 == 0
        count, unit = (self.months // 12, "Y") if whole_years else (self.months, "M")
        count, unit = (count, unit) if self.months else (self.days, "D")
        return f"{'-' if count < 0 else ''}P{abs(count)}{unit}"


EARLIEST, LATEST = DateBound(months=-12 * 120), DateBound()
"""Where a definition says nothing: 120 years back, to the day of answering."""


def date_bound(written: str) -> DateBound | None:
    """The bound that was written; None for anything else."""
    if relative := RELATIVE.fullmatch(written):
        sign, number, unit = relative.groups()
        count = -int(number) if sign == "-" else int(number)
        return DateBound(months=count * MONTHS_OF.get(unit, 0), days=count * DAYS_OF.get(unit, 0))
    try:
        day = date.fromisoformat(written) if WRITTEN_DAY.fullmatch(written) else date.min
    except ValueError:
        return None
    return DateBound(day) if day.year in YEARS else None


def crossed(earliest: DateBound, latest: DateBound) -> bool:
    """Whether the earliest lies after the latest on some day of answering; no where just one is relative."""
    if (earliest.day is None) != (latest.day is None):
        return False
    return any(earliest.on(day) > latest.on(day) for day in _four_years())


def _four_years() -> Iterator[date]:
    """Every day and month that there is."""
    return (date(2024, 1, 1) + timedelta(days=number) for number in range(1461))


def _months_later(day: date, months: int) -> date:
    year, month = divmod(12 * day.year + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
