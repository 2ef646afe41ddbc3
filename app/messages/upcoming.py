"""When the clock next has something to do, so that a virtual clock can jump there."""

from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import ColumnElement, Select, exists, func, select

from app.core.database import db
from app.messages import reminders
from app.messages.models import Message, MessageState
from app.participants.models import Participant
from app.schedule.models import Assessment

RECONCILE_EVERY = timedelta(minutes=2)


def next_instant(now: datetime) -> datetime | None:
    """The next instant, after a tick at `now`, at which a text is owed or may leave; None if there is none in sight."""
    stored = db.session.execute(_stored(), {"now": now}).one()
    found = [stored.waiting, stored.invitation, reminders.first_after(now, reminders.plans())]
    soonest = min((at for at in found if at is not None), default=None)
    return None if soonest is None else max(soonest, now)


@cache
def _stored() -> Select[datetime, datetime]:
    return select(_waiting().label("waiting"), _invitation().label("invitation"))


def _waiting() -> ColumnElement[datetime]:
    """The earliest queued message's next try, the end of the earliest lease, the next look for an unknown one."""
    queued = select(func.min(Message.not_before)).where(Message.state == MessageState.QUEUED)
    sending = select(func.min(Message.lease_until)).where(Message.state == MessageState.SENDING)
    unknown = select(func.min(Message.not_before)).where(Message.state == MessageState.UNKNOWN)
    return func.least(*(query.scalar_subquery() for query in (queued, sending, unknown)), type_=Message.not_before.type)


def _invitation() -> ColumnElement[datetime]:
    """The earliest invitation to come."""
    already = exists().where(Message.assessment_id == Assessment.id)
    query = (
        select(Assessment.send_at)
        .join(Participant, Participant.id == Assessment.participant_id)
        .where(
            Assessment.submitted_at.is_(None),
            Assessment.send_at > reminders.NOW,
            Participant.withdrawn_at.is_(None),
            ~already,
        )
        .order_by(Assessment.send_at)
        .limit(1)
    )
    return query.scalar_subquery()
