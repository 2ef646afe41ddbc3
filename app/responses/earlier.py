"""How a visit's answers are scored: by its protocol's choices, and beside the scores of earlier visits."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from app.core.database import db
from app.instruments import Instrument
from app.instruments.results import ScoringSettings
from app.instruments.scoring_language import Aggregate, Scoring, Since
from app.instruments.value_set_files import chosen
from app.responses.models import Response, Score
from app.schedule.models import Assessment
from app.studies.protocol import Protocol
from app.studies.value_sets import named


def settings_for(questionnaire: Instrument, assessment: Assessment, before: datetime) -> ScoringSettings | None:
    """How to score what is submitted at `before`; nothing where there is nothing to choose or to know."""
    code, choices = questionnaire.code, choices_of(assessment.protocol.plan, questionnaire.code)
    names = {name for score in questionnaire.scores for name in _changed(score.scoring)}
    if not names:
        return choices
    earlier = _earlier(code, names, assessment.participant_id, before)
    return replace(choices or ScoringSettings(chosen(None)), earlier=earlier)


def choices_of(plan: Protocol, code: str) -> ScoringSettings | None:
    """What a protocol chooses for the scores of a questionnaire; nothing where it chooses nothing."""
    pin = plan.instruments.get(code)
    minimum = pin.minimum_answered if pin else None
    if minimum is None and code not in plan.value_sets:
        return None
    sets = tuple(named(name) for name in plan.value_sets[code]) if code in plan.value_sets else chosen(None)
    return ScoringSettings(sets, minimum)


def _changed(scoring: Scoring | None) -> tuple[str, ...]:
    return scoring.members.codes if scoring and scoring.aggregate is Aggregate.CHANGE_OF else ()


def _earlier(code: str, names: set[str], participant_id: int, before: datetime) -> Mapping[tuple[str, str], Decimal]:
    query = (
        select(Score.name, Score.value)
        .join(Score.response)
        .join(Response.assessment)
        .where(
            Assessment.participant_id == participant_id,
            Response.submitted_at < before,
            Score.instrument == code,
            Score.name.in_(sorted(names)),
            Score.value.is_not(None),
            Score.superseded_at.is_(None),
        )
        .order_by(Response.submitted_at, Response.id)
    )
    earlier: dict[tuple[str, str], Decimal] = {}
    rows: Sequence[Any] = db.session.execute(query).all()
    for name, value in rows:
        earlier.setdefault((name, Since.FIRST), value)
        earlier[name, Since.PREVIOUS] = value
    return earlier
