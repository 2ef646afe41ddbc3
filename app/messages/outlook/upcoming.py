"""When the clock next has something to do, so that a virtual clock can jump there."""

from datetime import datetime
from functools import cache

from sqlalchemy import Executable, bindparam, func, select

from app.core.database import looking
from app.core.time import UTCDateTime
from app.messages.models import Message, MessageState, is_in
from app.messages.queueing import reminders
from app.participants.models import Participant
from app.schedule.models import Assessment


def next_instant(now: datetime) -> datetime | None:
    """The next instant, after a tick at `now`, at which a text is owed or may leave; None if there is none in sight."""
    with looking() as connection:
        *stored, protocols = connection.execute(_stored(), {"now": now}).one()
        reminder = reminders.first_after(now, protocols, connection)
    soonest = min((at for at in (*stored, reminder) if at is not None), default=None)
    return None if soonest is None else max(soonest, now)


@cache
def _stored() -> Executable:
    """The earliest queued message's next try, end of a lease, next look for an unknown one, coming invitation; and
    the protocols."""
    queued = select(func.min(Message.not_before)).where(is_in(MessageState.QUEUED))
    sending = select(func.min(Message.lease_until)).where(is_in(MessageState.SENDING))
    unknown = select(func.min(Message.not_before)).where(is_in(MessageState.UNKNOWN))
    invitation = (
        select(Assessment.send_at)
        .join(Participant, Participant.id == Assessment.participant_id)
        .where(
            Assessment.submitted_at.is_(None),
            Assessment.send_at > bindparam("now", type_=UTCDateTime()),
            Participant.withdrawn_at.is_(None),
        )
        .order_by(Assessment.send_at)
        .limit(1)
    )
    return select(*(query.scalar_subquery() for query in (queued, sending, unknown, invitation)), reminders.installed())
