"""Earlier scores, for a score that is a change: hers alone, of visits before this one, the first and the last."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from app.instruments import Instrument, instrument
from app.instruments.model import ScoreDefinition
from app.instruments.scoring.compiling import compiled
from app.instruments.scoring_language import Aggregate, Members, Scoring, Since
from app.responses.earlier import settings_for
from app.studies.models import Study
from tests.exports.builders import INFUSED_AT, answered, plain_score, take_part, visit
from tests.exports.conftest import study as study

WEEK = timedelta(days=7)


def with_change(since: Since = Since.FIRST) -> Instrument:
    """The Oswestry index, with a score that is its change."""
    odi = instrument("odi")
    change = ScoreDefinition("odi_change", scoring=Scoring(Aggregate.CHANGE_OF, Members(("odi",)), since=since))
    scores = (*odi.scores, change)
    return replace(odi, scores=scores, compute=compiled(odi.items, scores))


def points(each: int) -> dict[str, int | str | None]:
    return {item.code: each for item in instrument("odi").items}


def test_a_questionnaire_without_a_change_asks_for_nothing(study: Study) -> None:
    assert settings_for(instrument("odi"), visit(take_part(study, "090"), "d0"), INFUSED_AT) is None


def test_the_first_and_the_previous_score_of_her_own_are_found(study: Study, session: Session) -> None:
    her, other = take_part(study, "091"), take_part(study, "092")
    for number, (code, each) in enumerate((("d0", 1), ("d28", 3), ("d56", 2))):
        answered(visit(her, code), INFUSED_AT + number * WEEK, points(each))
    answered(visit(other, "d0"), INFUSED_AT, points(5))
    unscored = answered(visit(her, "d84"), INFUSED_AT + 3 * WEEK, points(1))
    plain_score(unscored, None)
    session.commit()
    scores = {}
    for weeks in range(5):
        settings = settings_for(with_change(), visit(her, "d0"), INFUSED_AT + weeks * WEEK)
        assert settings is not None
        scores[weeks] = (settings.earlier.get(("odi", Since.FIRST)), settings.earlier.get(("odi", Since.PREVIOUS)))
    assert scores == {
        0: (None, None),
        1: (Decimal(20), Decimal(20)),
        2: (Decimal(20), Decimal(60)),
        3: (Decimal(20), Decimal(40)),
        4: (Decimal(20), Decimal(40)),
    }


@pytest.mark.parametrize(("since", "change"), [(Since.FIRST, "60"), (Since.PREVIOUS, "20")])
def test_a_change_is_scored_from_what_was_found(study: Study, session: Session, since: Since, change: str) -> None:
    her = take_part(study, "093")
    answered(visit(her, "d0"), INFUSED_AT, points(1))
    answered(visit(her, "d28"), INFUSED_AT + WEEK, points(3))
    session.commit()
    questionnaire = with_change(since)
    settings = settings_for(questionnaire, visit(her, "d0"), INFUSED_AT + 2 * WEEK)
    assert questionnaire.compute is not None
    assert settings is not None
    results = questionnaire.compute({item.code: 4 for item in questionnaire.items}, settings)
    assert [str(result.value) for result in results] == ["80", "40", change]
