"""What the tests of faults ask of the books, and how a worker claims."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.audit import acting
from app.core.database import transaction
from app.messages.gateways.gateway import Gateway
from app.messages.models import Message, MessageState
from app.messages.monitoring.ledger import books
from app.messages.queueing.prompts import queue_prompts
from app.messages.sending.claiming import LEASE, Claim, claim
from app.studies.models import Study
from tests.messages.people import INVITED, minutes

LATER = INVITED + LEASE + minutes(1)
"""When leases taken at the hour of invitation are over."""

GIVEN_UP = INVITED + minutes(17)
"""When texts lost at that hour are given up."""


def states(session: Session) -> list[MessageState]:
    """Of all messages, in the order of their making."""
    session.expire_all()
    return list(session.scalars(select(Message.state).order_by(Message.id)))


def closed(session: Session, now: datetime) -> bool:
    """Whether the books of the one study close."""
    study = session.scalars(select(Study)).one()
    return books(study, now=now).balanced


def claimed(gateway: Gateway, now: datetime = INVITED) -> Claim:
    """Queue and claim, as a worker does before it sends."""
    with acting("clock"), transaction():
        queue_prompts(now)
    with acting("clock"), transaction():
        return claim(gateway, now, 100)
