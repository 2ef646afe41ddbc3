"""What the statements share: the order by code point, the place of an answer, when day 0 took place, local dates."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sql
from sqlalchemy import ColumnElement, Date, Label, Select, Subquery, case, cast, distinct, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH, aggregate_order_by
from sqlalchemy.orm.attributes import InstrumentedAttribute
from sqlalchemy.sql.elements import SQLColumnExpression

from app.participants.grades import LeavingGrade
from app.participants.models import Event, EventState, Participant
from app.responses.models import Response
from app.schedule.models import Assessment
from app.studies.models import Membership, Protocol, Site, Study

Question = Select[*tuple[Any, ...]]
Text = ColumnElement[str] | ColumnElement[str | None] | InstrumentedAttribute[str] | InstrumentedAttribute[str | None]
Instant = SQLColumnExpression[datetime] | SQLColumnExpression[datetime | None]
Number = SQLColumnExpression[Decimal] | SQLColumnExpression[Decimal | None]
Who = SQLColumnExpression[int] | SQLColumnExpression[int | None]

BASELINE_PLAN = Protocol.content["baseline"]
"""What the protocol that somebody follows says of baseline."""


def in_c(text: Text) -> ColumnElement[str]:
    """Ordered by code point, wherever the database was made."""
    return func.coalesce(text, "").collate("C")


def named(study: Study) -> Label[str]:
    """The study, which stands in each row."""
    return literal(study.code).label("study")


def place() -> tuple[Label[str], Label[str], Label[str], Label[int]]:
    """Whose answers these are, and of which visit."""
    return (
        Participant.code.label("participant"),
        Site.code.label("site"),
        Assessment.visit.label("visit"),
        Assessment.day.label("day"),
    )


def of_study(query: Question, study: Study) -> Question:
    """What belongs to responses, of one study."""
    joined = query.join(Response.assessment).join(Assessment.participant).join(Participant.site)
    return joined.where(Participant.study_id == study.id)


def may_be_used() -> ColumnElement[bool]:
    """Nothing that she answered leaves, once she has forbidden its use."""
    return Participant.left_as.is_distinct_from(LeavingGrade.NO_FURTHER_USE)


def visit_order() -> tuple[ColumnElement[str], InstrumentedAttribute[int], ColumnElement[str]]:
    """By participant, then by visit in the order of time."""
    return in_c(Participant.code), Assessment.day, in_c(Assessment.visit)


def anchors() -> Subquery:
    """When day 0 took place, by participant."""
    query = select(Event.participant_id, func.min(Event.on).label("on"), func.min(Event.at).label("at"))
    happened = query.where(Event.is_anchor, Event.state == EventState.HAPPENED)
    return happened.group_by(Event.participant_id).subquery("anchors")


def baseline_ends() -> Subquery:
    """When the event took place before which the last answer is baseline: what the protocol names, else the anchor."""
    is_named = case((BASELINE_PLAN.is_(None), Event.is_anchor), else_=Event.kind == BASELINE_PLAN["last_before"].astext)
    query = select(Event.participant_id, func.min(Event.at).label("at")).join(Event.participant)
    query = query.join(Protocol, Protocol.id == Participant.protocol_id)
    happened = query.where(is_named, Event.state == EventState.HAPPENED)
    return happened.group_by(Event.participant_id).subquery("baseline_ends")


def may_be_baseline(
    value: Number, visit: Text, submitted_at: Instant, ends_at: Instant, of: Text
) -> ColumnElement[bool]:
    """Whether a value is of the baseline visit `of`, where the protocol names one, else from before its end."""
    in_time = case((of.is_not(None), visit == of), else_=submitted_at < ends_at)
    return func.coalesce(value.is_not(None) & in_time, False)


def in_periods() -> ColumnElement[bool]:
    """Whether the protocol gives each period of a cross-over its own baseline."""
    return BASELINE_PLAN["periods"].is_not(None)


def is_base_of_period(visit: Text) -> ColumnElement[bool]:
    """Whether the answer of a visit is the baseline of one of the periods."""
    visits = func.jsonb_path_query_array(BASELINE_PLAN, cast("$.periods.*.visit", JSONPATH), type_=JSONB)
    is_one: ColumnElement[bool] = visits.has_key(visit)
    return is_one


def after_baseline_end(submitted_at: Instant, anchor_at: Instant) -> ColumnElement[bool | None]:
    """Whether an answer came when the event had taken place, the very instant included; nothing of what never came."""
    return case((submitted_at.is_not(None), func.coalesce(submitted_at >= anchor_at, False)))


def local_date(at: Instant, zone: Text) -> ColumnElement[date]:
    """The date of an instant where the participant lives."""
    return cast(func.timezone(zone, at), Date)


def role_of(user_id: Who) -> ColumnElement[str | None]:
    """What a user is in the participant's study or at her site now: roles, not names; several with a semicolon."""
    role = cast(Membership.role, sql.Text).collate("C")
    at_her_site = Membership.site_id.is_(None) | (Membership.site_id == Participant.site_id)
    of_user = (Membership.user_id == user_id) & (Membership.study_id == Participant.study_id) & at_her_site
    query = select(func.string_agg(distinct(role), aggregate_order_by(literal("; "), role))).where(of_user)
    return query.correlate_except(Membership).scalar_subquery()
