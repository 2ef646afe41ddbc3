"""Figures about the queue, for health checks and metrics: nothing in them tells of a person."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select

from app.core.database import db
from app.messages import breaker
from app.messages.models import Attempt, Message, MessageState
from app.messages.monitoring import heartbeats, rounds
from app.messages.queueing.prompts import never_asked
from app.messages.reading import can_be_asked, takes_part
from app.participants.models import Participant
from app.schedule.models import Assessment
from app.studies.models import Study

ALIVE_WITHIN = timedelta(minutes=3)
LATE_AFTER = timedelta(minutes=10)
UNKNOWN_FOR = timedelta(minutes=30)
A_DAY = timedelta(days=1)
RETRIED_WITHIN = timedelta(minutes=40)
"""A pause between tries is half an hour at most, and by chance a little more; what waits longer waits for something."""


@dataclass(frozen=True)
class Measures:
    """How the queue stands at an instant."""

    states: dict[str, int]
    waiting: int
    oldest_waiting_seconds: float
    oldest_unknown_seconds: float
    lag_p95_seconds: float
    halts: tuple[str, ...]
    unasked: int = 0
    """Open visits whose invitation was due ten minutes ago and which have no text at all."""


def measure(now: datetime) -> Measures:
    """Count what is measured, in one look at the database."""
    due = Message.state == MessageState.QUEUED, Message.not_before <= now
    count = db.session.scalar(select(func.count()).where(*due)) or 0
    lag = func.extract("epoch", Message.sent_at - func.greatest(Message.owed_at, Message.queued_at))
    p95 = select(func.percentile_cont(0.95).within_group(lag)).where(Message.sent_at > now - A_DAY)
    states = select(Message.state, func.count()).group_by(Message.state).order_by(Message.state)
    return Measures(
        states={state.value: number for state, number in db.session.execute(states)},
        waiting=count,
        oldest_waiting_seconds=_seconds(now, db.session.scalar(_oldest_waiting(now))),
        oldest_unknown_seconds=_seconds(now, db.session.scalar(_oldest_unknown())),
        lag_p95_seconds=float(db.session.scalar(p95) or 0.0),
        halts=breaker.halts(),
        unasked=db.session.scalar(_unasked(now)) or 0,
    )


def _oldest_waiting(now: datetime) -> Select[datetime]:
    """Since when the oldest text waits that may leave; also one that was tried in vain and soon is tried again."""
    first = select(func.min(Attempt.started_at)).where(Attempt.message_id == Message.id).scalar_subquery()
    again = (Message.attempts > 0) & (Message.not_before <= now + RETRIED_WITHIN)
    since = func.least(Message.not_before, first)
    return select(func.min(since)).where(Message.state == MessageState.QUEUED, (Message.not_before <= now) | again)


def _oldest_unknown() -> Select[datetime]:
    """Since when: the start of the attempt of which we do not know what came of it."""
    last = select(func.max(Attempt.started_at)).where(Attempt.message_id == Message.id).scalar_subquery()
    return select(func.min(last)).where(Message.state == MessageState.UNKNOWN)


def _unasked(now: datetime) -> Select[int]:
    late = now - LATE_AFTER
    return (
        select(func.count(Assessment.id))
        .join(Participant, Participant.id == Assessment.participant_id)
        .join(Study, Study.id == Participant.study_id)
        .where(
            can_be_asked(now),
            Assessment.send_at < late,
            Assessment.planned_at < late,
            takes_part(),
            never_asked(),
        )
    )


def complaints(measures: Measures, beats: dict[str, datetime], now: datetime) -> dict[str, str]:
    """What is not as it should be, by check; empty when all is well."""
    wrong = {}
    ran = beats.get(heartbeats.DELIVER)
    ahead = heartbeats.from_the_future(beats, now)
    if ran is None or now - ran > ALIVE_WITHIN or heartbeats.DELIVER in ahead:
        wrong["clock"] = "The clock has not run for three minutes."
    if ahead:
        wrong["future"] = f"These marks of the clock come from the future: {', '.join(ahead)}."
    failing = heartbeats.failing(beats)
    quiet = [job for job in rounds.silent(beats, now) if job not in (*failing, *ahead)]
    if quiet and "clock" not in wrong:
        wrong["silent"] = f"These jobs of the clock have not run to their end of late: {', '.join(quiet)}."
    if failing:
        wrong["jobs"] = f"These jobs of the clock fail: {', '.join(failing)}."
    if measures.oldest_waiting_seconds > LATE_AFTER.total_seconds():
        wrong["queue"] = f"A text waits since {measures.oldest_waiting_seconds / 60:.0f} minutes."
    if measures.unasked:
        wrong["unasked"] = f"{measures.unasked} visits are due and have no text."
    if measures.oldest_unknown_seconds > UNKNOWN_FOR.total_seconds():
        wrong["unknown"] = "The fate of a text is unknown for more than half an hour."
    if measures.halts:
        wrong["held"] = f"Texts are held back: {'; '.join(measures.halts)}."
    return wrong


def _seconds(now: datetime, since: datetime | None) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
