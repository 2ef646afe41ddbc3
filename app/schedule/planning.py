"""Who is due when: assessments derived from protocol and anchor. Planning twice changes nothing.

A moved anchor re-plans what nobody has opened; what was opened or answered keeps its window; what was sent stays sent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Date,
    Executable,
    Integer,
    String,
    Table,
    bindparam,
    column,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.sql.selectable import TableValuedAlias

from app.core.database import db
from app.core.statements import run
from app.core.time import UTCDateTime
from app.participants.events import anchor
from app.participants.models import Event, EventState, Participant
from app.schedule.calendar import Planned, plan_visit
from app.schedule.models import Assessment
from app.studies.models import Protocol
from app.studies.protocol import Protocol as ProtocolFile
from app.studies.protocol import VisitPlan

BATCH = 2000
WINDOW = ("anchor_on", "opens_at", "send_at", "due_at", "closes_at", "grace_until")
PAIR = {"participant_id": BigInteger(), "protocol_id": BigInteger(), "place": Integer()}
PLANNED = {"place": Integer(), "visit": String(), "day": Integer(), "anchor_on": Date()} | dict.fromkeys(
    WINDOW[1:], UTCDateTime()
)


@dataclass(frozen=True)
class Anchored:
    """Somebody whose day 0 has a date."""

    participant_id: int
    protocol_id: int
    zone: str
    on: date
    at: datetime | None


def plan(participant: Participant, now: datetime) -> list[Assessment]:
    """The participant's assessments, planned or re-planned; none while day 0 has no date."""
    event = anchor(participant)
    if event is not None:
        someone = Anchored(participant.id, participant.protocol_id, participant.zone, event.on, event.at)
        _replan(someone, participant.protocol.plan)
        _insert([someone], now)
    query = select(Assessment).where(Assessment.participant_id == participant.id).order_by(Assessment.day)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def plan_all(now: datetime) -> int:
    """Plan everybody who has an anchor and is still without a plan of it; returns how many people."""
    people = [Anchored(*row) for row in run(_unplanned())]
    for start in range(0, len(people), BATCH):
        _insert(people[start : start + BATCH], now)
    return len(people)


@cache
def _unplanned() -> Executable:
    anchored = (Event.is_anchor, Event.state != EventState.CANCELLED, Participant.withdrawn_at.is_(None))
    planned = select(Assessment.id).where(Assessment.participant_id == Participant.id).exists()
    columns = (Participant.id, Participant.protocol_id, Participant.zone, Event.on, Event.at)
    return select(*columns).join(Event, Event.participant_id == Participant.id).where(*anchored, ~planned)


def _insert(people: Sequence[Anchored], now: datetime) -> None:
    """The visits that are not planned yet. People whose day 0 is the same day share its windows, worked out once."""
    places: dict[tuple[Any, ...], int] = {}
    windows: list[dict[str, Any]] = []
    pairs: list[dict[str, int]] = []
    protocols: dict[int, ProtocolFile] = {}
    for one in people:
        if one.protocol_id not in protocols:
            protocols[one.protocol_id] = db.session.get_one(Protocol, one.protocol_id).plan
        for visit, key in _visits(one, protocols[one.protocol_id]):
            if key not in places:
                places[key] = len(windows)
                planned = _planned(one, visit, protocols[one.protocol_id])
                windows.append(_window(planned) | {"place": len(windows), "visit": visit.code, "day": visit.day})
            pairs.append({"participant_id": one.participant_id, "protocol_id": one.protocol_id, "place": places[key]})
    values = _columns("pair", pairs, PAIR) | _columns("window", windows, PLANNED) | {"now": now}
    run(_inserting(), values)


def _visits(one: Anchored, protocol: ProtocolFile) -> Iterator[tuple[VisitPlan, tuple[Any, ...]]]:
    """Each visit, and all that its window depends on."""
    for visit in protocol.visits:
        hour = one.at if visit.window.closes_at_anchor else None
        yield visit, (one.protocol_id, visit.code, one.on, one.zone, hour)


def _planned(one: Anchored, visit: VisitPlan, protocol: ProtocolFile) -> Planned:
    return plan_visit(visit, one.on, ZoneInfo(one.zone), protocol.sending, one.at)


def _window(planned: Planned) -> dict[str, Any]:
    return {name: getattr(planned, name) for name in WINDOW}


@cache
def _inserting() -> Insert:
    """One statement for a whole batch: who, joined with the windows. What another clock planned meanwhile stays."""
    pair, window = _rows_of("pair", PAIR), _rows_of("window", PLANNED)
    chosen = {"participant_id": pair.c.participant_id, "protocol_id": pair.c.protocol_id}
    chosen |= {name: window.c[name] for name in PLANNED if name != "place"}
    chosen["planned_at"] = bindparam("now", type_=UTCDateTime())
    rows = select(*chosen.values()).join_from(pair, window, pair.c.place == window.c.place)
    return insert(cast(Table, Assessment.__table__)).from_select(list(chosen), rows).on_conflict_do_nothing()


def _rows_of(name: str, types: dict[str, Any]) -> TableValuedAlias:
    """A table of parameters, one array per column."""
    arrays = [bindparam(f"{name}_{key}", type_=ARRAY(kind)) for key, kind in types.items()]
    columns = [column(key, kind) for key, kind in types.items()]
    return func.unnest(*arrays).table_valued(*columns, name=f"{name}s").render_derived()


def _columns(name: str, rows: Sequence[dict[str, Any]], types: dict[str, Any]) -> dict[str, list[Any]]:
    return {f"{name}_{key}": [row[key] for row in rows] for key in types}


def _replan(one: Anchored, protocol: ProtocolFile) -> None:
    """Move the windows that change and may still change, each by the version of the protocol that it follows."""
    query = select(Assessment).where(Assessment.participant_id == one.participant_id).order_by(Assessment.id)
    changed = []
    for found in db.session.scalars(query):
        own = protocol if found.protocol_id == one.protocol_id else found.protocol.plan
        window = _window(_planned(one, own.visit(found.visit), own))
        if _moves(found, window):
            changed.append({"id": found.id} | window)
    if changed:
        db.session.execute(update(Assessment), changed)


def _moves(found: Assessment, window: dict[str, Any]) -> bool:
    """Whether the window changes and may still change. Day 0 also follows the infusion's hour once it is known."""
    if found.submitted_at is not None or (found.opened_at is not None and found.day > 0):
        return False
    return any(getattr(found, name) != window[name] for name in WINDOW)
