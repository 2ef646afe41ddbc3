"""Whom messages are for: several texts to one number say no more than one."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, case, select

from app.core.database import is_any
from app.messages.gateways.gateway import EMAILS, Gateway
from app.messages.models import Message, MessageState
from app.messages.reading import channel_now
from app.participants.models import Contact, Participant
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


def others_wait(
    refused: Sequence[int], gateway: Gateway, now: datetime, *, apart: Sequence[int] = (), under_way: bool = True
) -> bool:
    """Whether a text to another number than these were for is under way, or may leave now; of those `apart`, none."""
    address = Contact.email_fingerprint if gateway.carries == EMAILS else Contact.phone_fingerprint
    stands: ColumnElement[bool] = (Message.state == MessageState.QUEUED) & (Message.not_before <= now)
    if under_way:
        stands |= Message.state == MessageState.SENDING
    query = (
        select(Message.id)
        .join(Contact, Contact.participant_id == Message.participant_id)
        .join(Participant, Participant.id == Message.participant_id)
        .where(
            channel_now().in_(sorted(gateway.carries)),
            stands,
            Message.id.not_in(apart),
            address.not_in(numbers_of(refused)),
        )
    )
    return is_any(query)
