"""Let a participant's texts wait until a day, since she is away or asked for it; and let them leave again.

Whoever is paused stays in the study, and can answer by a link that she has. The gate reads the pause when a text would
leave, so nothing in the queue is changed for it; one whose window closes meanwhile is in the ledger with that reason.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from app.core.database import db
from app.core.problems import BadInput, Conflict
from app.messages.kinds import ASKING
from app.messages.models import Message, MessageState, TextsPause
from app.participants.leaving import gets_no_texts
from app.participants.models import Participant
from app.schedule.calendar import local_day, start_of
from app.studies.guarding import allow
from app.studies.states import Act

LONGEST_PAUSE = timedelta(days=366)
LONGEST_REASON = 500
IS_PAUSED = "Texts to {code} are paused. Let them leave again first, on the page of the pause."


def pause_texts(participant: Participant, until: date, reason: str, by: str, now: datetime) -> TextsPause:
    """Texts that ask her something wait, and leave again from that day on; a pause that she has gives way to this one.

    BadInput for a day that is not to come, or far away, and without a reason; Conflict for who gets no texts anyway.
    """
    allow(participant.study, Act.RECORD)
    check_pause(participant, until, reason, now)
    _hold(participant)
    before = current_pause(participant, now)
    if before is not None:
        before.ended_at, before.ended_by = now, by
    until_at = start_of(until, ZoneInfo(participant.zone))
    row = TextsPause(participant=participant, from_at=now, until_at=until_at, reason=reason.strip(), recorded_by=by)
    db.session.add(row)
    db.session.flush()
    _ask_gate_anew(participant, now)
    return row


def check_pause(participant: Participant, until: date, reason: str, now: datetime) -> None:
    """Raise what `pause_texts` would; for whoever shows first what a pause changes."""
    if gets_no_texts(participant):
        raise Conflict(f"{participant.code} gets no texts any more, so there is nothing to pause.")
    if participant.contact.opted_out_at is not None:
        raise Conflict(f"{participant.code} said STOP, so there is nothing to pause.")
    today, errors = local_day(now, ZoneInfo(participant.zone)), {}
    if not today < until <= today + LONGEST_PAUSE:
        errors["until"] = "Write the day from which texts leave again: from tomorrow on, within a year."
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        errors["reason"] = f"Say why, in 1 to {LONGEST_REASON} characters."
    if errors:
        raise BadInput(" ".join(errors.values()), errors=errors)


def resume_texts(participant: Participant, by: str, now: datetime) -> TextsPause:
    """Texts leave again from now on. Conflict where none are paused."""
    allow(participant.study, Act.RECORD)
    _hold(participant)
    row = current_pause(participant, now)
    if row is None:
        raise Conflict(
            f"Texts to {participant.code} are not paused. Somebody let them leave again, or the day has come."
        )
    row.ended_at, row.ended_by = now, by
    db.session.flush()
    _ask_gate_anew(participant, now)
    return row


def current_pause(participant: Participant, now: datetime) -> TextsPause | None:
    """The pause that holds now, if one does."""
    query = select(TextsPause).where(TextsPause.participant_id == participant.id, TextsPause.ended_at.is_(None))
    return db.session.scalar(query.where(TextsPause.until_at > now).order_by(TextsPause.id.desc()).limit(1))


def refuse_while_paused(participant: Participant, now: datetime) -> None:
    """Conflict for a text that a member of the staff wants to leave now; what she asks for herself is not held."""
    if current_pause(participant, now) is not None:
        raise Conflict(IS_PAUSED.format(code=participant.code))


def _ask_gate_anew(participant: Participant, now: datetime) -> None:
    """What waited for the end of a pause is asked about again: it may end sooner now, or later."""
    waiting = (
        Message.participant_id == participant.id,
        Message.state == MessageState.QUEUED,
        Message.kind.in_(ASKING),
        Message.not_before > now,
    )
    db.session.execute(update(Message).where(*waiting).values(not_before=now))


def _hold(participant: Participant) -> None:
    """Of two who pause her at once the second goes on from the first."""
    db.session.refresh(participant, with_for_update={"key_share": True})
