"""Each visit of each participant at an instant: its window, its state, its texts, its answer."""

from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sql
from sqlalchemy import ARRAY, ColumnElement, Integer, Interval, Label, Subquery, case, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH, aggregate_order_by

from app.exports.queries.placing import (
    BASELINE_PLAN,
    Question,
    after_baseline_end,
    baseline_ends,
    in_c,
    in_periods,
    local_date,
    may_be_used,
    named,
)
from app.exports.reasons import LEFT_US, reason
from app.messages.models import Message, MessageState, Receipt, of_this_window
from app.participants.models import Participant
from app.responses.late_attempts import was_too_late
from app.responses.models import Answerer, Mode, Response, StaffEntry
from app.schedule.models import Assessment, VisitNotDone, state_at
from app.studies.models import Protocol, Site, Study
from app.studies.protocol.definition import NO_BASELINE
from app.studies.protocol.visits import SEVERAL
from app.studies.texts import LINK_KINDS

MINUTE = 60
TICK = literal(timedelta(microseconds=1), Interval())
"""An end is exclusive: a window that closes at midnight has the day before as its last."""


def assessments(study: Study, now: datetime) -> Question:
    """Every visit as it is at `now`, with the reason why there is no complete answer."""
    visit = visits(study, now).subquery("visits").c
    query: Question = select(
        named(study),
        visit.participant,
        visit.site,
        visit.visit,
        visit.day,
        visit.sequence,
        visit.anchor_on,
        visit.opens_at,
        visit.due_at,
        visit.closes_at,
        visit.grace_until,
        visit.state,
        visit.reason,
        visit.invited_at,
        visit.delivered_at,
        visit.opened_at,
        visit.submitted_at,
        visit.after_baseline_end,
        visit.minutes_late,
        visit.language,
        visit.mode,
        visit.answered_by,
        visit.presentation,
        visit.not_done_reason,
        visit.not_done_at,
    )
    return query.order_by(in_c(visit.participant), visit.day, in_c(visit.visit))


def visits(study: Study, now: datetime) -> Question:
    """Each visit with its facts, its state at `now`, and why it has no complete answer."""
    ends, texts, state = baseline_ends(), texts_about(), state_at(now)
    of_all = func.jsonb_path_query_first(Response.instruments, cast("$.*.presentation", JSONPATH), type_=JSONB)
    begun = Assessment.opened_at.is_not(None) | Assessment.draft_existed
    query: Question = select(
        *(Assessment.id, Assessment.participant_id, Assessment.protocol_id),
        Participant.code.label("participant"),
        Site.code.label("site"),
        *(Participant.left_as, may_be_used().label("may_be_used")),
        Assessment.visit,
        Assessment.day,
        _sequence().label("sequence"),
        Assessment.anchor_on,
        *(Assessment.opens_at, Assessment.due_at, Assessment.closes_at, Assessment.grace_until),
        *_local_dates(),
        state.label("state"),
        reason(state, begun, was_too_late(), texts).label("reason"),
        *(texts.c.invited_at, texts.c.delivered_at, texts.c.held_because),
        Assessment.opened_at,
        Assessment.submitted_at,
        after_baseline_end(Assessment.submitted_at, ends.c.at).label("after_baseline_end"),
        _minutes_late().label("minutes_late"),
        *_baseline_rule(ends),
        Response.id.label("response_id"),
        Response.language,
        Response.mode,
        Response.instruments.label("answered"),
        _answered_by(),
        of_all[()].astext.label("presentation"),
        VisitNotDone.reason.label("not_done_reason"),
        Assessment.not_done_at,
    )
    return _joined(query, ends, texts).where(Participant.study_id == study.id)


def _joined(query: Question, ends: Subquery, texts: Subquery) -> Question:
    """With whatever is known of a visit beside it."""
    whose = query.join(Assessment.participant).join(Participant.site)
    return (
        whose.join(Protocol, Protocol.id == Participant.protocol_id)
        .outerjoin(ends, ends.c.participant_id == Participant.id)
        .outerjoin(texts, texts.c.assessment_id == Assessment.id)
        .outerjoin(Response, Response.assessment_id == Assessment.id)
        .outerjoin(VisitNotDone, VisitNotDone.assessment_id == Assessment.id)
    )


