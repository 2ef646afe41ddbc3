"""Answers that came when they were no longer taken: that they came is kept, of what they said nothing."""

from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.dialects.postgresql import insert

from app.core.database import db
from app.responses.admission import takes_answers_until
from app.responses.models import LateAttempt, Mode
from app.schedule.models import Assessment, State, VisitNotDone
from app.studies.states import Act, may


def note_attempt(assessment: Assessment, mode: Mode, now: datetime) -> None:
    """Keep that answers came too late: the first of each way, and of each window where the visit was moved."""
    if not came_late(assessment, now):
        return
    row = insert(LateAttempt).values(assessment_id=assessment.id, mode=mode, attempted_at=now)
    of_an_earlier_window = LateAttempt.attempted_at < assessment.closes_at
    newest = {"attempted_at": row.excluded.attempted_at}
    once = row.on_conflict_do_update(index_elements=["assessment_id", "mode"], set_=newest, where=of_an_earlier_window)
    db.session.execute(once)


def came_late(assessment: Assessment, now: datetime) -> bool:
    """Whether what refuses an answer at `now` is that the time is over, and nothing else."""
    if not may(assessment.participant.study.state, Act.ANSWER):
        return False
    state = assessment.state(now)
    return state is State.MISSED or (state is State.OPEN and takes_answers_until(assessment, now) is None)


def attempts(assessment: Assessment) -> list[LateAttempt]:
    """The answers to this visit that came too late, the first one first."""
    query = select(LateAttempt).filter_by(assessment_id=assessment.id)
    return list(db.session.scalars(query.order_by(LateAttempt.attempted_at, LateAttempt.id)))


def was_too_late() -> ColumnElement[bool]:
    """Whether answers to a visit came after the window that it has now; of one that the site ended (`VisitNotDone`)
    after the window that it had, as until then it was the site that took nothing."""
    ended = select(VisitNotDone.grace_until).where(VisitNotDone.assessment_id == Assessment.id)
    until = func.coalesce(ended.correlate(Assessment).scalar_subquery(), Assessment.closes_at)
    came = (LateAttempt.assessment_id == Assessment.id, LateAttempt.attempted_at >= until)
    return exists(select(LateAttempt.id).where(*came).correlate(Assessment))
