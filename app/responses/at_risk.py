"""Who may miss the visit that the trial is about: it comes soon, and few of her last visits were answered.

The rule is asked of the database for the list, and told to a person; `waiting` and `calling` have one table of cases.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import CTE, ColumnElement, Select, and_, func, select
from sqlalchemy.orm import aliased, joinedload

from app.core.database import db
from app.core.time import AnyNow
from app.participants.models import CallMade, Participant
from app.schedule.models import Assessment, is_unanswered
from app.studies.models import Protocol

NEAR = timedelta(days=42)
"""So long before the primary visit somebody is called."""
LAST, ENOUGH, FEW = 4, 3, 1
"""Of her last four visits, of which at least three are over, one at most was answered."""
CALLED_AGAIN_AFTER = timedelta(days=7)


def is_few(answered: Sequence[bool]) -> bool:
    """Whether so few of these visits, her last ones, were answered that she may miss the next one too."""
    return len(answered) >= ENOUGH and sum(answered) <= FEW


PRIMARY = (
    select(Protocol.id, Protocol.content["primary_visit"].astext.label("visit")).cte("primary_visits")
).prefix_with("MATERIALIZED")
"""The visit that the trial is about, by protocol: each file is opened once, not once for each visit."""


def is_primary() -> ColumnElement[bool]:
    """That a visit, joined with `PRIMARY`, is the one that the trial is about."""
    return func.coalesce(PRIMARY.c.visit == Assessment.visit, False)


def is_near(now: datetime | AnyNow) -> ColumnElement[bool]:
    """That a visit, joined with `PRIMARY` and its participant, is the primary one, to come, of who takes part."""
    soon = (Assessment.opens_at > now) & (Assessment.opens_at <= now + NEAR)
    return and_(PRIMARY.c.visit == Assessment.visit, soon, is_unanswered(), Participant.withdrawn_at.is_(None))


def may_be_missed(near: CTE, now: datetime | AnyNow) -> ColumnElement[bool]:
    """`is_few` for PostgreSQL, of each participant of `near`; and that nobody called her within the week."""
    over = aliased(Assessment)
    answered = over.submitted_at.is_not(None) & over.voided_at.is_(None)
    last = select(answered.label("answered")).where(over.participant_id == near.c.participant_id)
    last = last.where(over.grace_until <= now, over.cancelled_at.is_(None))
    visits = last.order_by(over.grace_until.desc(), over.id.desc()).limit(LAST).correlate(near).subquery()
    number = func.count()
    few = and_(number >= ENOUGH, number.filter(visits.c.answered) <= FEW)
    called = select(CallMade.id).where(
        CallMade.participant_id == near.c.participant_id, CallMade.made_at > now - CALLED_AGAIN_AFTER
    )
    return and_(select(few).select_from(visits).scalar_subquery(), ~called.exists())


def primary_visits(ids: Sequence[int], now: datetime) -> Sequence[Assessment]:
    """The primary visits of these participants that come soon."""
    query: Select[Assessment] = (
        select(Assessment)
        .join(Assessment.participant)
        .join(PRIMARY, PRIMARY.c.id == Assessment.protocol_id)
        .where(Assessment.participant_id.in_(ids), is_near(now))
        .options(joinedload(Assessment.protocol))
        .order_by(Assessment.participant_id, Assessment.id)
    )
    return db.session.scalars(query).all()


def last_visits(ids: Sequence[int], now: datetime) -> dict[int, list[bool]]:
    """Whether the last visits of each of these participants were answered, the newest first."""
    over = aliased(Assessment)
    place = func.row_number().over(partition_by=over.participant_id, order_by=(over.grace_until.desc(), over.id.desc()))
    answered = over.submitted_at.is_not(None) & over.voided_at.is_(None)
    ended = select(over.participant_id, answered.label("answered"), place.label("place")).where(
        over.participant_id.in_(ids), over.grace_until <= now, over.cancelled_at.is_(None)
    )
    rows = ended.subquery()
    last: dict[int, list[bool]] = {}
    query = select(rows.c.participant_id, rows.c.answered).where(rows.c.place <= LAST)
    for participant_id, was_answered in db.session.execute(query.order_by(rows.c.participant_id, rows.c.place)):
        last.setdefault(participant_id, []).append(was_answered)
    return last
