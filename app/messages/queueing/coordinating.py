"""What a coordinator may do about single texts: cancel one, bring one forward, send a new link, send a test."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.core.batches import table
from app.core.database import db, is_any, lock
from app.core.problems import BadInput, Conflict, TooMany
from app.messages.budgets import TESTS_AN_HOUR
from app.messages.kinds import ASKING, PROMPTS, REMINDERS, MessageKind, Reason
from app.messages.models import Message, MessageState, of_this_window
from app.messages.queueing.keys import REISSUE, TEST, prompt_key
from app.messages.queueing.pausing import refuse_while_paused
from app.participants.models import Participant
from app.schedule import links
from app.schedule.models import Assessment
from app.studies.guarding import allow
from app.studies.states import MEANING, Act, may_text

GONE = "This text has left already; nothing can be changed about it."
NOT_LIVE = "{study} is {state}. None of its texts leaves to a real telephone; that needs a live study."
AN_HOUR = timedelta(hours=1)
ENOUGH_TESTS = "{count} test texts were sent to this number within the hour. Ask whether one came, and try again later."
DECIDED = "It was decided already that this text is not sent ({reason}). A new link can still be sent."


@dataclass(frozen=True)
class OwedText:
    """A new row of the ledger, as it is written: owed, and waiting to leave."""

    dedupe_key: str
    study_id: int
    participant_id: int
    assessment_id: int | None
    kind: MessageKind
    language: str
    owed_at: datetime
    not_before: datetime
    queued_at: datetime
    state: MessageState = MessageState.QUEUED


def prompt_named(name: str) -> MessageKind:
    """The kind of prompt that a coordinator names; BadInput if there is none such."""
    if name not in PROMPTS:
        sentence = f"Only an invitation or a reminder can be changed: {PROMPTS[0]}, {PROMPTS[1]} to {PROMPTS[-1]}."
        raise BadInput(sentence, errors={"kind": "unknown"})
    return MessageKind(name)


def check_leaves(
    participant: Participant, *, real: bool, staff: Collection[str | None] = (), test: bool = False
) -> None:
    """Conflict where the study's state lets no text of hers leave: the old link should not die for one that stays."""
    own_test = test and participant.contact.phone in staff
    state = participant.study.state
    if not may_text(state, real=real, own_test=own_test):
        raise Conflict(NOT_LIVE.format(study=participant.study.code, state=MEANING[state]))


def cancel(assessment: Assessment, kind: MessageKind, now: datetime) -> Message:
    """This prompt will not be sent; the ledger says who decided so. Its visit stays open."""
    allow(assessment.participant.study, Act.RECORD)
    if assessment.submitted_at is not None:
        raise Conflict("The visit is answered, so nothing more is sent about it.")
    message = _prompt(assessment, kind, now)
    message.state, message.reason, message.settled_at = MessageState.SUPPRESSED, Reason.CANCELLED, now
    db.session.flush()
    return message


def bring_forward(assessment: Assessment, kind: MessageKind, now: datetime) -> Message:
    """This prompt leaves as soon as the gate lets it."""
    allow(assessment.participant.study, Act.TEXT)
    if not assessment.is_open(now):
        raise Conflict("The visit is not open, so its link would open nothing.")
    refuse_while_paused(assessment.participant, now)
    if kind in REMINDERS and not _was_asked(assessment):
        raise Conflict("No text about this visit has left yet: bring its invitation forward.")
    message = _prompt(assessment, kind, now)
    message.owed_at = message.not_before = now
    db.session.flush()
    return message


def _was_asked(assessment: Assessment) -> bool:
    return _is_there(assessment, of_this_window(), Message.sent_at.is_not(None))


def _is_there(assessment: Assessment, *which: ColumnElement[bool]) -> bool:
    """Whether there is such a message about the visit."""
    query = select(Message.id).join(Assessment, Assessment.id == Message.assessment_id)
    return is_any(query.where(Assessment.id == assessment.id, *which))


