"""When reminders are owed. PostgreSQL finds the few that may be due, the calendar says exactly.

A reminder's hour is a local hour, so it is worked out by the one calendar and not by the database's own zone tables.
The database only compares with the hour as it were without a change of clocks, which is at most two hours off.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Executable,
    ScalarSelect,
    bindparam,
    func,
    literal,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased
from sqlalchemy.sql.selectable import LateralFromClause

from app.core.batches import Batch
from app.core.statements import run
from app.core.time import UTCDateTime
from app.core.zone_names import machine_knows
from app.messages.kinds import ASKING
from app.messages.models import Message, MessageState, of_this_window
from app.messages.queueing.course import between_texts
from app.messages.queueing.keys import prompt_key
from app.messages.reading import can_be_asked, plan_of, takes_part
from app.participants.models import Participant
from app.schedule.calendar import reminder_hours
from app.schedule.models import Assessment, base_visit
from app.studies.models import Protocol, Study
from app.studies.protocol import ReminderPlan, VisitPlan
from app.studies.protocol.spans import about, hours

log = logging.getLogger("svar.messages")
SLACK = timedelta(hours=2)
NEAREST = 500
UNDECIDED = (MessageState.QUEUED, MessageState.SENDING, MessageState.UNKNOWN)


@dataclass(frozen=True)
class Reminder:
    """A reminder that is owed from `at` on. `last_sent_at` is when the text before it left."""

    assessment_id: int
    study_id: int
    participant_id: int
    language: str
    number: int
    at: datetime
    last_sent_at: datetime | None
    key: str
    between: timedelta


class Rough(NamedTuple):
    """A reminder of the protocol, and how many seconds after the invitation's hour it comes by the calendar alone."""

    protocol_id: int
    visit: str
    number: int
    after: float


ROUGH = Batch(Rough, "plan")

Installed = Sequence[Sequence[Any]]
"""Id and SHA-256 of every protocol version, as `installed` reads them."""


def installed() -> ScalarSelect[Any]:
    """The protocol versions there are, as one value of whatever statement comes before."""
    pair = func.json_build_array(Protocol.id, Protocol.sha256)
    return select(func.coalesce(func.json_agg(aggregate_order_by(pair, Protocol.id)), text("'[]'"))).scalar_subquery()


def due(now: datetime, protocols: Installed) -> list[Reminder]:
    """Reminders whose hour has come, of open visits without an answer whose invitation is out of our hands."""
    return [reminder for reminder in _around(now, protocols, None, now + SLACK, run) if reminder.at <= now]


def first_after(now: datetime, protocols: Installed, connection: Connection) -> datetime | None:
    """The next reminder's hour after `now`."""
    coming = _around(now, protocols, now - SLACK, None, connection.execute)
    return min((reminder.at for reminder in coming if reminder.at > now), default=None)


def _around(
    now: datetime,
    protocols: Installed,
    start: datetime | None,
    end: datetime | None,
    run: Callable[..., CursorResult[*tuple[Any, ...]]],
) -> Iterable[Reminder]:
    """Reminders without a row whose rough hour lies after `start` and up to `end`, the nearest first."""
    pairs = tuple((id_, sha256) for id_, sha256 in protocols)
    values = {"now": now, "start": start, "end": end, **_planned(pairs)}
    return _exact(run(_missing(), values).all(), dict(pairs))


@cache
def _missing() -> Executable:
    """Reminders that have no row yet, in the order in which they are roughly owed."""
    now, start, end = (bindparam(name, type_=UTCDateTime()) for name in ("now", "start", "end"))
    plan = ROUGH.table
    rough_at = Assessment.send_at + func.make_interval(0, 0, 0, 0, 0, 0, plan.c.after)
    kind: ColumnElement[str] = func.concat("reminder-", plan.c.number)
    same, prompted = aliased(Message), _asked()
    about = (same.assessment_id == Assessment.id, same.kind == kind, of_this_window(same.owed_at))
    same_kind = select(literal(1)).where(*about).limit(1).correlate(Assessment, plan)
    return (
        select(
            Assessment.id, Assessment.protocol_id, Assessment.visit, Assessment.day, Assessment.anchor_on,
            Assessment.opens_at, Assessment.closes_at, Participant.id.label("participant_id"), Participant.study_id,
            Participant.language, Participant.zone, plan.c.number, prompted.c.last_sent_at,
            prompt_key(kind).label("key"),
        )
        .join(Participant, Participant.id == Assessment.participant_id)
        .join(Study, Study.id == Participant.study_id)
        .join(plan, (plan.c.protocol_id == Assessment.protocol_id) & (plan.c.visit == base_visit()))
        .join(prompted, true())
        .where(
            can_be_asked(now), Assessment.send_at <= now, takes_part(),
            start.is_(None) | (rough_at > start), end.is_(None) | (rough_at <= end),
            prompted.c.texts > 0, ~prompted.c.pending, ~prompted.c.silent,
            same_kind.scalar_subquery().is_(None),
        )
        .order_by(rough_at, Assessment.id, plan.c.number)
        .limit(NEAREST)
    )  # fmt: skip


def _asked() -> LateralFromClause:
    """The texts that there are about a visit, of its window as it is now."""
    current = of_this_window()
    return (
        select(
            func.count().filter(current).label("texts"),
            func.max(Message.sent_at).filter(current).label("last_sent_at"),
            func.bool_or(Message.state.in_(UNDECIDED)).filter(current).label("pending"),
            func.bool_and(Message.state == MessageState.SUPPRESSED).filter(current).label("silent"),
        )
        .where(Message.assessment_id == Assessment.id, Message.kind.in_(ASKING))
        .lateral("asked")
    )


@lru_cache(maxsize=16)
def _planned(protocols: tuple[tuple[int, str], ...]) -> Mapping[str, str]:
    """Each reminder of each visit, and how long after the invitation's hour it comes by the calendar alone."""
    rows = []
    for protocol_id, sha256 in protocols:
        plan = plan_of(protocol_id, sha256)
        start = timedelta(hours=plan.sending.at.hour, minutes=plan.sending.at.minute)
        for visit in plan.visits:
            for number, reminder in enumerate(visit.window.reminders, 1):
                rows.append(Rough(protocol_id, visit.code, number, _after(visit, reminder, start).total_seconds()))
    return ROUGH.values(rows)


def _after(visit: VisitPlan, reminder: ReminderPlan, start: timedelta) -> timedelta:
    """How long after the invitation a reminder comes; a visit with an hour of its own invites then."""
    if reminder.at is None:
        return hours(reminder.day)
    if visit.at is not None:
        start = timedelta(hours=visit.at.hour, minutes=visit.at.minute)
    days = timedelta(days=about(reminder.day) - about(visit.window.opens))
    return days + timedelta(hours=reminder.at.hour, minutes=reminder.at.minute) - start


def _exact(rows: Sequence[Any], sha256s: dict[int, str]) -> Iterable[Reminder]:
    """Those of them that lie inside their windows, with their hours by the calendar."""
    for row in rows:
        if not machine_knows(row.zone):
            log.error("reminders of visit %s wait: this machine does not know the time zone of whose it is", row.id)
            continue
        window = plan_of(row.protocol_id, sha256s[row.protocol_id]).visit(row.visit).window
        on: date = row.anchor_on + timedelta(days=row.day)
        at = reminder_hours(window, on, ZoneInfo(row.zone), row.opens_at, row.closes_at).get(row.number)
        if at is not None:
            yield Reminder(
                row.id, row.study_id, row.participant_id, row.language, row.number, at, row.last_sent_at, row.key,
                between_texts(window),
            )  # fmt: skip
