"""What came back: answers, scores, and what was asked and signed about them."""

from sqlalchemy import Subquery, case, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.exports.queries.placing import (
    BASELINE_PLAN,
    Question,
    after_baseline_end,
    baseline_ends,
    in_c,
    in_periods,
    is_base_of_period,
    may_be_baseline,
    may_be_used,
    named,
    of_study,
    place,
    role_of,
    visit_order,
)
from app.participants.models import Participant
from app.responses.checking import NotAnswered
from app.responses.models import Answer, Correction, CorrectionKind, CorrectionOutcome, Response, Score
from app.schedule.models import Assessment
from app.studies.models import Protocol, Study


def answers(study: Study) -> Question:
    """Every item with the value that holds; an absent value without a reason says so."""
    about = Response.instruments[Answer.instrument]
    corrected = last_corrections()
    voided = Assessment.voided_at.is_not(None)
    is_corrected = corrected.c.response_id.is_not(None)
    holds = case((voided, None), (is_corrected, corrected.c.proposed_value), else_=Answer.value)
    why = case(
        (voided, NotAnswered.VOIDED.value),
        (is_corrected, NotAnswered.CORRECTED.value),
        else_=func.coalesce(Answer.missing_reason, NotAnswered.NOT_RECORDED.value),
    )
    query: Question = select(
        named(study),
        *place(),
        Answer.instrument,
        Answer.item,
        holds.label("value"),
        case((holds.is_(None), why)).label("missing_reason"),
        about["version"].astext.label("instrument_version"),
        about["wording_sha256"].astext.label("wording_sha256"),
        Response.submitted_at,
    )
    order = (*visit_order(), in_c(Answer.instrument), Answer.position, in_c(Answer.item))
    of_item = (corrected.c.response_id == Answer.response_id) & (corrected.c.instrument == Answer.instrument)
    current = of_study(query.join(Answer.response), study).where(may_be_used())
    return current.outerjoin(corrected, of_item & (corrected.c.item == Answer.item)).order_by(*order)


def scores(study: Study) -> Question:
    """The current scores, the baseline of each participant and measure marked (`placing.may_be_baseline`)."""
    ends, baseline_visit = baseline_ends(), BASELINE_PLAN["visit"].astext
    why = func.coalesce(Score.missing_reason, NotAnswered.NOT_RECORDED.value)
    of_person = may_be_baseline(Score.value, Assessment.visit, Response.submitted_at, ends.c.at, baseline_visit)
    of_period = Score.value.is_not(None) & is_base_of_period(Assessment.visit)
    eligible = case((in_periods(), of_period), else_=of_person)
    own_visit = case((in_periods(), Assessment.visit))
    measure = (Participant.id, Score.instrument, Score.name, Score.value_set, own_visit)
    last_first = (eligible.desc(), Response.submitted_at.desc(), Response.id.desc())
    number = func.row_number().over(partition_by=measure, order_by=last_first)
    query: Question = select(
        named(study),
        *place(),
        Score.instrument,
        Score.name.label("score"),
        Score.value,
        Score.value_set,
        Score.category,
        (eligible & (number == 1)).label("baseline"),
        after_baseline_end(Response.submitted_at, ends.c.at).label("after_baseline_end"),
        Score.n_answered,
        case((Score.value.is_(None), why)).label("missing_reason"),
        Score.rule,
        Score.instrument_version,
        Score.scorer_version,
        Score.input_sha256,
        Response.submitted_at,
    )
    current = of_study(query.join(Score.response), study).where(Score.superseded_at.is_(None), may_be_used())
    order = (*visit_order(), in_c(Score.instrument), in_c(Score.name), in_c(Score.value_set))
    followed = current.join(Protocol, Protocol.id == Participant.protocol_id)
    return followed.outerjoin(ends, ends.c.participant_id == Participant.id).order_by(*order)


def corrections(study: Study) -> Question:
    """Every query about a response and how it ended; the layer that holds is in `answers` and `scores`."""
    approved = Correction.outcome == CorrectionOutcome.APPROVED
    query: Question = select(
        named(study),
        *place(),
        Correction.kind,
        Correction.instrument,
        Correction.item,
        Correction.original_value,
        Correction.previous_value,
        Correction.proposed_value,
        case((approved, Correction.proposed_value), else_=Correction.previous_value).label("resulting_value"),
        Correction.reason,
        Correction.source,
        Correction.asked_at,
        role_of(Correction.asked_by_id).label("asked_by_role"),
        Correction.outcome.label("decision"),
        Correction.decided_at,
        role_of(Correction.decided_by_id).label("decided_by_role"),
        Correction.decision_reason,
        Correction.sha256.label("signature_sha256"),
    )
    order = (*visit_order(), in_c(Correction.instrument), in_c(Correction.item), Correction.asked_at, Correction.id)
    return of_study(query.join(Correction.response), study).where(may_be_used()).order_by(*order)


def last_corrections() -> Subquery:
    """Of each item that was corrected, what was signed last."""
    item = (Correction.response_id, Correction.instrument, Correction.item)
    query = select(*item, Correction.proposed_value).where(
        Correction.kind == CorrectionKind.ANSWER, Correction.outcome == CorrectionOutcome.APPROVED
    )
    last_first = (*item, Correction.decided_at.desc(), Correction.id.desc())
    return query.ext(distinct_on(*item)).order_by(*last_first).subquery("corrected")
