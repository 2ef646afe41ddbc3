"""Somebody's windows and the texts to come, as they are now: two such pictures show what a change changes."""

from datetime import datetime

from sqlalchemy import select

from app.core.database import db
from app.messages.outlook.effects import Ahead, TextAhead, VisitAhead
from app.messages.outlook.forecast import coming_to
from app.participants.models import Participant
from app.schedule.models import Assessment


def ahead(participant: Participant, now: datetime) -> Ahead:
    """What is ahead of her."""
    query = select(Assessment).where(Assessment.participant_id == participant.id)
    ordered = query.order_by(Assessment.day, Assessment.id).execution_options(populate_existing=True)
    visits = {row.visit: _visit_ahead(row, now) for row in db.session.scalars(ordered)}
    texts = {
        (text.visit, text.kind): TextAhead(text.at, text.language, text.site) for text in coming_to(participant, now)
    }
    return Ahead(participant.zone, visits, texts)


def _visit_ahead(row: Assessment, now: datetime) -> VisitAhead:
    return VisitAhead(row.opens_at, row.due_at, row.closes_at, row.grace_until, row.state(now))
