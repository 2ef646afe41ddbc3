"""Open a contact, or what a participant wrote, to a person: never without a reason, always on the record."""

from datetime import datetime

from app.core.database import db
from app.core.problems import BadInput
from app.participants.models import Contact, Disclosure, Participant, Task


def disclose(participant: Participant, by: str, reason: str, now: datetime) -> Contact:
    """The participant's contact, for `by` (an actor such as `user:12`), who says why."""
    _note(participant, by, _reason(reason, "Say why you need the number, in a few words."), now)
    return participant.contact


def note_reading(task: Task, by: str, reason: str, now: datetime) -> None:
    """That `by` reads what the participant wrote, and why."""
    _note(task.participant, by, _reason(reason, "Say why you read this, in a few words."), now, task)


def _reason(given: str, sentence: str) -> str:
    if len(given.strip()) < 3:
        raise BadInput(sentence, errors={"reason": sentence})
    return given.strip()


def _note(participant: Participant, by: str, reason: str, now: datetime, task: Task | None = None) -> None:
    task_id = task.id if task else None
    row = Disclosure(participant=participant, disclosed_by=by, reason=reason, disclosed_at=now, task_id=task_id)
    db.session.add(row)
    db.session.flush()
