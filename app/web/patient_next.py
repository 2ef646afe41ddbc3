"""When the next questions come, as the receipt says it."""

from datetime import datetime

from sqlalchemy import select

from app.core.database import db
from app.schedule.models import Assessment
from app.web.language import as_said, gettext
from app.web.patient_visit import Frame


def when_next(assessment: Assessment, frame: Frame, now: datetime) -> str:
    """The day on which this participant is asked next, if one is planned."""
    coming = (
        select(Assessment.send_at)
        .where(
            Assessment.participant_id == assessment.participant_id,
            Assessment.submitted_at.is_(None),
            Assessment.send_at > now,
        )
        .order_by(Assessment.send_at)
    )
    at = db.session.scalar(coming.limit(1))
    if at is None or assessment.participant.withdrawn_at is not None:
        return gettext("We have no more questions planned for you.")
    day = as_said(at, assessment.participant.zone, frame.language, hour=False)
    return gettext("The next questions come on %(day)s.", day=day)
