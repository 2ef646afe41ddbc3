"""Which texts wait when a participant's texts are paused, and which of them then never leave."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core.database import db
from app.messages.outlook.forecast import Expected, coming_to
from app.participants.models import Participant
from app.schedule.calendar import start_of
from app.schedule.models import Assessment


@dataclass(frozen=True)
class PausedText:
    """A text that would leave before the pause ends; `is_lost` where its window closes meanwhile."""

    text: Expected
    is_lost: bool


def texts_that_wait(participant: Participant, until: date, now: datetime) -> list[PausedText]:
    """What would leave before this day, by when it would."""
    until_at = start_of(until, ZoneInfo(participant.zone))
    texts = [text for text in coming_to(participant, now) if text.at < until_at]
    visits = {text.assessment_id for text in texts if text.assessment_id is not None}
    closing = select(Assessment.id, Assessment.closes_at).where(Assessment.id.in_(visits)).order_by(Assessment.id)
    closes_at = dict(db.session.execute(closing).all())
    return [PausedText(text, closes_at.get(text.assessment_id or 0, until_at) <= until_at) for text in texts]