def _baseline_rule(ends: Subquery) -> tuple[Label[Any], ...]:
    """What the protocol says of baseline, and when it ended."""
    return (
        ends.c.at.label("baseline_ends_at"),
        BASELINE_PLAN["visit"].astext.label("baseline_visit"),
        func.coalesce(BASELINE_PLAN.astext == NO_BASELINE, False).label("no_baseline"),
        in_periods().label("has_periods"),
        Participant.protocol_id.label("followed_protocol_id"),
        func.split_part(Assessment.visit, SEVERAL, 1).label("base_code"),
    )


def _answered_by() -> Label[str | None]:
    """Whose answers they are: what staff noted when they typed, else the participant's own, where she sent them."""
    typed = select(StaffEntry.answered_by).where(StaffEntry.assessment_id == Assessment.id)
    noted = typed.order_by(StaffEntry.number.desc()).limit(1).correlate(Assessment).scalar_subquery()
    own = case(
        (Response.mode.in_([Mode.PAGE, Mode.SMS]), Answerer.HERSELF.value),
        (Response.mode == Mode.HELPED, Answerer.HELPED.value),
        (Response.mode.is_not(None), cast(noted, sql.Text)),
    )
    return own.label("answered_by")


def _sequence() -> ColumnElement[int]:
    """The visit's number among those of its participant."""
    in_order = (Assessment.day, in_c(Assessment.visit))
    return func.row_number().over(partition_by=Assessment.participant_id, order_by=in_order)


def _minutes_late() -> ColumnElement[int | None]:
    """Whole minutes after closing; none for an answer in time."""
    seconds = func.extract("epoch", Assessment.submitted_at - Assessment.closes_at)
    minutes = cast(func.floor(seconds / MINUTE), Integer)
    return case((Assessment.submitted_at.is_not(None), func.greatest(minutes, 0)))


def _local_dates() -> tuple[Label[date], ...]:
    """The first and last day of the window, the day on which it is due, and the day of the answer, where she lives."""
    instants = {
        "opens_on": Assessment.opens_at,
        "due_on": Assessment.due_at - TICK,
        "closes_on": Assessment.closes_at - TICK,
        "submitted_on": Assessment.submitted_at,
    }
    return tuple(local_date(at, Participant.zone).label(name) for name, at in instants.items())


def how_far() -> tuple[Label[bool], ...]:
    """How far texts came: whether any arrived, left us without a report, or failed."""
    came = {
        "arrived": Message.state == MessageState.DELIVERED,
        "left": Message.state.in_(LEFT_US),
        "failed": Message.state == MessageState.FAILED,
    }
    return tuple(func.bool_or(condition).label(name) for name, condition in came.items())


def texts_about() -> Subquery:
    """What became of the texts with a link, by assessment: when the first left and arrived, how far they came, and why
    the last one that was held back was.

    Of a visit that waits for its answer only what was sent of the window that it has now: a text of the window before
    day 0 moved says nothing of whether she was asked.
    """
    report = (
        select(Receipt.message_id, func.min(Receipt.received_at).label("at"))
        .where(Receipt.status == "delivered")
        .group_by(Receipt.message_id)
        .subquery("report")
    )
    arrived = Message.state == MessageState.DELIVERED
    arrived_at = func.coalesce(report.c.at, Message.settled_at)
    held_first = (Message.owed_at.desc(), Message.id.desc())
    held = func.array_agg(aggregate_order_by(cast(Message.reason, sql.Text), *held_first), type_=ARRAY(sql.Text))
    query = select(
        Message.assessment_id,
        func.min(Message.sent_at).label("invited_at"),
        func.min(case((arrived, arrived_at))).label("delivered_at"),
        *how_far(),
        held.filter(Message.state == MessageState.SUPPRESSED)[1].label("held_because"),
    )
    about_it = of_this_window() | Assessment.submitted_at.is_not(None)
    joined = query.join(Message.assessment).outerjoin(report, report.c.message_id == Message.id)
    return joined.where(Message.kind.in_(LINK_KINDS), about_it).group_by(Message.assessment_id).subquery("texts")
