"""Visits that were due and never asked about, because the clock stood still until there was nothing left to ask.

Somebody withdrew, or answered by telephone, while no clock ran. No text is owed any more and none was sent: the books
say so with a row, or they would never close again.
"""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Interval, bindparam, case, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import ReturningInsert

from app.core.batches import table
from app.core.statements import run
from app.core.time import UTCDateTime
from app.messages.kinds import MessageKind, Reason
from app.messages.models import Message, MessageState
from app.messages.queueing.keys import prompt_key
from app.messages.queueing.prompts import INVITATION, NEW_MESSAGE, NOW, UNTRIED, never_asked
from app.participants.models import Participant
from app.schedule.models import Assessment
from app.studies.guarding import goes_on
from app.studies.models import Study

ASKED_WITHIN = timedelta(minutes=10)
"""So long may an invitation be due before a missing row is an error."""


def unasked(*, of_all: bool = False) -> tuple[ColumnElement[bool], ...]:
    """Of assessments joined with participants: no text at all, though she still took part and had not answered."""
    soon = Assessment.send_at + literal(ASKED_WITHIN, Interval)
    return (
        Assessment.submitted_at.is_(None) | (Assessment.submitted_at > soon),
        Participant.withdrawn_at.is_(None) | (Participant.withdrawn_at > soon),
        never_asked(of_all=of_all),
    )


def note_never_asked(now: datetime) -> int:
    """Give each of them the row of an invitation that was not sent, with the reason; returns how many."""
    return len(run(_noting(), {"now": now, "due_before": now - ASKED_WITHIN}).all())


@cache
def _noting() -> ReturningInsert[Any]:
    answered = Assessment.submitted_at.is_not(None)
    reason = case((answered, Reason.ANSWERED.value), else_=Reason.WITHDRAWN.value)
    query = (
        select(
            prompt_key(MessageKind.INVITATION), Participant.study_id, Participant.id, Assessment.id, INVITATION,
            Participant.language,
            literal(MessageState.SUPPRESSED.value), Assessment.send_at, Assessment.send_at, NOW, *UNTRIED, reason, NOW,
        )
        .join(Participant, Participant.id == Assessment.participant_id)
        .join(Study, Study.id == Participant.study_id)
        .where(
            goes_on(),
            Assessment.send_at < bindparam("due_before", type_=UTCDateTime()),
            answered | Participant.withdrawn_at.is_not(None),
            *unasked(),
        )
        .order_by(Assessment.send_at, Assessment.id)
    )  # fmt: skip
    statement = insert(table(Message)).from_select(
        (*NEW_MESSAGE, "reason", "settled_at"), query, include_defaults=False
    )
    return statement.on_conflict_do_nothing().returning(Message.id)
