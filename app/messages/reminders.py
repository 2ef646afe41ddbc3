"""When reminders are owed. PostgreSQL finds the few that may be due, the calendar says exactly.

A reminder's hour is a local hour, so it is worked out by the one calendar and not by the database's own zone tables.
The database only compares with the hour as it were without a change of clocks, which is at most two hours off.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Float, Integer, Interval, String, bindparam, func, literal, select, true
from sqlalchemy.orm import aliased

from app.core.database import db
from app.core.time import UTCDateTime
from app.messages.batches import recordset_named
from app.messages.gate import ASKING
from app.messages.models import Message, MessageState
from app.messages.reading import plan_of
from app.participants.models import Participant
from app.schedule.calendar import instant
from app.schedule.models import Assessment
from app.studies.models import Protocol, Study, StudyState
from app.studies.protocol import Protocol as ProtocolFile

SLACK = timedelta(hours=2)
NOW = bindparam("now", type_=UTCDateTime())
NEAREST = 500
PENDING = (MessageState.QUEUED, MessageState.SENDING, MessageState.UNKNOWN)


@dataclass(frozen=True)
class Reminder:
    """A reminder that is owed from `at` on. `last_sent_at` is when the text before it left."""

    assessment_id: int
    study_id: int
    participant_id: int
    language: str
    number: int
    at: datetime
    closes_at: datetime
    last_sent_at: datetime | None

    @property
    def key(self) -> str:
        return f"assessment:{self.assessment_id}:reminder-{self.number}"


def plans() -> dict[int, ProtocolFile]:
    """Every protocol version that is installed."""
    return {row.id: plan_of(row.id, row.sha256) for row in db.session.execute(select(Protocol.id, Protocol.sha256))}


def due(now: datetime, installed: dict[int, ProtocolFile]) -> list[Reminder]:
    """Reminders whose hour has come, of open visits without an answer whose invitation is out of our hands."""
    rows = db.session.execute(_due(), _asked(now, installed)).all()
    return [one for one in _exact(rows, installed) if one.at <= now]


def first_after(now: datetime, installed: dict[int, ProtocolFile]) -> datetime | None:
    """The next reminder's hour after `now`."""
    rows = db.session.execute(_near(), _asked(now, installed)).all()
    return min((one.at for one in _exact(rows, installed) if one.at > now), default=None)


def _asked(now: datetime, installed: dict[int, ProtocolFile]) -> dict[str, Any]:
    return {"now": now, "planned": _planned(installed)}


@cache
def _due() -> Any:
    query, rough_at = _missing()
    return query.where(rough_at <= NOW + literal(SLACK, Interval))


@cache
def _near() -> Any:
    query, rough_at = _missing()
    return query.where(rough_at > NOW - literal(SLACK, Interval)).order_by(rough_at).limit(NEAREST)


def _missing() -> tuple[Any, Any]:
    """Reminders that have no row yet, and roughly when they are owed."""
    plan = recordset_named("planned", protocol_id=BigInteger, visit=String, number=Integer, after=Float)
    rough_at = Assessment.send_at + func.make_interval(0, 0, 0, 0, 0, 0, plan.c.after)
    there = aliased(Message)
    has_row = select(there.id).where(
        there.dedupe_key == func.concat("assessment:", Assessment.id, ":reminder-", plan.c.number)
    )
    asked = (
        select(
            func.count().label("texts"),
            func.max(Message.sent_at).label("last_sent_at"),
            func.bool_or(Message.state.in_(PENDING)).label("pending"),
            func.bool_and(Message.state == MessageState.SUPPRESSED).label("silent"),
        )
        .where(Message.assessment_id == Assessment.id, Message.kind.in_(ASKING))
        .lateral("asked")
    )
    query = (
        select(
            Assessment.id, Assessment.protocol_id, Assessment.visit, Assessment.day, Assessment.anchor_on,
            Assessment.opens_at, Assessment.closes_at, Participant.id.label("participant_id"), Participant.study_id,
            Participant.language, Participant.zone, plan.c.number, asked.c.last_sent_at,
        )
        .join(Participant, Participant.id == Assessment.participant_id)
        .join(Study, Study.id == Participant.study_id)
        .join(plan, (plan.c.protocol_id == Assessment.protocol_id) & (plan.c.visit == Assessment.visit))
        .join(asked, true())
        .where(
            Assessment.submitted_at.is_(None), Assessment.send_at <= NOW, Assessment.closes_at > NOW,
            Participant.withdrawn_at.is_(None), Study.state != StudyState.CLOSED,
            asked.c.texts > 0, ~asked.c.pending, ~asked.c.silent, ~has_row.exists(),
        )
    )  # fmt: skip
    return query, rough_at


def _planned(installed: dict[int, ProtocolFile]) -> str:
    """Each reminder of each visit, and how long after the invitation's hour it comes by the calendar alone, as JSON."""
    key = tuple(installed)
    if key not in _written:
        _written[key] = json.dumps(list(_rows(installed)))
    return _written[key]


_written: dict[tuple[int, ...], str] = {}


def _rows(installed: dict[int, ProtocolFile]) -> Iterable[dict[str, Any]]:
    for protocol_id, plan in installed.items():
        start = timedelta(hours=plan.sending.at.hour, minutes=plan.sending.at.minute)
        for visit in plan.visits:
            for number, reminder in enumerate(visit.window.reminders, 1):
                days = timedelta(days=reminder.day - visit.window.opens)
                after = days + timedelta(hours=reminder.at.hour, minutes=reminder.at.minute) - start
                row = {"protocol_id": protocol_id, "visit": visit.code, "number": number}
                yield row | {"after": after.total_seconds()}


def _exact(rows: Sequence[Any], installed: dict[int, ProtocolFile]) -> Iterable[Reminder]:
    for row in rows:
        reminder = installed[row.protocol_id].visit(row.visit).window.reminders[row.number - 1]
        day: date = row.anchor_on + timedelta(days=row.day + reminder.day)
        at = instant(day, reminder.at, ZoneInfo(row.zone))
        if row.opens_at <= at < row.closes_at:
            yield Reminder(
                row.id, row.study_id, row.participant_id, row.language, row.number, at, row.closes_at, row.last_sent_at
            )
