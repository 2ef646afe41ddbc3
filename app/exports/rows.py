"""The rows of the six tables, typed: a field for each column of the table's shape, in its order."""

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from app.exports.reasons import AbsenceReason
from app.messages.models import MessageState
from app.participants.models import EventState
from app.responses.models import Mode
from app.schedule.models import State


class ParticipantRow(NamedTuple):
    """A person who takes part, by pseudonym."""

    study: str
    participant: str
    site: str
    language: str
    zone: str
    enrolled_on: date
    randomised_on: date | None
    anchor_on: date | None
    anchor_at: datetime | None
    treatment_stopped_on: date | None
    withdrawn_on: date | None
    withdrawal_reason: str | None
    left_as: str | None


class AssessmentRow(NamedTuple):
    """One visit of one participant, whatever became of it."""

    study: str
    participant: str
    site: str
    visit: str
    day: int
    sequence: int
    anchor_on: date
    opens_at: datetime
    due_at: datetime
    closes_at: datetime
    grace_until: datetime
    state: State
    reason: AbsenceReason | None
    invited_at: datetime | None
    delivered_at: datetime | None
    opened_at: datetime | None
    submitted_at: datetime | None
    after_baseline_end: bool | None
    minutes_late: int | None
    language: str | None
    mode: Mode | None
    presentation: str | None


class AnswerRow(NamedTuple):
    """One item of a submitted questionnaire."""

    study: str
    participant: str
    site: str
    visit: str
    day: int
    instrument: str
    item: str
    value: str | None
    missing_reason: str | None
    instrument_version: str | None
    wording_sha256: str | None
    submitted_at: datetime


class ScoreRow(NamedTuple):
    """One current score of a submitted questionnaire."""

    study: str
    participant: str
    site: str
    visit: str
    day: int
    instrument: str
    score: str
    value: Decimal | None
    value_set: str | None
    category: str | None
    baseline: bool
    after_baseline_end: bool
    n_answered: int
    missing_reason: str | None
    rule: str
    instrument_version: str
    scorer_version: str
    input_sha256: str
    submitted_at: datetime


class MessageRow(NamedTuple):
    """One text that was owed."""

    study: str
    participant: str
    visit: str | None
    kind: str
    state: MessageState
    reason: str | None
    language: str
    segments: int | None
    attempts: int
    possible_duplicate: bool
    owed_at: datetime
    queued_at: datetime
    sent_at: datetime | None
    settled_at: datetime | None


class EventRow(NamedTuple):
    """One protocol event, planned or past."""

    study: str
    participant: str
    kind: str
    state: EventState
    event_on: date
    event_at: datetime | None
    recorded_at: datetime
