"""Who is due when: assessments derived from protocol and anchor. Planning twice changes nothing.

A moved anchor re-plans what nobody has opened; what was opened or answered keeps its window; what was sent stays sent.
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, update
from sqlalchemy.orm import joinedload

from app.core.database import db
from app.participants.events import anchor
from app.participants.models import Event, EventState, Participant
from app.schedule.calendar import plan_visit
from app.schedule.models import Assessment
from app.studies.models import Protocol

BATCH = 2000
WINDOW = ("anchor_on", "opens_at", "send_at", "due_at", "closes_at", "grace_until")


def plan(participant: Participant, now: datetime) -> list[Assessment]:
    """The participant's assessments, planned or re-planned; none while day 0 has no date."""
    event = anchor(participant)
    if event is not None:
        _plan([(participant, event)], now)
    query = select(Assessment).where(Assessment.participant_id == participant.id).order_by(Assessment.day)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def plan_all(now: datetime) -> int:
    """Plan everybody who has an anchor and is still without a plan of it; returns how many people."""
    anchored = (Event.is_anchor, Event.state != EventState.CANCELLED, Participant.withdrawn_at.is_(None))
    planned = select(Assessment.id).where(Assessment.participant_id == Participant.id).exists()
    query = select(Participant, Event).join(Event, Event.participant_id == Participant.id).where(*anchored, ~planned)
    people = [(participant, event) for participant, event in db.session.execute(query.options(_protocols()))]
    for start in range(0, len(people), BATCH):
        _plan(people[start : start + BATCH], now)
    return len(people)


def _protocols() -> Any:
    return joinedload(Participant.protocol).undefer(Protocol.content)


def _plan(people: list[tuple[Participant, Event]], now: datetime) -> None:
    wanted = [row for participant, event in people for row in _rows(participant, event, now)]
    ids = [participant.id for participant, _ in people]
    query = select(Assessment).where(Assessment.participant_id.in_(ids))
    existing = {(one.participant_id, one.visit): one for one in db.session.scalars(query)}
    new = [row for row in wanted if (row["participant_id"], row["visit"]) not in existing]
    if new:
        db.session.execute(insert(Assessment), new)
    changed = [
        {"id": found.id} | {name: row[name] for name in WINDOW}
        for row in wanted
        if (found := existing.get((row["participant_id"], row["visit"]))) and _moves(found, row)
    ]
    if changed:
        db.session.execute(update(Assessment), changed)


def _moves(found: Assessment, row: dict[str, Any]) -> bool:
    """Whether the window changes and may still change. Day 0 also follows the infusion's hour once it is known."""
    if found.submitted_at is not None or (found.opened_at is not None and found.day > 0):
        return False
    return any(getattr(found, name) != row[name] for name in WINDOW)


def _rows(participant: Participant, event: Event, now: datetime) -> list[dict[str, Any]]:
    protocol, zone = participant.protocol.plan, ZoneInfo(participant.zone)
    rows = []
    for visit in protocol.visits:
        planned = plan_visit(visit, event.on, zone, protocol.sending, event.at)
        row = {name: getattr(planned, name) for name in WINDOW}
        row |= {"participant_id": participant.id, "protocol_id": participant.protocol_id, "planned_at": now}
        rows.append(row | {"visit": visit.code, "day": visit.day})
    return rows
