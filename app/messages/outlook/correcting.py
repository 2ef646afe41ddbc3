"""Correct what was recorded of a participant, with everything that follows: windows, and texts that have not left.

The preview is the act itself, taken back: it cannot differ from it. What was sent stays, and so does what was answered.
"""

from datetime import datetime

from sqlalchemy import update

from app.core.database import db, lock, taken_back
from app.core.problems import BadInput
from app.messages.models import Message, MessageState
from app.messages.outlook.calling_off import take_back_unfounded
from app.messages.outlook.effects import Effect, difference
from app.messages.outlook.looking_ahead import ahead
from app.messages.queueing.prompts import revive
from app.participants.correcting import RecordCorrection, put_right
from app.participants.models import Participant
from app.schedule.planning import plan
from app.studies.protocol import ENROLMENT

SHORTEST_REASON = 10
"""Characters: an auditor reads it years later."""


def correct(participant: Participant, correction: RecordCorrection, reason: str, now: datetime) -> Effect:
    """Put the record right, plan anew what follows from it; returns all that changed.

    The caller acts for somebody, with `reason`: it goes into the audit trail beside each row.
    """
    if len(reason.strip()) < SHORTEST_REASON:
        sentence = f"Say why in at least {SHORTEST_REASON} characters; it goes into the audit trail."
        raise BadInput(sentence, errors={"reason": sentence})
    lock(f"correct:{participant.id}")
    db.session.refresh(participant)
    before = ahead(participant, now)
    put_right(participant, correction, now)
    _follow(participant, correction, now)
    return difference(before, ahead(participant, now))


def preview(participant: Participant, correction: RecordCorrection, reason: str, now: datetime) -> Effect:
    """What `correct` would change now; nothing is changed."""
    with taken_back():
        return correct(participant, correction, reason, now)


def _follow(participant: Participant, correction: RecordCorrection, now: datetime) -> None:
    dates = participant.protocol.plan.dating_events
    is_dated_anew = correction.event is not None and correction.event.kind in dates
    is_dated_anew |= correction.enrolled_on is not None and ENROLMENT in dates
    left_otherwise = correction.not_withdrawn or correction.leaving is not None
    if correction.event or correction.enrolled_on or correction.zone or correction.site or left_otherwise:
        take_back_unfounded(participant, now)
        plan(participant, now, corrected=is_dated_anew or bool(correction.zone))
    if correction.language:
        waiting = (Message.participant_id == participant.id, Message.state == MessageState.QUEUED)
        db.session.execute(update(Message).where(*waiting).values(language=participant.language))
    if left_otherwise:
        revive(now)
    db.session.flush()
    db.session.expire_all()
