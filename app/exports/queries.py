"""The questions behind the six tables: one statement each, ordered by keys with the collation "C".

Each gives the cells of its shape without the study, in the shape's order, except where a rule that stands elsewhere
(an assessment's state) has to be asked of the row.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, select
from sqlalchemy.orm import contains_eager

from app.messages.models import Message, MessageState, Receipt
from app.participants.models import Event, EventState, Participant
from app.responses.models import Answer, Response, Score
from app.schedule.models import Assessment
from app.studies.models import Site
from app.studies.texts import LINK_KINDS

Rows = Select[*tuple[Any, ...]]
LEFT_US = (MessageState.ACCEPTED, MessageState.SENDING, MessageState.UNKNOWN)


def in_c(column: Any) -> ColumnElement[str]:
    """Ordered by code point, wherever the database was made."""
    return func.coalesce(column, "").collate("C")


def first_infusions() -> Subquery:
    """When day 0 took place, by participant."""
    query = select(Event.participant_id, func.min(Event.on).label("on"), func.min(Event.at).label("at"))
    happened = query.where(Event.is_anchor, Event.state == EventState.HAPPENED)
    return happened.group_by(Event.participant_id).subquery("given")


def participants(study_id: int) -> Rows:
    """Cells, with the instant of withdrawal where its local date belongs."""
    given, p = first_infusions(), Participant
    stopped = select(func.min(Event.on)).where(
        Event.participant_id == p.id, Event.kind == "treatment_stopped", Event.state == EventState.HAPPENED
    )
    cells = (p.code, Site.code, p.language, p.zone, p.enrolled_on, p.randomised_on, given.c.on, given.c.at)
    query = select(*cells, stopped.scalar_subquery(), p.withdrawn_at, p.withdrawal_reason)
    joined = query.select_from(p).join(p.site).outerjoin(given, given.c.participant_id == p.id)
    return joined.where(p.study_id == study_id).order_by(in_c(p.code))


def texts_about() -> Subquery:
    """What became of the texts with a link, by assessment."""
    report = (
        select(Receipt.message_id, func.min(Receipt.received_at).label("at"))
        .where(Receipt.status == "delivered")
        .group_by(Receipt.message_id)
        .subquery("report")
    )
    delivered = Message.state == MessageState.DELIVERED
    delivered_at = case((delivered, func.coalesce(report.c.at, Message.settled_at)))
    cells = (
        Message.assessment_id,
        func.min(Message.sent_at).label("invited_at"),
        func.min(delivered_at).label("delivered_at"),
        func.bool_or(delivered).label("delivered"),
        func.bool_or(Message.state.in_(LEFT_US)).label("sent"),
        func.bool_or(Message.state == MessageState.FAILED).label("failed"),
    )
    query = select(*cells).outerjoin(report, report.c.message_id == Message.id)
    return query.where(Message.kind.in_(LINK_KINDS)).group_by(Message.assessment_id).subquery("texts")


def assessments(study_id: int) -> Rows:
    """Each assessment with its participant, site code, sequence, and what became of its texts and its answer."""
    given, texts = first_infusions(), texts_about()
    sequence = func.row_number().over(
        partition_by=Assessment.participant_id, order_by=(Assessment.day, in_c(Assessment.visit))
    )
    sent = (texts.c.invited_at, texts.c.delivered_at, texts.c.delivered, texts.c.sent, texts.c.failed)
    query = select(Assessment, Site.code, sequence, *sent, given.c.at, Response.language, Response.mode)
    return (
        query.join(Assessment.participant)
        .join(Participant.site)
        .outerjoin(given, given.c.participant_id == Participant.id)
        .outerjoin(texts, texts.c.assessment_id == Assessment.id)
        .outerjoin(Response, Response.assessment_id == Assessment.id)
        .options(contains_eager(Assessment.participant))
        .where(Participant.study_id == study_id)
        .order_by(in_c(Participant.code), Assessment.day, in_c(Assessment.visit))
    )


def answers(study_id: int) -> Rows:
    """Cells; an absent value without a reason says so."""
    about = Response.instruments[Answer.instrument]
    reason = case((Answer.value.is_(None), func.coalesce(Answer.missing_reason, "not_recorded")))
    cells = (Participant.code, Site.code, Assessment.visit, Assessment.day, Answer.instrument, Answer.item)
    origin = (about["version"].astext, about["wording_sha256"].astext, Response.submitted_at)
    query = select(*cells, Answer.value, reason, *origin).join(Answer.response)
    return _of_study(query, study_id).order_by(
        *_visit_order(), in_c(Answer.instrument), Answer.position, in_c(Answer.item)
    )


def scores(study_id: int) -> Rows:
    """Cells of the current scores. Baseline is the last one of its name and value set before day 0 took place."""
    given = first_infusions()
    before = and_(Score.value.is_not(None), Response.submitted_at < given.c.at)
    kept = func.coalesce(before, False)
    alike = (Assessment.participant_id, Score.instrument, Score.name, Score.value_set, kept)
    latest = func.row_number().over(partition_by=alike, order_by=(Response.submitted_at.desc(), Response.id.desc()))
    cells = (Participant.code, Site.code, Assessment.visit, Assessment.day, Score.instrument, Score.name, Score.value)
    flags = (and_(kept, latest == 1), func.coalesce(Response.submitted_at >= given.c.at, False))
    reason = case((Score.value.is_(None), func.coalesce(Score.missing_reason, "not_recorded")))
    origin = (Score.rule, Score.instrument_version, Score.scorer_version, Score.input_sha256, Response.submitted_at)
    query = select(*cells, Score.value_set, *flags, Score.n_answered, reason, *origin).join(Score.response)
    found = _of_study(query, study_id).outerjoin(given, given.c.participant_id == Participant.id)
    order = (*_visit_order(), in_c(Score.instrument), in_c(Score.name), in_c(Score.value_set))
    return found.where(Score.superseded_at.is_(None)).order_by(*order)


def messages(study_id: int) -> Rows:
    """Cells."""
    m = Message
    cells = (Participant.code, Assessment.visit, m.kind, m.state, m.reason, m.language, m.segments, m.attempts)
    instants = (m.owed_at, m.queued_at, m.sent_at, m.settled_at)
    query = select(*cells, m.possible_duplicate, *instants).join(m.participant).outerjoin(m.assessment)
    return query.where(m.study_id == study_id).order_by(in_c(Participant.code), m.owed_at, in_c(m.kind), m.id)


def events(study_id: int) -> Rows:
    """Cells."""
    query = select(Participant.code, Event.kind, Event.state, Event.on, Event.at, Event.recorded_at)
    found = query.join(Event.participant).where(Participant.study_id == study_id)
    return found.order_by(in_c(Participant.code), Event.on, in_c(Event.kind), Event.id)


def _of_study(query: Rows, study_id: int) -> Rows:
    joined = query.join(Response.assessment).join(Assessment.participant).join(Participant.site)
    return joined.where(Participant.study_id == study_id)


def _visit_order() -> tuple[Any, ...]:
    return in_c(Participant.code), Assessment.day, in_c(Assessment.visit)