def reissue(assessment: Assessment, now: datetime) -> Message:
    """A new link in a text of its own; the old link is dead from now on. Conflict while no text may take it there.

    It takes the place of what still waits to leave: two texts with one link would ring together.
    """
    allow(assessment.participant.study, Act.TEXT)
    db.session.refresh(assessment, with_for_update={"key_share": True})
    if assessment.submitted_at is None and not assessment.opens_at <= now < assessment.closes_at:
        raise Conflict("A new link is sent only while the visit's window is open. The link that was sent still holds.")
    version = links.reissue(assessment, now)
    waiting = (Message.assessment_id == assessment.id, Message.state == MessageState.QUEUED, Message.kind.in_(ASKING))
    overtaken = {"state": MessageState.SUPPRESSED, "reason": Reason.OVERTAKEN, "settled_at": now}
    db.session.execute(update(Message).where(*waiting).values(overtaken))
    return _add(assessment.participant, REISSUE % (assessment.id, version), MessageKind.REISSUE, now, assessment)


def send_test(participant: Participant, now: datetime) -> Message:
    """A text without a link, to see whether the number works. TooMany after three to her within an hour."""
    allow(participant.study, Act.TEXT)
    contact = participant.contact
    lock(f"test:{contact.id}")
    of_hers = (Message.participant_id == participant.id, Message.kind == MessageKind.TEST)
    lately = select(Message.queued_at).where(*of_hers, Message.queued_at > now - AN_HOUR).order_by(Message.queued_at)
    asked_for = db.session.scalars(lately).all()
    if len(asked_for) >= TESTS_AN_HOUR:
        again = asked_for[-TESTS_AN_HOUR] + AN_HOUR - now
        raise TooMany(ENOUGH_TESTS.format(count=len(asked_for)), retry_after=int(again.total_seconds()) + 1)
    earlier = select(func.count()).where(Message.dedupe_key.startswith(TEST % (contact.id, "")))
    number = (db.session.scalar(earlier) or 0) + 1
    return _add(participant, TEST % (contact.id, number), MessageKind.TEST, now)


def _prompt(assessment: Assessment, kind: MessageKind, now: datetime) -> Message:
    """The prompt's row, made now if it is only planned yet. Conflict once it has left or was decided upon."""
    key = _key(assessment, kind)
    text = _owed(assessment.participant, key, kind, now, assessment, _hour(assessment, kind))
    # The clock may be queueing it this moment: one of us makes it, both find it.
    db.session.execute(insert(table(Message)).values(asdict(text)).on_conflict_do_nothing())
    message = db.session.scalars(
        select(Message).filter_by(dedupe_key=key).with_for_update(key_share=True),
        execution_options={"populate_existing": True},
    ).one()
    if message.state is MessageState.SUPPRESSED:
        raise Conflict(DECIDED.format(reason=message.reason))
    if message.state is not MessageState.QUEUED:
        raise Conflict(GONE)
    return message


def _key(assessment: Assessment, kind: MessageKind) -> str:
    """That of the clock."""
    return db.session.scalars(select(prompt_key(kind)).where(Assessment.id == assessment.id)).one()


def _hour(assessment: Assessment, kind: MessageKind) -> datetime:
    """When a prompt that has no row yet is planned for: its day in the ledger, whatever becomes of it."""
    if kind is MessageKind.INVITATION:
        return assessment.send_at
    window = assessment.protocol.plan.visit(assessment.visit).window
    hours = assessment.reminder_hours(window, ZoneInfo(assessment.participant.zone))
    number = REMINDERS.index(kind) + 1
    if number not in hours:
        raise BadInput(f"{assessment.visit} has no {kind}.", errors={"kind": "unknown"})
    return hours[number]


def _add(
    participant: Participant, key: str, kind: MessageKind, now: datetime, assessment: Assessment | None = None
) -> Message:
    message = Message(**asdict(_owed(participant, key, kind, now, assessment, now)))
    db.session.add(message)
    db.session.flush()
    return message


def _owed(
    participant: Participant,
    key: str,
    kind: MessageKind,
    now: datetime,
    assessment: Assessment | None,
    owed_at: datetime,
) -> OwedText:
    return OwedText(
        dedupe_key=key,
        study_id=participant.study_id,
        participant_id=participant.id,
        assessment_id=assessment.id if assessment else None,
        kind=kind,
        language=participant.language,
        owed_at=owed_at,
        not_before=owed_at,
        queued_at=now,
    )
