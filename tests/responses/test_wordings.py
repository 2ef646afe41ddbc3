"""The licence holder's own words replace the demonstration, and a live study waits for them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.instruments import Wording, instrument
from app.instruments.wording_building import Heading, build_wording
from app.responses.answering import submit
from app.responses.models import InstalledWording
from app.responses.problems import NotReady
from app.responses.questionnaire import questionnaire
from app.responses.wordings import in_installed_words, install_wording, newest
from app.studies.models import StudyState
from tests.responses.visits import INFUSION, answers_to, participant, visit

D154 = INFUSION + timedelta(days=154)


def licensed(code: str, language: str = "nb", title: str = "The licensed title") -> Wording:
    """Words as a licence holder might send them: here the demonstration's with another title."""
    texts = dict(instrument(code).wording(language).strings) | {"title": title}
    return build_wording(instrument(code), Heading(language, "2.1a", False, "licence 4711"), texts)


def title(session: Session, code: str, language: str = "nb") -> str:
    return in_installed_words(instrument(code), session.scalar(select(newest()))).title(language)


def test_installed_words_are_shown_from_then_on(session: Session) -> None:
    assert title(session, "odi") == "Ryggplager i hverdagen"
    install_wording(licensed("odi"), D154)
    assert title(session, "odi") == "The licensed title"
    assert title(session, "odi", "en") != "The licensed title"
    install_wording(licensed("odi", title="A newer title"), D154)
    assert title(session, "odi") == "A newer title"


def test_the_same_words_again_are_one_row(session: Session) -> None:
    first = install_wording(licensed("odi"), D154)
    assert install_wording(licensed("odi"), D154).id == first.id
    assert session.scalar(select(func.count(InstalledWording.id))) == 1


def test_earlier_words_can_be_taken_back(session: Session) -> None:
    for words in ("The licensed title", "A wrong title", "The licensed title"):
        install_wording(licensed("odi", title=words), D154)
        assert title(session, "odi") == words
    assert session.scalar(select(func.count(InstalledWording.id))) == 3


def test_the_same_words_under_another_version_are_kept_as_such(session: Session) -> None:
    wrong = install_wording(licensed("odi"), D154)
    right = install_wording(replace(licensed("odi"), version="2.0"), D154)
    assert (wrong.version, right.version) == ("2.1a", "2.0")


def test_the_answer_names_the_words_that_were_shown(session: Session) -> None:
    wording = licensed("odi")
    install_wording(wording, D154)
    assessment = visit(participant(), "d154")
    seen = submit(assessment, answers_to(assessment), D154, language="nb").instruments["odi"]
    assert (seen["wording_sha256"], seen["demonstration"]) == (wording.sha256, False)


def test_a_live_study_takes_no_answer_to_demonstration_words(session: Session) -> None:
    person = participant()
    person.study.state = StudyState.LIVE
    assessment = visit(person, "d154")
    with pytest.raises(NotReady, match="odi, rmdq, eq5d5l in nb"):
        submit(assessment, answers_to(assessment), D154, language="nb")
    for code in ("odi", "rmdq", "eq5d5l"):
        install_wording(licensed(code), D154)
    assert submit(assessment, answers_to(assessment), D154, language="nb").sha256


def test_the_rule_is_per_language(session: Session) -> None:
    """The English RMDQ is free, its Norwegian translation is not."""
    assert ready(session, "rmdq") == ["en"]
    assert ready(session, "nrs_leg") == ["en", "nb"]
    install_wording(licensed("rmdq"), D154)
    assert ready(session, "rmdq") == ["en", "nb"]


def ready(session: Session, code: str) -> list[str]:
    shown = in_installed_words(instrument(code), session.scalar(select(newest())))
    return [language for language in ("en", "nb") if shown.ready_for_patients(language)]


def test_the_questionnaire_of_a_visit_is_the_protocols(session: Session) -> None:
    assessment = visit(participant(), "d7")
    codes = [each.code for each in questionnaire(assessment, None)]
    assert codes == ["nrs_lbp_week", "perceived_treatment"]
