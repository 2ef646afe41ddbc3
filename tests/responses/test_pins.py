"""What a protocol pins holds for its visits: value sets, least answers, words; whatever is installed later."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.instruments import Wording, instrument
from app.instruments.wording_building import Heading, build_wording
from app.responses.answering import submit
from app.responses.going_live import missing
from app.responses.models import Response, Score
from app.responses.questionnaire import questionnaire
from app.responses.wordings import install_wording, newest
from app.schedule.models import Assessment
from app.studies.models import StudyState
from app.studies.value_sets import import_value_set
from tests.responses.visits import INFUSION, answers_to, participant, visit
from tests.studies.test_value_sets import sheet

D154 = INFUSION + timedelta(days=154)
BEFORE = INFUSION - timedelta(days=40)
HEALTHY_BUT_FOR_PAIN = {
    "mobility": 1, "self_care": 1, "usual_activities": 1, "pain_discomfort": 3, "anxiety_depression": 1, "vas": 80,
}  # fmt: skip


def pinned(said: str) -> Assessment:
    """Day 154 of somebody whose protocol says this."""
    changes = {"anchor: first_infusion": f"{said}\nanchor: first_infusion"}
    return visit(participant(changes=changes), "d154")


def scores(session: Session, response: Response, code: str) -> list[tuple[str, str | None, Decimal | None]]:
    query = select(Score).filter_by(response_id=response.id, instrument=code).order_by(Score.id)
    return [(score.name, score.value_set, score.value) for score in session.scalars(query)]


def answered(assessment: Assessment, **changes: Mapping[str, object]) -> Response:
    return submit(assessment, {**answers_to(assessment), **changes}, D154, language="nb")


@pytest.mark.parametrize(
    ("said", "indices"),
    [
        ("", [("Norway", "0.876")]),
        ("value_sets: {eq5d5l: [Sweden_2022, UK]}", [("Sweden_2022", "0.953"), ("UK", "0.934")]),
        ("value_sets: {eq5d5l: [UK]}", [("UK", "0.934")]),
    ],
)
def test_an_index_is_valued_by_the_sets_of_its_study(
    session: Session, said: str, indices: list[tuple[str, str]]
) -> None:
    response = answered(pinned(said), eq5d5l=HEALTHY_BUT_FOR_PAIN)
    expected = [("index", name, Decimal(value)) for name, value in indices]
    assert scores(session, response, "eq5d5l") == [*expected, ("vas", None, Decimal(80))]


def test_an_imported_value_set_is_used_like_those_that_ship(session: Session) -> None:
    about = {"country": "Nowhere", "method": "crosswalk", "citation": "A paper", "doi": "10.1/x"}
    import_value_set("Nowhere", sheet(), about, BEFORE)
    response = answered(pinned("value_sets: {eq5d5l: [Nowhere]}"), eq5d5l=HEALTHY_BUT_FOR_PAIN)
    assert scores(session, response, "eq5d5l")[0] == ("index", "Nowhere", Decimal("-0.5"))


@pytest.mark.parametrize(("said", "value"), [("", None), ("instruments: {odi: {minimum_answered: 5}}", Decimal(20))])
def test_the_least_number_of_answers_is_the_protocols(session: Session, said: str, value: Decimal | None) -> None:
    five = {item.code: 1 for item in instrument("odi").items[:5]}
    response = answered(pinned(said), odi=five)
    assert scores(session, response, "odi")[0] == ("odi", None, value)


def words(title: str, version: str = "2.1a") -> Wording:
    """The Oswestry index under another title."""
    texts = {**dict(instrument("odi").wording("nb").strings), "title": title}
    return build_wording(instrument("odi"), Heading("nb", version, False, "licence 4711"), texts)


def title(session: Session, assessment: Assessment) -> str:
    shown = questionnaire(assessment, session.scalar(select(newest())))
    return next(each for each in shown if each.code == "odi").title("nb")


def test_words_for_one_study_are_not_shown_to_another(session: Session) -> None:
    at_visit = visit(participant(), "d154")
    install_wording(words("For all"), BEFORE)
    install_wording(words("For this study"), BEFORE, at_visit.participant.study)
    assert title(session, at_visit) == "For this study"
    install_wording(words("For all, newer"), BEFORE)
    assert title(session, at_visit) == "For this study"
    elsewhere = visit(participant(changes={"study: backtobasic": "study: another"}, phone="+4791234568"), "d154")
    assert title(session, elsewhere) == "For all, newer"


def test_a_protocol_that_names_its_words_shows_no_others(session: Session) -> None:
    assessment = pinned('instruments: {odi: {wordings: {nb: "2.0"}}}')
    assert title(session, assessment) == "Ryggplager i hverdagen"
    install_wording(words("Of 2.0", "2.0"), BEFORE)
    install_wording(words("Of 2.1", "2.1a"), BEFORE + timedelta(days=1))
    assert title(session, assessment) == "Of 2.0"


def test_a_study_goes_not_live_in_other_words_than_its_protocol_names(session: Session) -> None:
    study = pinned('instruments: {nrs_leg: {wordings: {nb: "7"}}}').participant.study
    assert (
        missing(study, StudyState.LIVE)["nrs_leg (nb)"]
        == "the protocol names words of version 7: flask wording install"
    )


@pytest.mark.parametrize(
    ("state", "installed_at", "shown"),
    [
        (StudyState.LIVE, D154 - timedelta(days=8), "Newer"),  # the visit opens a day later
        (StudyState.LIVE, D154 - timedelta(days=1), "First"),
        (StudyState.SETUP, D154 - timedelta(days=1), "Newer"),
    ],
)
def test_an_open_visit_of_a_live_study_keeps_its_words(
    session: Session, state: StudyState, installed_at: datetime, shown: str
) -> None:
    assessment = visit(participant(), "d154")
    assessment.participant.study.state = state
    install_wording(words("First"), BEFORE)
    install_wording(words("Newer"), installed_at)
    assert title(session, assessment) == shown


def test_words_that_were_made_for_other_questions_are_not_shown(session: Session) -> None:
    assessment = visit(participant(), "d154")
    wording = words("Of another version")
    texts = tuple((place, text) for place, text in wording.strings if not place.startswith("items.lifting"))
    install_wording(replace(wording, strings=texts), BEFORE)
    assert title(session, assessment) == "Ryggplager i hverdagen"


def test_the_answer_names_the_questionnaire_by_its_hash(session: Session) -> None:
    seen = answered(visit(participant(), "d154")).instruments["odi"]
    assert seen["sha256"] == instrument("odi").sha256
