"""Visits that are open on the same day, which is sometimes meant (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.studies.protocol.spans import about
from app.studies.protocol.visits import VisitPlan


def overlaps(visits: Iterable[VisitPlan]) -> Iterator[str]:
    """Two visits that are open on the same day: two links at once, which is sometimes meant."""
    opening = [(v.day + about(v.window.opens), v.day + about(v.window.closes), v) for v in visits if _is_daily(v)]
    opening.sort(key=lambda window: window[0])
    for place, (_, closes, first) in enumerate(opening):
        for opens, _, second in opening[place + 1 :]:
            if opens > closes:
                break
            if first.anchor == second.anchor:
                days = f"from day {round(opens)} to day {round(closes)}"  # a month is about as long as others
                yield f"Visits {first.code} and {second.code} are both open {days}."


def _is_daily(visit: VisitPlan) -> bool:
    """Whether its window goes by days, and everybody has it."""
    return visit.at is None and visit.random is None and visit.opened_by is None and not visit.window.is_by_the_hour
