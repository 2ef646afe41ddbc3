"""The questions behind the six tables: one statement each, ordered by keys with the collation "C".

The columns of a statement are named as the fields of the row that `rows` makes of it. No rule is asked of the database:
what an assessment's state is, or which score is baseline, is said of the rows when they have come.
"""

from sqlalchemy import ARRAY, ColumnElement, Label, Select, Subquery, case, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH, distinct_on
from sqlalchemy.orm import aliased, contains_eager
from sqlalchemy.orm.attributes import InstrumentedAttribute

from app.messages.models import Message, MessageState, Receipt, of_this_window
from app.participants.grades import LeavingGrade
from app.participants.models import Event, EventState, Participant
from app.responses.checking import NotAnswered
from app.responses.models import Answer, Correction, CorrectionKind, CorrectionOutcome, Response, Score
from app.schedule.models import Assessment
from app.studies.models import Protocol, Site
from app.studies.texts import LINK_KINDS

Question = Select[*tuple[object, ...]]
Text = ColumnElement[str] | ColumnElement[str | None] | InstrumentedAttribute[str] | InstrumentedAttribute[str | None]


BASELINE = Protocol.content["baseline"]
"""What the protocol that somebody follows says of baseline."""


def in_c(text: Text) -> ColumnElement[str]:
    """Ordered by code point, wherever the database was made."""
    return func.coalesce(text, "").collate("C")


def participants(study_id: int) -> Question:
    """Everybody, with the instant of withdrawal, whose local date leaves."""
    anchors = _anchors()
    stopped_on = select(func.min(Event.on)).where(
        Event.participant_id == Participant.id,
        Event.kind == "treatment_stopped",
        Event.state == EventState.HAPPENED,
    )
    query = select(
        Participant.code.label("participant"),
        Site.code.label("site"),
        Participant.language,
        Participant.zone,
        Participant.enrolled_on,
        Participant.randomised_on,
        anchors.c.on.label("anchor_on"),
        anchors.c.at.label("anchor_at"),
        stopped_on.scalar_subquery().label("treatment_stopped_on"),
        Participant.withdrawn_at,
        Participant.withdrawal_reason,
        Participant.left_as,
    )
    joined = query.join(Participant.site).outerjoin(anchors, anchors.c.participant_id == Participant.id)
    return joined.where(Participant.study_id == study_id).order_by(in_c(Participant.code))


def assessments(study_id: int) -> Question:
    """Each assessment with its participant, and what became of its texts and its answer."""
    ends, texts, assessment = _baseline_ends(), _texts_about(), aliased(Assessment, name="assessment")
    in_order = (assessment.day, in_c(assessment.visit))
    of_all = func.jsonb_path_query_first(Response.instruments, cast("$.*.presentation", JSONPATH), type_=JSONB)
    query = select(
        assessment,
        Site.code.label("site"),
        func.row_number().over(partition_by=assessment.participant_id, order_by=in_order).label("sequence"),
        texts.c.invited_at,
        texts.c.delivered_at,
        texts.c.states.label("texts"),
        ends.c.at.label("anchor_at"),
        Response.language,
        Response.mode,
        of_all[()].astext.label("presentation"),
    )
    return (
        query.join(assessment.participant)
        .join(Participant.site)
        .outerjoin(ends, ends.c.participant_id == Participant.id)
        .outerjoin(texts, texts.c.assessment_id == assessment.id)
        .outerjoin(Response, Response.assessment_id == assessment.id)
        .options(contains_eager(assessment.participant))
        .where(Participant.study_id == study_id)
        .order_by(in_c(Participant.code), *in_order)
    )


def answers(study_id: int) -> Question:
    """Every item with the value that holds; an absent value without a reason says so."""
    about = Response.instruments[Answer.instrument]
    corrected = _last_corrections()
    voided = Assessment.voided_at.is_not(None)
    is_corrected = corrected.c.response_id.is_not(None)
    holds = case((voided, None), (is_corrected, corrected.c.proposed_value), else_=Answer.value)
    why = case(
        (voided, NotAnswered.VOIDED.value),
        (is_corrected, NotAnswered.CORRECTED.value),
        else_=func.coalesce(Answer.missing_reason, NotAnswered.NOT_RECORDED.value),
    )
    query = select(
        *_place(),
        Answer.instrument,
        Answer.item,
        holds.label("value"),
        case((holds.is_(None), why)).label("missing_reason"),
        about["version"].astext.label("instrument_version"),
        about["wording_sha256"].astext.label("wording_sha256"),
        Response.submitted_at,
    )
    order = (*_visit_order(), in_c(Answer.instrument), Answer.position, in_c(Answer.item))
    of_item = (corrected.c.response_id == Answer.response_id) & (corrected.c.instrument == Answer.instrument)
    current = _of_study(query.join(Answer.response), study_id).where(_may_be_used())
    return current.outerjoin(corrected, of_item & (corrected.c.item == Answer.item)).order_by(*order)


