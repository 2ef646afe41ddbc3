"""Remind somebody of an open visit now: her next reminder is brought forward, where it can still be of use.

Asked twice, the second is refused: a text that waits, or left within hours, is the first one's.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core.database import db
from app.core.problems import Conflict
from app.messages.kinds import ASKING, MessageKind, reminder
from app.messages.models import Message, MessageState, of_this_window
from app.messages.queueing.coordinating import bring_forward, check_leaves
from app.messages.queueing.course import between_texts, is_apart
from app.messages.queueing.pausing import refuse_while_paused
from app.participants.leaving import gets_no_texts
from app.participants.models import Participant
from app.schedule.models import Assessment, open_at

NOTHING_OPEN = "{code} has no open visit that wants an answer."
NO_TEXTS = "{code} gets no texts: she has left, wants none, or said STOP."
UNUSABLE_NUMBER = "The number of {code} does not work. Correct it first."
NOT_ASKED = "{code} was not asked about this visit yet. Its invitation is among the upcoming texts."
WAITS = "A text about this visit to {code} waits to leave already."
LATELY = "A text about this visit left to {code} not long ago. Wait some hours."
NONE_LEFT = "{code} has had every reminder of this visit. Call her, or send a new link from her page."
CLOSED = "The window of this visit has closed for {code}: no text may be sent about it any more."


def remind(participant: Participant, now: datetime, *, real: bool) -> Message:
    """Her next reminder leaves as soon as it may; Conflict with the reason where none should."""
    assessment, kind = next_reminder(participant, now, real=real)
    return bring_forward(assessment, kind, now)


def next_reminder(participant: Participant, now: datetime, *, real: bool) -> tuple[Assessment, MessageKind]:
    """Of the visit that closes first, the reminder that would be brought forward; Conflict with the reason why none."""
    code = participant.code
    check_leaves(participant, real=real)
    contact = participant.contact
    if gets_no_texts(participant) or contact.opted_out_at:
        raise Conflict(NO_TEXTS.format(code=code))
    if contact.unusable_since is not None and contact.email_sealed is None:
        raise Conflict(UNUSABLE_NUMBER.format(code=code))
    refuse_while_paused(participant, now)
    open_visits = select(Assessment).join(Assessment.participant).where(Assessment.participant_id == participant.id)
    first = open_visits.where(open_at(now)).order_by(Assessment.closes_at, Assessment.id).limit(1)
    assessment = db.session.scalar(first)
    if assessment is None:
        raise Conflict(NOTHING_OPEN.format(code=code))
    if now >= assessment.closes_at:
        raise Conflict(CLOSED.format(code=code))
    return assessment, _kind(assessment, now)


def _kind(assessment: Assessment, now: datetime) -> MessageKind:
    code = assessment.participant.code
    about = select(Message).join(Assessment, Assessment.id == Message.assessment_id)
    about = about.where(Assessment.id == assessment.id, Message.kind.in_(ASKING), of_this_window())
    texts = db.session.scalars(about.order_by(Message.id)).all()
    left_at = max((text.sent_at for text in texts if text.sent_at is not None), default=None)
    if any(text.state in (MessageState.QUEUED, MessageState.SENDING) for text in texts):
        raise Conflict(WAITS.format(code=code))
    if left_at is None:
        raise Conflict(NOT_ASKED.format(code=code))
    window = assessment.protocol.plan.visit(assessment.visit).window
    if not is_apart(now, left_at, between_texts(window)):
        raise Conflict(LATELY.format(code=code))
    planned = assessment.reminder_hours(window, ZoneInfo(assessment.participant.zone))
    had = {text.kind for text in texts}
    kind = next((reminder(number) for number in sorted(planned) if reminder(number) not in had), None)
    if kind is None:
        raise Conflict(NONE_LEFT.format(code=code))
    return kind
