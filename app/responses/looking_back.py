"""What earlier visits of a participant say, for questionnaires that ask by it; and as a response of hers kept it."""

from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, select

from app.core.database import db
from app.instruments import Instrument
from app.instruments.conditions import Earlier
from app.instruments.looking_back import conditions_back, decided, fact
from app.responses.models import Answer, Response, Score
from app.schedule.models import Assessment

EARLIER = "earlier"
"""The name under which a response keeps them, beside the versions of its questionnaire."""


def as_asked(assessment: Assessment, questionnaires: Iterable[Instrument]) -> tuple[Instrument, ...]:
    """The questionnaires as this visit asks them of its participant."""
    return tuple(decided(each, _facts(assessment, each)) if each.looks_back else each for each in questionnaires)


def as_kept(questionnaire: Instrument, seen: Mapping[str, object]) -> Instrument:
    """The questionnaire as it was asked when it was answered, by what the response says that was shown."""
    if not questionnaire.looks_back:
        return questionnaire
    facts = seen.get(EARLIER, {})
    pairs = facts.items() if isinstance(facts, dict) else ()
    return decided(questionnaire, {str(name): str(value) for name, value in pairs})


def _facts(assessment: Assessment, questionnaire: Instrument) -> dict[str, str]:
    """By name, the numbers of her visits that opened before this one; what was not answered is not among them."""
    wanted = {fact(each) for each in conditions_back(questionnaire)}
    facts: dict[str, str] = {}
    for name, value in (*_answers(assessment, questionnaire.code), *_scores(assessment, questionnaire.code)):
        facts.setdefault(f"{Earlier.FIRST} {name}", value)
        facts[f"{Earlier.PREVIOUS} {name}"] = value
    return {name: value for name, value in sorted(facts.items()) if name in wanted}


def _answers(assessment: Assessment, code: str) -> list[tuple[str, str]]:
    query = select(Answer.item, Answer.value).join(Answer.response).join(Response.assessment)
    query = query.where(*_before(assessment), Answer.instrument == code, Answer.value.is_not(None))
    rows = db.session.execute(query.order_by(Assessment.opens_at, Answer.id))
    return [(item, value) for item, value in rows if value is not None]


def _scores(assessment: Assessment, code: str) -> list[tuple[str, str]]:
    query = select(Score.name, Score.value).join(Score.response).join(Response.assessment)
    query = query.where(
        *_before(assessment), Score.instrument == code, Score.value.is_not(None), Score.superseded_at.is_(None)
    )
    rows = db.session.execute(query.order_by(Assessment.opens_at, Score.id))
    return [(f"score {name}", f"{value:f}") for name, value in rows if value is not None]


def _before(assessment: Assessment) -> tuple[ColumnElement[bool], ...]:
    return (Assessment.participant_id == assessment.participant_id, Assessment.opens_at < assessment.opens_at)
