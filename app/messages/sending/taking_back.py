"""What a halt shows to have been our sender's fault, and not her number's, is taken back from whom it was held against.

Her text is owed again, her number may be used again (so what was suppressed for it is owed again by the clock's next
round), and the task that sent a coordinator after her ends, saying why. So does it where a text arrived after all, by a
later report than that of its failure.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import aliased

from app.core.database import db
from app.core.statements import run
from app.messages.consequences import note_of, note_of_number
from app.messages.gateways.outcomes import NUMBER_UNUSABLE
from app.messages.kinds import ASKING, Reason
from app.messages.models import Message, MessageState
from app.participants.models import Task, TaskKind

ENDS = (
    "Our sender was refused for everybody, not her number: the text is sent anew once the provider takes texts again."
)
ARRIVED = "A later report says that the text arrived after all."
BY = "clock"


def take_back(messages: Collection[int], retry_at: datetime, now: datetime) -> None:
    """Take back that these failed, where they did; what a later text asks in their place leaves with that one alone."""
    _hold_nothing_against(messages, ENDS, now)
    later = aliased(Message)
    asked_later = exists().where(
        later.assessment_id == Message.assessment_id,
        later.id > Message.id,
        later.kind.in_(ASKING),
        later.reason.is_distinct_from(Reason.CANCELLED),
    )
    failed = update(Message).where(Message.id.in_(messages), Message.state == MessageState.FAILED, ~asked_later)
    run(failed.values(state=MessageState.QUEUED, not_before=retry_at, sent_at=None, settled_at=None))


def arrived(messages: Collection[int], now: datetime) -> None:
    """Whichever of these failed by a report, another, which comes later, says that it arrived."""
    _hold_nothing_against(messages, ARRIVED, now)


def _hold_nothing_against(messages: Collection[int], because: str, now: datetime) -> None:
    for message in _failed(messages):
        _end_tasks(message, because, now)
        _use_again(message)


def _failed(messages: Collection[int]) -> Sequence[Message]:
    query = select(Message).where(Message.id.in_(messages), Message.state == MessageState.FAILED)
    return db.session.scalars(query.order_by(Message.id), execution_options={"populate_existing": True}).all()


def _use_again(message: Message) -> None:
    """The number that was given up for this text is usable, unless it was corrected since or given up for another."""
    contact = message.participant.contact
    same = contact.version == message.contact_version
    if same and contact.unusable_because == NUMBER_UNUSABLE.get(message.error_code or ""):
        contact.unusable_since = contact.unusable_because = None


def _end_tasks(message: Message, because: str, now: datetime) -> None:
    """The tasks that its refusal opened, unless another text about the same failed for another reason since."""
    code, visit = message.error_code, message.assessment.visit if message.assessment else None
    missed = (
        (Task.kind == TaskKind.NOT_DELIVERED) & (Task.note == note_of(code)) & Task.visit.is_not_distinct_from(visit)
    )
    unusable = (Task.kind == TaskKind.NUMBER_UNUSABLE) & (Task.note == note_of_number(code))
    other = aliased(Message)
    fails_too = exists().where(
        other.participant_id == message.participant_id,
        other.assessment_id.is_not_distinct_from(message.assessment_id),
        other.state == MessageState.FAILED,
        func.coalesce(other.error_code, "") != (code or ""),
        other.settled_at >= Task.created_at,
    )
    hers = update(Task).where(Task.participant_id == message.participant_id, Task.done_at.is_(None), ~fails_too)
    run(hers.where(missed | unusable).values(done_at=now, done_by=BY, outcome=because))
