"""A planned event that will not take place. With it go the visits that were counted from it, or depended on it.

Visits that nobody was asked about are taken back (the audit trail keeps them). One that was asked about and not
answered is cancelled: it closes now, so that no text follows, and nobody missed it. What was answered stays. A new
day 0 plans everything again.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update

from app.core.database import db
from app.messages.models import Message, has_text
from app.participants.events import cancel_event
from app.participants.models import Event, Participant
from app.schedule.models import Assessment
from app.schedule.planning import unfounded

MOMENT = timedelta(seconds=1)


def call_off(event: Event, now: datetime) -> list[str]:
    """Cancel the event; returns the visits that are no longer planned. Conflict if it has happened."""
    cancel_event(event, now)
    return take_back_unfounded(event.participant, now)


def take_back_unfounded(participant: Participant, now: datetime) -> list[str]:
    """End what does not follow from anything any more; returns the visits that are no longer planned."""
    codes = unfounded(participant)
    return take_back(participant.id, codes, now) if codes else []


def take_back(participant_id: int, codes: Collection[str], now: datetime) -> list[str]:
    """End the plan of these visits; returns those that are no longer planned."""
    hers = (Assessment.participant_id == participant_id, Assessment.visit.in_(codes))
    unanswered = (*hers, Assessment.submitted_at.is_(None))
    unasked = (
        delete(Assessment).where(*unanswered, Assessment.opened_at.is_(None), ~has_text()).returning(Assessment.visit)
    )
    taken_back = sorted(db.session.scalars(unasked, execution_options={"synchronize_session": False}))
    closed = (
        update(Assessment).where(*unanswered, Assessment.cancelled_at.is_(None)).values(cancelled_at=now, **_over(now))
    )
    db.session.execute(closed, execution_options={"synchronize_session": False})
    db.session.expire_all()
    return taken_back


def _over(now: datetime) -> dict[str, Any]:
    """The window, ended by `now`. One that was moved to a later day is again when she was asked, so that it is past."""
    first_text = select(func.min(Message.owed_at)).where(Message.assessment_id == Assessment.id).scalar_subquery()
    begun = func.least(Assessment.opens_at, func.coalesce(first_text, Assessment.opened_at), now - MOMENT)
    return {
        "opens_at": begun,
        "closes_at": func.least(Assessment.closes_at, now),
        "grace_until": func.least(Assessment.grace_until, now),
    }
