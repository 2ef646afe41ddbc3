"""Whether an answer is taken now, by the server's time."""

from datetime import datetime

from app.responses.problems import Closed, Left, NotOpenYet
from app.schedule.models import Assessment, State

REFUSALS = {State.NOT_DUE: NotOpenYet, State.MISSED: Closed, State.WITHDRAWN: Left}


def admit(assessment: Assessment, now: datetime) -> None:
    """Nothing if a visit not yet answered takes answers at `now`; otherwise NotOpenYet, Closed or Left.

    After closing, the protocol's rule for late answers decides, also for a patient who began in time.
    """
    state = assessment.state(now)
    if state in REFUSALS:
        raise REFUSALS[state]()
    if now >= assessment.closes_at and assessment.protocol.plan.answers.late == "refuse":
        raise Closed()
