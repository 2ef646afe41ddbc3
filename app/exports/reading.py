"""Reads the rows of the six tables, and asks the rules that say what each is at an instant.

What an assessment's state is, why it has no complete answer, which score is baseline: each is said by the one function
that holds the rule, of the facts that a query gives.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.exports import queries
from app.exports.reasons import reason
from app.exports.rows import AnswerRow, AssessmentRow, EventRow, MessageRow, ParticipantRow, ScoreRow
from app.messages.models import MessageState
from app.responses.baseline import Submission, after_baseline_end, baseline
from app.responses.models import Mode
from app.schedule.calendar import local_day
from app.schedule.models import Assessment
from app.studies.models import Study

MINUTE = 60
Measure = tuple[str, str, str | None]
R = TypeVar("R")


class ParticipantFacts(NamedTuple):
    """A participant as the database has her."""

    participant: str
    site: str
    language: str
    zone: str
    enrolled_on: date
    randomised_on: date | None
    anchor_on: date | None
    anchor_at: datetime | None
    treatment_stopped_on: date | None
    withdrawn_at: datetime | None
    withdrawal_reason: str | None
    left_as: str | None


class AssessmentFacts(NamedTuple):
    """An assessment, what became of its texts and its answer, and when day 0 began."""

    assessment: Assessment
    site: str
    sequence: int
    invited_at: datetime | None
    delivered_at: datetime | None
    texts: Collection[MessageState] | None
    anchor_at: datetime | None
    language: str | None
    mode: Mode | None
    presentation: str | None


class ScoreFacts(NamedTuple):
    """A score as the database has it, and what decides whether it is baseline."""

    participant: str
    site: str
    visit: str
    day: int
    instrument: str
    score: str
    value: Decimal | None
    value_set: str | None
    category: str | None
    n_answered: int
    missing_reason: str | None
    rule: str
    instrument_version: str
    scorer_version: str
    input_sha256: str
    submitted_at: datetime
    response_id: int
    anchor_at: datetime | None
    baseline_visit: str | None = None

    @property
    def measure(self) -> Measure:
        """What it is a score of: a participant has one baseline of each."""
        return self.instrument, self.score, self.value_set

    @property
    def submission(self) -> Submission:
        return Submission(self.submitted_at, self.response_id, self.visit)


def participants(session: Session, study: Study) -> Iterator[ParticipantRow]:
    """Every participant of the study."""
    for facts in _read(session, queries.participants(study.id), ParticipantFacts):
        yield participant_row(study.code, facts)


def assessments(session: Session, study: Study, now: datetime) -> Iterator[AssessmentRow]:
    """Every assessment of the study, as it is at `now`."""
    for facts in _read(session, queries.assessments(study.id), AssessmentFacts):
        yield assessment_row(study.code, facts, now)


def answers(session: Session, study: Study) -> Iterator[AnswerRow]:
    """Every answer of the study."""
    return _read(session, queries.answers(study.id), AnswerRow, study=study.code)


def scores(session: Session, study: Study) -> Iterator[ScoreRow]:
    """Every current score of the study, with the baseline of each participant and measure marked."""
    facts = _read(session, queries.scores(study.id), ScoreFacts)
    for _, of_one in groupby(facts, attrgetter("participant")):
        yield from score_rows(study.code, list(of_one))


def messages(session: Session, study: Study) -> Iterator[MessageRow]:
    """Every text of the study."""
    return _read(session, queries.messages(study.id), MessageRow, study=study.code)


def events(session: Session, study: Study) -> Iterator[EventRow]:
    """Every event of the study."""
    return _read(session, queries.events(study.id), EventRow, study=study.code)


def participant_row(study: str, facts: ParticipantFacts) -> ParticipantRow:
    """The participant, with the date of withdrawal in her own zone."""
    cells = facts._asdict()
    withdrawn_at = cells.pop("withdrawn_at")
    withdrawn_on = local_day(withdrawn_at, ZoneInfo(facts.zone)) if withdrawn_at else None
    return ParticipantRow(study=study, withdrawn_on=withdrawn_on, **cells)


def assessment_row(study: str, facts: AssessmentFacts, now: datetime) -> AssessmentRow:
    """The assessment as it is at `now`, with the reason why there is no complete answer."""
    assessment = facts.assessment
    state, opened_at, submitted_at = assessment.state(now), assessment.opened_at, assessment.submitted_at
    return AssessmentRow(
        study=study,
        participant=assessment.participant.code,
        site=facts.site,
        visit=assessment.visit,
        day=assessment.day,
        sequence=facts.sequence,
        anchor_on=assessment.anchor_on,
        opens_at=assessment.opens_at,
        due_at=assessment.due_at,
        closes_at=assessment.closes_at,
        grace_until=assessment.grace_until,
        state=state,
        reason=reason(
            state,
            opened=opened_at is not None,
            draft_existed=assessment.draft_existed,
            texts=facts.texts or (),
        ),
        invited_at=facts.invited_at,
        delivered_at=facts.delivered_at,
        opened_at=opened_at,
        submitted_at=submitted_at,
        after_baseline_end=None if submitted_at is None else after_baseline_end(submitted_at, facts.anchor_at),
        minutes_late=None if submitted_at is None else minutes_late(submitted_at, assessment.closes_at),
        language=facts.language,
        mode=facts.mode,
        presentation=facts.presentation,
    )


def minutes_late(submitted_at: datetime, closes_at: datetime) -> int:
    """Whole minutes after closing; none for an answer in time."""
    return max(0, int((submitted_at - closes_at).total_seconds() // MINUTE))


def score_rows(study: str, scores: Iterable[ScoreFacts]) -> Iterator[ScoreRow]:
    """The scores of one participant, the baseline of each measure marked. A score without a value is no baseline."""
    scores = list(scores)
    submissions: defaultdict[Measure, list[Submission]] = defaultdict(list)
    for score in scores:
        if score.value is not None:
            submissions[score.measure].append(score.submission)
    for score in scores:
        first = baseline(submissions[score.measure], score.anchor_at, score.baseline_visit)
        cells = score._asdict()
        del cells["response_id"], cells["anchor_at"], cells["baseline_visit"]
        yield ScoreRow(
            study=study,
            baseline=score.submission == first,
            after_baseline_end=after_baseline_end(score.submitted_at, score.anchor_at),
            **cells,
        )


def _read(session: Session, query: queries.Question, row: Callable[..., R], **same: str) -> Iterator[R]:
    """What the query gives, as rows whose fields are named as its columns."""
    return (row(**same, **columns._mapping) for columns in session.execute(query))
