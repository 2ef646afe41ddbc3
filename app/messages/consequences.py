"""What a refusal means for the person: opted out, a number that cannot be used, a coordinator who should know."""

import logging
from datetime import datetime

from sqlalchemy import select

from app.core.database import db
from app.messages.models import Message
from app.messages.outcomes import FILTERED, NUMBER_UNUSABLE, OPTED_OUT
from app.participants.enrolment import opt_out
from app.participants.models import Participant, Task, TaskKind

log = logging.getLogger("svar.alert")


def refused(message_id: int, error_code: str | None, now: datetime) -> None:
    """A text was refused or could not be delivered: act once, however often it is told."""
    message = db.session.get_one(Message, message_id)
    participant = message.participant
    contact = participant.contact
    if error_code == OPTED_OUT:
        if contact.opted_out_at is None:
            opt_out(participant, now)
            task(participant, TaskKind.INBOUND, "Has said STOP to the provider; gets no more texts.", now)
        return
    if error_code == FILTERED:
        log.error("message %s was filtered by a network (30007): ask the provider about the sender", message_id)
    if error_code in NUMBER_UNUSABLE and contact.version == (message.contact_version or contact.version):
        if contact.unusable_since is None:
            contact.unusable_since, contact.unusable_because = now, NUMBER_UNUSABLE[error_code]
        task(participant, TaskKind.NUMBER_UNUSABLE, f"The number does not work: {NUMBER_UNUSABLE[error_code]}.", now)
    else:
        visit = message.assessment.visit if message.assessment else None
        task(participant, TaskKind.NOT_DELIVERED, f"A text was not delivered (code {error_code or '-'}).", now, visit)


def task(participant: Participant, kind: TaskKind, note: str, now: datetime, visit: str | None = None) -> None:
    """One open task of a kind for a participant and visit is enough."""
    same = select(Task.id).where(Task.participant_id == participant.id, Task.kind == kind, Task.done_at.is_(None))
    if visit is not None:
        same = same.where(Task.visit == visit)
    if db.session.scalar(same.limit(1)) is None:
        db.session.add(Task(participant=participant, kind=kind, visit=visit, note=note, created_at=now))
        db.session.flush()
