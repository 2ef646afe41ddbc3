"""Public holidays as a protocol changes them: days that it adds or drops, of one year or of every year (pure)."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import date, timedelta

EVERY_YEAR = "%m-%d"
LONGEST_WAIT = 60
"""More days off than that in a row are a mistake: no text waits for their end."""


@dataclass(frozen=True)
class DaysOff(Container[date]):
    """What a protocol says of a date goes before what it says of every year, and that before the calendar."""

    public: Container[date]
    added: frozenset[str]
    dropped: frozenset[str]

    def __contains__(self, day: object) -> bool:
        if not isinstance(day, date):
            return False
        for name in (day.isoformat(), day.strftime(EVERY_YEAR)):
            if name in self.added:
                return True
            if name in self.dropped:
                return False
        return day in self.public


def too_many_in_a_row(days_off: Container[date], first: date, last: date) -> tuple[date, date] | None:
    """The first and last day, from `first` to `last`, of days off in a row for whose end no text would wait."""
    begun, day = first, first
    while day <= last + timedelta(days=1):
        if day > last or day not in days_off:
            if (day - begun).days >= LONGEST_WAIT:
                return begun, day - timedelta(days=1)
            begun = day + timedelta(days=1)
        day += timedelta(days=1)
    return None
