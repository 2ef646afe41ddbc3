"""Whether an answer is taken now, by the server's time."""

from datetime import datetime

from app.participants.grades import LeavingGrade
from app.responses.problems import Closed, Left, NotOpenYet, StudyOver
from app.schedule.models import Assessment, State
from app.studies.states import Act, may

REFUSALS = {State.NOT_DUE: NotOpenYet, State.MISSED: Closed, State.CANCELLED: Closed, State.WITHDRAWN: Left}


def takes_answers_until(assessment: Assessment, now: datetime) -> datetime | None:
    """Until when answers are taken, as she is told at `now`: closing, and after that the grace; nothing once over."""
    if not _asks(assessment):
        return None
    if now < assessment.closes_at:
        return assessment.closes_at if assessment.is_open(now) else None
    kept = assessment.protocol.plan.answers.keeps_late
    return assessment.grace_until if kept and assessment.is_open(now) else None


def is_in_time(assessment: Assessment, now: datetime) -> bool:
    """Whether an answer would be taken at `now`, if none had been."""
    left = assessment.participant.withdrawn_at
    if not _asks(assessment) or (left is not None and left <= now):
        return False
    kept = assessment.protocol.plan.answers.keeps_late
    return assessment.opens_at <= now < (assessment.grace_until if kept else assessment.closes_at)


def admit(assessment: Assessment, now: datetime) -> None:
    """Nothing if a visit not yet answered takes answers at `now`; otherwise StudyOver, NotOpenYet, Closed or Left.

    After closing, the protocol's rule for late answers decides, also for a patient who began in time.
    """
    if not _asks(assessment):
        raise StudyOver()
    admit_by_window(assessment, now)


def admit_by_window(assessment: Assessment, at: datetime) -> None:
    """The same by the visit's window alone: what was answered at `at` may be typed when the study asks nobody more."""
    state = assessment.state(at)
    if state is State.WITHDRAWN and assessment.participant.left_as is LeavingGrade.DIED:
        raise Closed()  # whoever reads it then should read nothing about leaving
    if state in REFUSALS:
        raise REFUSALS[state]()
    if at >= assessment.closes_at and not assessment.protocol.plan.answers.keeps_late:
        raise Closed()


def _asks(assessment: Assessment) -> bool:
    return may(assessment.participant.study.state, Act.ANSWER)
