"""Whom messages are for: several texts to one number say no more than one."""

from collections.abc import Sequence

from sqlalchemy import Select, case, select

from app.messages.models import Message
from app.participants.models import Contact
from app.studies.protocol import Channel


def numbers_of(messages: Sequence[int]) -> Select[bytes | None]:
    """The different numbers or addresses that these messages are for."""
    address = case((Message.channel == Channel.EMAIL, Contact.email_fingerprint), else_=Contact.phone_fingerprint)
    return (
        select(address)
        .select_from(Contact)
        .join(Message, Message.participant_id == Contact.participant_id)
        .where(Message.id.in_(messages), address.is_not(None))
        .distinct()
    )
