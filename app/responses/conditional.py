"""Visits that are asked because of what was answered: an idempotent question of the clock, asked of each condition.

PostgreSQL finds the few whose answer fulfils the condition and who have not the visit yet. A visit that was planned so
stays, also when the answer is corrected later: whoever was to be asked on that day still is.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, Integer, Select, case, cast, select

from app.core.database import alone, db
from app.messages.reading import plan_of
from app.participants.models import Event, EventState, Participant
from app.responses.models import Answer, Response, Score
from app.schedule.models import Assessment, base_visit
from app.schedule.planning import plan, plan_all
from app.studies.guarding import goes_on
from app.studies.models import Protocol
from app.studies.protocol import VisitCondition, VisitPlan

WHOLE_TEXT = "^-?[0-9]{1,9}$"


def plan_everybody(now: datetime, faults: list[Exception] | None = None) -> int:
    """Everybody who is without a plan, and each visit whose answers are there; returns how many people and visits."""
    return plan_all(now, faults) + plan_answered(now, faults)


def plan_answered(now: datetime, faults: list[Exception] | None = None) -> int:
    """Plan each visit whose answers are there; returns how many visits."""
    new = 0
    for protocol_id, sha256 in db.session.execute(select(Protocol.id, Protocol.sha256).order_by(Protocol.id)).all():
        protocol = plan_of(protocol_id, sha256)
        for visit in protocol.visits:
            if visit.only_if is not None and visit.only_if.asks_answers:
                for person in db.session.scalars(_fulfilling(protocol_id, protocol.anchor_of(visit), visit)).all():
                    with alone(faults):
                        planned = {assessment.visit for assessment in plan(person, now, answered=[visit.code])}
                        new += visit.code in planned
    return new


def _fulfilling(protocol_id: int, anchor: str, visit: VisitPlan) -> Select[Participant]:
    """Who follows the protocol, has the event and the answer, and not the visit."""
    assert visit.only_if is not None
    has_event = (
        select(Event.id)
        .where(Event.participant_id == Participant.id, Event.kind == anchor, Event.state != EventState.CANCELLED)
        .exists()
    )
    has_visit = select(Assessment.id).where(Assessment.participant_id == Participant.id, Assessment.visit == visit.code)
    takes_part = (Participant.protocol_id == protocol_id, Participant.withdrawn_at.is_(None))
    given = _given(visit.only_if).exists()
    query = select(Participant).join(Participant.study).where(goes_on(), *takes_part, has_event)
    return query.where(~has_visit.exists(), given).order_by(Participant.id)


def _given(condition: VisitCondition) -> Select[int]:
    """Her answer or score that is as the condition says, of a visit that counts."""
    table, name = (Score, Score.name) if condition.score else (Answer, Answer.item)
    instrument, _, measure = (condition.score or condition.answer or "").partition(".")
    query = select(table.id).join(Response, Response.id == table.response_id)
    query = query.join(Assessment, Assessment.id == Response.assessment_id)
    query = query.where(Assessment.participant_id == Participant.id, Assessment.voided_at.is_(None))
    query = query.where(table.instrument == instrument, name == measure, *_within(condition)).correlate(Participant)
    if condition.score:
        query = query.where(Score.superseded_at.is_(None))
    return query.where(base_visit() == condition.visit) if condition.visit else query


def _within(condition: VisitCondition) -> Iterator[ColumnElement[bool]]:
    """The limits; an answer in words is no number, and within none."""
    number = case((Answer.value.regexp_match(WHOLE_TEXT), cast(Answer.value, Integer)), else_=None)
    value = Score.value if condition.score else number
    if condition.at_least is not None:
        yield value >= condition.at_least
    if condition.at_most is not None:
        yield value <= condition.at_most
    if condition.among:
        yield value.in_(condition.among)
