"""She stays after all: what was just recorded of her leaving is taken back, with the texts that it held back."""

from datetime import datetime

from sqlalchemy import select

from app.core.database import db, lock
from app.messages.models import Attempt, Message
from app.messages.outlook.correcting import correct
from app.participants.correcting import RecordCorrection
from app.participants.leaving import departures_of, undo
from app.participants.models import Departure, Participant


def stay(leaving: Departure, reason: str, now: datetime) -> None:
    """Undo a leaving, in effect or to come. The caller has asked `stands` while holding the row."""
    if leaving.in_effect_at is None:
        undo(leaving, now)
        return
    correct(leaving.participant, RecordCorrection(not_withdrawn=True), reason, now)


def hold(leaving: Departure) -> None:
    """Nobody else changes her leaving till this transaction ends."""
    lock(f"leave:{leaving.participant_id}")
    db.session.refresh(leaving, with_for_update={"key_share": True})
    db.session.refresh(leaving.participant, with_for_update={"key_share": True})


def stands(leaving: Departure) -> bool:
    """Whether she is as this leaving alone left her: none before it was in effect, and nobody corrected it."""
    person = leaving.participant
    others = [row for row in departures_of(person) if row.id != leaving.id and row.undone_at is None]
    if others or leaving.undone_at is not None:
        return False
    if leaving.in_effect_at is None:
        return person.left_as is None and person.withdrawn_at is None
    withdrawn = person.withdrawn_at in (None, leaving.from_at)
    return withdrawn and (person.left_as, person.texts_ended_at) == (leaving.grade, leaving.from_at)


def texted_since(participant: Participant, at: datetime) -> bool:
    """Whether a text to her was tried at this instant or later."""
    tried = select(Attempt.id).join(Attempt.message)
    tried = tried.where(Message.participant_id == participant.id, Attempt.started_at >= at)
    return bool(db.session.scalar(select(tried.exists())))
