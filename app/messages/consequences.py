"""What a refusal means for the person: opted out, a number that cannot be used, a coordinator who should know."""

import logging
from datetime import datetime

from sqlalchemy import func, select

from app.core.database import db
from app.messages.gateways.outcomes import HALTING, NUMBER_UNUSABLE, OPTED_OUT, TELLING, Telling
from app.messages.gathering import task_of
from app.messages.kinds import Reason
from app.messages.models import Message, MessageState
from app.messages.monitoring import heartbeats
from app.participants.enrolment import opt_out
from app.participants.models import Contact, TaskKind
from app.participants.tasks import open_task
from app.studies.protocol import Channel

log = logging.getLogger("svar.alert")


def refused(message_id: int, error_code: str | None, now: datetime) -> None:
    """A text was refused or could not be delivered: act once, however often it is told."""
    message = db.session.get_one(Message, message_id, populate_existing=True)
    participant = message.participant
    contact = participant.contact
    if error_code == OPTED_OUT:
        _opted_out(message, now)
        return
    if error_code in TELLING:
        _tell(error_code, TELLING[error_code], now)
    if message.channel is Channel.EMAIL:
        _came_back(message, error_code, now)
    elif error_code in NUMBER_UNUSABLE and contact.version == (message.contact_version or contact.version):
        if contact.unusable_since is None:
            contact.unusable_since, contact.unusable_because = now, NUMBER_UNUSABLE[error_code]
        open_task(participant.id, TaskKind.NUMBER_UNUSABLE, now, note=note_of_number(error_code))
    else:
        visit = message.assessment.visit if message.assessment else None
        open_task(participant.id, TaskKind.NOT_DELIVERED, now, note=note_of(error_code), visit=visit)


def _came_back(message: Message, error_code: str | None, now: datetime) -> None:
    """No e-mail reaches her any more: what is due is owed by her next channel, and somebody asks for her address."""
    contact, participant = message.participant.contact, message.participant
    if contact.version != (message.contact_version or contact.version):
        return  # the address was corrected since
    because = f"came back ({error_code})" if error_code else "left no trace"
    contact.email_unusable_since, contact.email_unusable_because = now, because
    contact.version = Contact.version + 1
    instead = "she gets texts instead" if Channel.SMS in participant.reached_by.channels else "nothing reaches her"
    note = f"An e-mail {because}: {instead}. Ask her for her address."
    open_task(participant.id, TaskKind.NOT_DELIVERED, now, note=note)
    db.session.flush()


def note_of_number(error_code: str | None) -> str | None:
    """What the task says of a number that this code gives up; nothing where it says nothing of the number."""
    return f"The number does not work: {NUMBER_UNUSABLE[error_code]}." if error_code in NUMBER_UNUSABLE else None


def note_of(error_code: str | None) -> str:
    """What the task says of a text that did not arrive."""
    if error_code in HALTING:
        return f"No text reaches her number ({error_code}: {HALTING[error_code]}). Call her, and ask the provider."
    return f"A text was not delivered (code {error_code or '-'})."


def _opted_out(message: Message, now: datetime) -> None:
    """She said STOP to the provider: suppressed, as if we had been told before, so START owes again what is due."""
    if message.state is MessageState.FAILED and message.error_code == OPTED_OUT:  # and nobody else has it in hand
        message.state, message.reason = MessageState.SUPPRESSED, Reason.OPTED_OUT
    if message.participant.contact.opted_out_at is None:
        opt_out(message.participant, now)
        task_of(message.participant, "Has said STOP to the provider; gets no more texts.", now)
    db.session.flush()


def _tell(error_code: str, telling: Telling, now: datetime) -> None:
    """One alert when so many texts in so long ended with a code that speaks of the sender, not of the patient."""
    recent = select(func.count()).where(Message.error_code == error_code, Message.settled_at > now - telling.within)
    count = db.session.scalar(recent) or 0
    if count >= telling.count and heartbeats.tells(f"told of {error_code}", telling.within, now):
        hours = telling.within.total_seconds() / 3600
        log.error("%s texts in %.0f hours ended with %s: %s", count, hours, error_code, telling.because)
