"""Texts of a protocol that can never leave: in no season, at none of the hours at which their visit can open (pure).

By the calendar, the gate's hours and the course of a visit's texts, as in the dry run; on days that are no holidays,
which only put texts off for longer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.messages.gate import good_hour
from app.messages.kinds import PROMPTS, REMINDERS, MessageKind
from app.messages.outlook.simulation import prompts
from app.messages.queueing.course import Unsent, between_texts, course
from app.schedule.calendar import Planned, plan_visit, start_of
from app.studies.protocol import Protocol, VisitPlan
from app.studies.protocol.spans import in_hours
from app.studies.protocol.visits import planned_by

SEASONS = (date(2026, 1, 14), date(2026, 7, 15))
"""Days far from any on which clocks change."""
DRAWS = 24
"""So many hours at random are tried of each stretch."""
OUTSIDE = "its hour lies outside the window"
UNSENT_REASONS = {
    Unsent.OVERTAKEN: "it comes too soon after the text before it",
    Unsent.CLOSES_BEFORE: "the window closes before a text may ring again",
}


@dataclass(frozen=True)
class NeverLeaves:
    """A text that never leaves, of a visit of the file's rule at this place, and why."""

    place: int
    visit: str
    kind: MessageKind
    because: str
    hours: str

    def __str__(self) -> str:
        return f"The {self.kind} of {self.visit} can never leave: {self.because} ({self.hours})."

    @property
    def number(self) -> int | None:
        """Which reminder of its window it is, from 0; nothing of an invitation."""
        return REMINDERS.index(self.kind) if self.kind in REMINDERS else None


def never_leaving(protocol: Protocol) -> Iterator[NeverLeaves]:
    """Each text of a rule that leaves for none of its visits' hours, once for each hour of its own."""
    sending = protocol.sending
    hours = f"texts leave from {sending.earliest:%H:%M} to {sending.latest:%H:%M}"
    for place, rule in enumerate(protocol.visit_rules):
        alike = {(visit.at, visit.random): visit for visit in reversed(list(planned_by(rule)))}
        for visit in reversed(alike.values()):
            if visit.opened_by is None:
                for kind, because in _unsent(protocol, visit).items():
                    yield NeverLeaves(place, visit.code, kind, because, hours)


def _unsent(protocol: Protocol, visit: VisitPlan) -> dict[MessageKind, str]:
    kinds = PROMPTS[: 1 + len(visit.window.reminders)]
    why = dict.fromkeys(kinds, OUTSIDE)
    for zone in map(ZoneInfo, protocol.zones):
        for planned in _tries(protocol, visit, zone):
            for kind, because in _course(protocol, visit, planned, zone).items():
                if because is None:
                    why.pop(kind, None)
                elif kind in why:
                    why[kind] = UNSENT_REASONS[because]
    return why


def _course(protocol: Protocol, visit: VisitPlan, planned: Planned, zone: ZoneInfo) -> dict[MessageKind, Unsent | None]:
    def leaves(at: datetime) -> datetime:
        return good_hour(at, zone, protocol.sending, (), planned.closes_at)

    texts = course(prompts(planned), planned.closes_at, leaves, between=between_texts(visit.window))
    return {text.kind: text.because for text in texts}


def _tries(protocol: Protocol, visit: VisitPlan, zone: ZoneInfo) -> Iterator[Planned]:
    """The visit in each season, at the hours that it draws, and from every hour of an event whose hours it counts."""
    for day in SEASONS:
        if in_hours(visit.distance):
            for hour in range(24):
                at = start_of(day, zone) + timedelta(hours=hour)
                yield plan_visit(visit, day, zone, protocol.sending, at)
        else:
            for draw in range(DRAWS if visit.random else 1):
                yield plan_visit(visit, day, zone, protocol.sending, None, str(draw))
