"""Which visits somebody has, and from which of her events each is counted (pure).

A visit that follows an event which recurs comes once for each of them: the number of the event, in the order in which
they were noted, stands behind its code. One that was called off keeps its number, so that none of the others moves.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.schedule.calendar import Planned, instant, plan_visit
from app.studies.protocol import Protocol, VisitCondition, VisitPlan
from app.studies.protocol.visits import SEVERAL, occasion


@dataclass(frozen=True)
class Dated:
    """An event of somebody, planned or happened; `number` counts those of its kind."""

    kind: str
    number: int
    on: date
    at: datetime | None
    happened: bool


@dataclass(frozen=True)
class Anchored:
    """Somebody with what her visits follow from."""

    participant_id: int
    protocol_id: int
    code: str
    site: str
    zone: str
    events: tuple[Dated, ...]


class Due(NamedTuple):
    """One visit of hers: its code with her event's number, and that event."""

    code: str
    visit: VisitPlan
    event: Dated


def visits_of(person: Anchored, protocol: Protocol, answered: Collection[str] = ()) -> Iterator[Due]:
    """Every visit that she has by what is known of her now; one that rests on answers, if it is among `answered`."""
    by_kind: dict[str, list[Dated]] = {}
    for event in person.events:
        by_kind.setdefault(event.kind, []).append(event)
    for visit in protocol.visits:
        waits = visit.only_if is not None and visit.only_if.asks_answers and visit.code not in answered
        if visit.opened_by is None and not waits and is_hers(visit, person):
            kind = protocol.anchor_of(visit)
            for event in by_kind.get(kind, ())[-1:] if not protocol.event(kind).recurs else by_kind.get(kind, ()):
                yield Due(_code(visit, event, protocol), visit, event)


def event_of(person: Anchored, protocol: Protocol, code: str) -> Dated | None:
    """The event from which this visit of hers is counted, if there is one and it is not called off."""
    kind, number = protocol.anchor_of(protocol.visit(code)), occasion(code)
    hers = [event for event in person.events if event.kind == kind and number in (None, event.number)]
    return hers[-1] if hers else None


def is_hers(visit: VisitPlan, person: Anchored) -> bool:
    """Whether it is asked at her site, and its condition holds."""
    at_site = not visit.sites or person.site in visit.sites
    return at_site and (visit.only_if is None or holds(visit.only_if, person.events))


def holds(condition: VisitCondition, events: Sequence[Dated]) -> bool:
    """Whether what must have happened has, and what must not have has not."""
    happened = {event.kind for event in events if event.happened}
    wanted = condition.happened is None or condition.happened in happened
    return wanted and condition.not_happened not in happened


def planned(person: Anchored, due: Due, protocol: Protocol) -> Planned:
    """When the visit comes."""
    zone, kind = ZoneInfo(person.zone), due.event.kind
    hour = protocol.event(kind).hour if kind in protocol.events else None
    at = due.event.at or (instant(due.event.on, hour, zone) if hour else None)
    return plan_visit(due.visit, due.event.on, zone, protocol.sending, at, chance_of(person, due, protocol))


def chance_of(person: Anchored, due: Due, protocol: Protocol) -> str:
    """What decides the hours at random: drawn once for each participant and event, and always the same."""
    return f"{protocol.study}:{person.code}:{due.event.number}"


def _code(visit: VisitPlan, event: Dated, protocol: Protocol) -> str:
    return f"{visit.code}{SEVERAL}{event.number}" if protocol.event(event.kind).recurs else visit.code