def scores(study_id: int) -> Question:
    """The current scores, with what decides whether one is baseline."""
    ends = _baseline_ends()
    why = func.coalesce(Score.missing_reason, NotAnswered.NOT_RECORDED.value)
    query = select(
        *_place(),
        Score.instrument,
        Score.name.label("score"),
        Score.value,
        Score.value_set,
        Score.category,
        Score.n_answered,
        case((Score.value.is_(None), why)).label("missing_reason"),
        Score.rule,
        Score.instrument_version,
        Score.scorer_version,
        Score.input_sha256,
        Response.submitted_at,
        Response.id.label("response_id"),
        ends.c.at.label("anchor_at"),
        BASELINE["visit"].astext.label("baseline_visit"),
    )
    current = _of_study(query.join(Score.response), study_id).where(Score.superseded_at.is_(None), _may_be_used())
    order = (*_visit_order(), in_c(Score.instrument), in_c(Score.name), in_c(Score.value_set))
    followed = current.join(Protocol, Protocol.id == Participant.protocol_id)
    return followed.outerjoin(ends, ends.c.participant_id == Participant.id).order_by(*order)


def messages(study_id: int) -> Question:
    """Every text that was owed."""
    query = select(
        Participant.code.label("participant"),
        Assessment.visit,
        Message.kind,
        Message.state,
        Message.reason,
        Message.language,
        Message.segments,
        Message.attempts,
        Message.possible_duplicate,
        Message.owed_at,
        Message.queued_at,
        Message.sent_at,
        Message.settled_at,
    )
    joined = query.join(Message.participant).outerjoin(Message.assessment).where(Message.study_id == study_id)
    return joined.order_by(in_c(Participant.code), Message.owed_at, in_c(Message.kind), Message.id)


def events(study_id: int) -> Question:
    """Every protocol event, planned or past."""
    query = select(
        Participant.code.label("participant"),
        Event.kind,
        Event.state,
        Event.on.label("event_on"),
        Event.at.label("event_at"),
        Event.recorded_at,
    )
    joined = query.join(Event.participant).where(Participant.study_id == study_id)
    return joined.order_by(in_c(Participant.code), Event.on, in_c(Event.kind), Event.id)


def _last_corrections() -> Subquery:
    """Of each item that was corrected, what was signed last."""
    place = (Correction.response_id, Correction.instrument, Correction.item)
    query = select(*place, Correction.proposed_value).where(
        Correction.kind == CorrectionKind.ANSWER, Correction.outcome == CorrectionOutcome.APPROVED
    )
    last_first = (*place, Correction.decided_at.desc(), Correction.id.desc())
    return query.ext(distinct_on(*place)).order_by(*last_first).subquery("corrected")


def _baseline_ends() -> Subquery:
    """When the event took place before which the last answer is baseline: what the protocol names, else the anchor."""
    named = case((BASELINE.is_(None), Event.is_anchor), else_=Event.kind == BASELINE["last_before"].astext)
    query = select(Event.participant_id, func.min(Event.at).label("at")).join(Event.participant)
    query = query.join(Protocol, Protocol.id == Participant.protocol_id)
    happened = query.where(named, Event.state == EventState.HAPPENED)
    return happened.group_by(Event.participant_id).subquery("baseline_ends")


def _anchors() -> Subquery:
    """When day 0 took place, by participant."""
    query = select(Event.participant_id, func.min(Event.on).label("on"), func.min(Event.at).label("at"))
    happened = query.where(Event.is_anchor, Event.state == EventState.HAPPENED)
    return happened.group_by(Event.participant_id).subquery("anchors")


def _texts_about() -> Subquery:
    """What became of the texts with a link, by assessment: when the first left and arrived, and the states of all.

    Of a visit that waits for its answer only what was sent of the window that it has now: a text of the window before
    day 0 moved says nothing of whether she was asked.
    """
    report = (
        select(Receipt.message_id, func.min(Receipt.received_at).label("at"))
        .where(Receipt.status == "delivered")
        .group_by(Receipt.message_id)
        .subquery("report")
    )
    arrived_at = func.coalesce(report.c.at, Message.settled_at)
    query = select(
        Message.assessment_id,
        func.min(Message.sent_at).label("invited_at"),
        func.min(case((Message.state == MessageState.DELIVERED, arrived_at))).label("delivered_at"),
        func.array_agg(Message.state.distinct(), type_=ARRAY(Message.state.type)).label("states"),
    )
    about_it = of_this_window() | Assessment.submitted_at.is_not(None)
    joined = query.join(Message.assessment).outerjoin(report, report.c.message_id == Message.id)
    return joined.where(Message.kind.in_(LINK_KINDS), about_it).group_by(Message.assessment_id).subquery("texts")


def _place() -> tuple[Label[str], Label[str], Label[str], Label[int]]:
    """Whose answers these are, and of which visit."""
    return (
        Participant.code.label("participant"),
        Site.code.label("site"),
        Assessment.visit.label("visit"),
        Assessment.day.label("day"),
    )


def _may_be_used() -> ColumnElement[bool]:
    """Nothing that she answered leaves, once she has forbidden its use."""
    return Participant.left_as.is_distinct_from(LeavingGrade.NO_FURTHER_USE)


def _of_study(query: Question, study_id: int) -> Question:
    joined = query.join(Response.assessment).join(Assessment.participant).join(Participant.site)
    return joined.where(Participant.study_id == study_id)


def _visit_order() -> tuple[ColumnElement[str], InstrumentedAttribute[int], ColumnElement[str]]:
    return in_c(Participant.code), Assessment.day, in_c(Assessment.visit)
