"""What is left empty: asked about once, where the protocol says so and everything else can be taken."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.responses.answering import check
from app.responses.gaps import asked_about
from app.responses.problems import Closed, NotOpenYet
from app.schedule.models import Assessment
from app.studies.protocol import Skipping
from tests.factories import submitted
from tests.responses.visits import INFUSION, answers_to, participant, visit

D154 = INFUSION + timedelta(days=154)
LIFTING = ("odi", "lifting")


@pytest.fixture
def d154(session: Session) -> Assessment:
    return visit(participant(), "d154")


def answered(assessment: Assessment, **odi: object) -> dict[str, dict[str, object]]:
    """Answers to everything, with some of the ODI's exchanged; None leaves one empty."""
    answers = answers_to(assessment)
    for item, value in odi.items():
        if value is None:
            del answers["odi"][item]
        else:
            answers["odi"][item] = value
    return answers


@pytest.mark.parametrize(
    ("odi", "gaps"),
    [
        ({}, ()),
        ({"lifting": None}, (LIFTING,)),
        ({"lifting": None, "walking": None}, (LIFTING, ("odi", "walking"))),
        ({"lifting": None, "walking": 77}, ()),  # something is wrong: that comes first
    ],
)
def test_what_is_left_empty_is_asked_about_unless_something_is_wrong(
    d154: Assessment, odi: dict[str, object], gaps: tuple[tuple[str, str], ...]
) -> None:
    assert asked_about(d154, check(d154, answered(d154, **odi), D154), D154) == gaps


def test_a_page_without_any_answer_is_not_asked_about_but_refused(d154: Assessment) -> None:
    assert asked_about(d154, check(d154, {}, D154), D154) == ()


def test_a_visit_that_was_answered_is_asked_about_nothing(d154: Assessment) -> None:
    checked = check(d154, answered(d154, lifting=None), D154)
    submitted(d154, D154)
    assert asked_about(d154, checked, D154 + timedelta(days=400)) == ()


@pytest.mark.parametrize(("moment", "refusal"), [("opens_at", NotOpenYet), ("grace_until", Closed)])
def test_nobody_is_asked_about_gaps_of_what_cannot_be_sent(
    d154: Assessment, moment: str, refusal: type[Exception]
) -> None:
    at = getattr(d154, moment) - timedelta(seconds=1 if moment == "opens_at" else 0)
    with pytest.raises(refusal):
        asked_about(d154, check(d154, answered(d154, lifting=None), D154), at)


@pytest.mark.parametrize("skipping", list(Skipping))
def test_gaps_are_asked_about_where_the_protocol_says_once(session: Session, skipping: Skipping) -> None:
    assessment = visit(participant(changes={"skipping: asked_once": f"skipping: {skipping.value}"}), "d154")
    gaps = asked_about(assessment, check(assessment, answered(assessment, lifting=None), D154), D154)
    assert gaps == ((LIFTING,) if skipping is Skipping.ASKED_ONCE else ())
