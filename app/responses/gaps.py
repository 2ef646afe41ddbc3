"""What a patient left empty: whether she is asked about it, once, before it is taken as it is."""

from datetime import datetime

from app.responses.admission import admit
from app.responses.checking import CheckedVisit
from app.schedule.models import Assessment
from app.studies.protocol import Skipping


def asked_about(assessment: Assessment, checked: CheckedVisit, now: datetime) -> tuple[tuple[str, str], ...]:
    """The required items left empty, where the rest can be taken and the protocol asks about gaps once.

    Nothing of a visit that was answered before. Refused as an answer would be.
    """
    if assessment.submitted_at is not None or assessment.protocol.plan.answers.skipping is not Skipping.ASKED_ONCE:
        return ()
    admit(assessment, now)
    return () if checked.problems or checked.empty else checked.missing
