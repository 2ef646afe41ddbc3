"""Which visits of a cross-over are of which period, and where the baseline of each is answered (pure)."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from app.studies.protocol.definition import Protocol


class VisitPeriod(NamedTuple):
    """A visit of a version of the protocol, its period, and the visit whose answer is that period's baseline."""

    protocol_id: int
    visit: str
    period: str
    base_visit: str


def visit_periods(plans: Mapping[int, Protocol]) -> list[VisitPeriod]:
    """The visits of every version that are of a period; none where its protocol gives periods no baselines."""
    return [
        VisitPeriod(number, visit.code, period, plan.baseline.periods[period].visit)
        for number, plan in plans.items()
        if plan.baseline and plan.baseline.periods
        for visit in plan.visits
        if (period := plan.baseline.period_of(visit.code, visit.anchor or plan.anchor))
    ]


def newest_periods(plans: Iterable[Protocol]) -> dict[str, str]:
    """The period of each visit, as the newest of the versions that has it says; they come the oldest first."""
    every = visit_periods(dict(enumerate(plans)))
    return {each.visit: each.period for each in every}
