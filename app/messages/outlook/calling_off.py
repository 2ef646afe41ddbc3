"""A planned event that will not take place. With day 0 goes the plan that was derived from it.

Visits that nobody was asked about are taken back (the audit trail keeps them). One that was asked about and not
answered closes now, so that no reminder follows; what was answered stays. A new day 0 plans everything again.
"""

from datetime import datetime

from sqlalchemy import delete, update

from app.core.database import db
from app.messages.models import has_text
from app.participants.events import cancel_event
from app.participants.models import Event
from app.schedule.models import Assessment


def call_off(event: Event, now: datetime) -> list[str]:
    """Cancel the event; returns the visits that are no longer planned. Conflict if it has happened."""
    cancel_event(event, now)
    db.session.flush()
    if not event.is_anchor:
        return []
    unanswered = (Assessment.participant_id == event.participant_id, Assessment.submitted_at.is_(None))
    unasked = (
        delete(Assessment).where(*unanswered, Assessment.opened_at.is_(None), ~has_text()).returning(Assessment.visit)
    )
    taken_back = sorted(db.session.scalars(unasked, execution_options={"synchronize_session": False}))
    still_open = (Assessment.opens_at < now, Assessment.grace_until > now)
    closed = update(Assessment).where(*unanswered, *still_open).values(closes_at=now, grace_until=now)
    db.session.execute(closed, execution_options={"synchronize_session": False})
    db.session.expire_all()
    return taken_back
