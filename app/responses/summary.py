"""What a patient may see of her own earlier scores, where the protocol says `summary: own_scores`. Off by default.

The principal score of each questionnaire that was answered at two visits or more: what was received, not what it means.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby

from sqlalchemy import select

from app.core.database import db
from app.instruments import Instrument
from app.instruments.model import Better
from app.instruments.value_set_files import DEFAULT
from app.participants.identity import checks
from app.participants.models import Contact
from app.responses.models import Response, Score
from app.responses.questionnaire import answered, worded
from app.responses.wordings import newest
from app.schedule.models import Assessment
from app.studies.protocol import Summary


@dataclass(frozen=True)
class ScoreCourse:
    """One score over time, the oldest first; `lowest` and `highest` are its ends, `better` which of them is."""

    title: str
    values: tuple[tuple[datetime, Decimal], ...]
    lowest: int | None
    highest: int | None
    better: Better | None


def own_scores(assessment: Assessment, language: str) -> tuple[ScoreCourse, ...]:
    """Her scores up to this visit; none unless the protocol shows them, and none behind a PIN or a year of birth."""
    if assessment.protocol.plan.answers.summary is not Summary.OWN_SCORES or _is_checked(assessment):
        return ()
    return tuple(_courses(assessment, language))


def _is_checked(assessment: Assessment) -> bool:
    columns = (Contact.pin_hash.is_not(None), Contact.birth_year_sealed.is_not(None))
    pin, year = db.session.execute(select(*columns).filter_by(participant_id=assessment.participant_id)).one()
    return bool(checks(assessment.protocol.plan, pin_chosen=pin, birth_year_noted=year))


def _courses(assessment: Assessment, language: str) -> Iterator[ScoreCourse]:
    query = (
        select(Score.instrument, Response.submitted_at, Score.name, Score.value, Score.value_set, Response, newest())
        .join(Response, Response.id == Score.response_id)
        .join(Assessment, Assessment.id == Response.assessment_id)
        .where(Assessment.participant_id == assessment.participant_id, Assessment.day <= assessment.day)
        .where(Score.superseded_at.is_(None), Score.value.is_not(None))
        .order_by(Score.instrument, Response.submitted_at, Score.id)
    )
    for code, of_one in groupby(db.session.execute(query), lambda row: row.instrument):
        rows = [row for row in of_one if row.value_set in (None, _principal_set(assessment, code))]
        if len(rows) < 2:
            continue
        questionnaire = worded(assessment, answered(rows[-1].Response, code), rows[-1][-1])
        values = tuple((row.submitted_at, row.value) for row in rows if row.name == questionnaire.scores[0].name)
        if len(values) > 1:
            yield _course(questionnaire, language, values)


def _principal_set(assessment: Assessment, code: str) -> str:
    return assessment.protocol.plan.value_sets.get(code, (DEFAULT,))[0]


def _course(questionnaire: Instrument, language: str, values: tuple[tuple[datetime, Decimal], ...]) -> ScoreCourse:
    score = questionnaire.scores[0]
    return ScoreCourse(questionnaire.title(language), values, score.minimum, score.maximum, score.better)
