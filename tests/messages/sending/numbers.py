"""Many numbers to send to, and those of whom a text failed."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.messages.gateways.outcomes import WEIGHED_CODES
from app.messages.models import Message, MessageState
from app.messages.monitoring import heartbeats
from app.messages.monitoring.measures import complaints, measure
from app.participants.models import Contact, Participant
from app.schedule.models import Assessment
from tests.messages.erratic import NO_CODE
from tests.messages.people import INVITED, minutes, weekly

CODES = [*sorted(WEIGHED_CODES), "21601", "29999", NO_CODE]


def numbers(session: Session) -> list[str]:
    """Everybody's, in the order in which their texts are owed."""
    contacts = session.scalars(select(Contact).join(Participant).join(Assessment).order_by(Assessment.id)).all()
    phones = [contact.phone or "" for contact in contacts]
    session.rollback()
    return phones


def group(session: Session, size: int) -> list[str]:
    """So many people with one weekly visit each: their numbers."""
    weekly(size)
    return numbers(session)


def all_is_well(session: Session, minute: float) -> bool:
    """What readiness says while the clock runs."""
    at = INVITED + minutes(minute)
    alarms = complaints(measure(at), {heartbeats.DELIVER: at}, at)
    session.rollback()
    return not alarms


def failed_numbers(session: Session) -> set[str]:
    session.expire_all()
    texts = session.scalars(select(Message).where(Message.state == MessageState.FAILED).order_by(Message.id))
    phones = {text.participant.contact.phone or "" for text in texts}
    session.rollback()
    return phones
