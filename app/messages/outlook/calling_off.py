"""A planned event that will not take place. With day 0 goes the plan that was derived from it.

Visits that nobody was asked about are taken back (the audit trail keeps them). One that was asked about and not
answered is cancelled: it closes now, so that no text follows, and nobody missed it. What was answered stays. A new
day 0 plans everything again.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update

from app.core.database import db
from app.messages.models import Message, has_text
from app.participants.events import cancel_event
from app.participants.models import Event
from app.schedule.models import Assessment

MOMENT = timedelta(seconds=1)


def call_off(event: Event, now: datetime) -> list[str]:
    """Cancel the event; returns the visits that are no longer planned. Conflict if it has happened."""
    cancel_event(event, now)
    db.session.flush()
    if not event.is_anchor:
        return []
    return take_back(event.participant_id, now)


def take_back(participant_id: int, now: datetime) -> list[str]:
    """End the plan of somebody who has no day 0 any more; returns the visits that are no longer planned."""
    unanswered = (Assessment.participant_id == participant_id, Assessment.submitted_at.is_(None))
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
