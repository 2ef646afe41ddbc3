"""What a visit asks and what is noted of how it was shown; the sentences with which an answer is refused."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.core.problems import Problem
from app.instruments import AnswerProblem, instrument
from app.instruments.problems import Fault
from app.responses import problems
from app.responses.models import Presentation
from app.responses.problems import NotReady
from app.responses.questionnaire import questionnaire, refuse_demonstration, shown
from app.responses.wordings import install_wording
from app.studies.models import StudyState
from tests.responses.test_wordings import licensed
from tests.responses.visits import INFUSION, participant, visit

D154 = INFUSION + timedelta(days=154)


@pytest.mark.parametrize("language", ["nb", "en"])
def test_what_was_shown_is_noted_to_the_hash_of_its_words(language: str) -> None:
    both = (instrument("odi"), instrument("rmdq"))
    noted = shown(both, language, Presentation.PAGE)
    assert list(noted) == ["odi", "rmdq"]
    for each in both:
        words = each.wording(language)
        assert noted[each.code] == {
            "version": each.version,
            "sha256": each.sha256,
            "wording_version": words.version,
            "wording_sha256": words.sha256,
            "demonstration": words.demonstration,
            "presentation": "page",
        }


@pytest.mark.parametrize(
    ("state", "language", "codes", "lacking"),
    [
        (StudyState.DEMO, "nb", ("odi", "rmdq"), None),
        (StudyState.CLOSED, "nb", ("odi",), None),
        (StudyState.LIVE, "nb", ("odi", "nrs_leg", "rmdq"), "odi, rmdq in nb"),
        (StudyState.LIVE, "en", ("odi", "rmdq"), "odi in en"),  # the English RMDQ is free
        (StudyState.LIVE, "nb", ("nrs_leg",), None),
        (StudyState.RECRUITING_STOPPED, "en", ("odi", "rmdq"), "odi in en"),
        (StudyState.SETUP, "nb", ("odi",), None),
    ],
)
def test_a_live_study_shows_original_words_where_the_licence_asks_for_them(
    state: StudyState, language: str, codes: tuple[str, ...], lacking: str | None, session: Session
) -> None:
    person = participant()
    person.study.state = state
    assessment, instruments = visit(person, "d154"), tuple(instrument(code) for code in codes)
    if lacking is None:
        refuse_demonstration(assessment, instruments, language)
    else:
        with pytest.raises(NotReady, match=f"original words of {lacking}: flask wording install"):
            refuse_demonstration(assessment, instruments, language)


def test_the_words_are_those_that_were_installed_up_to_the_one_named(session: Session) -> None:
    assessment = visit(participant(), "d154")
    row = install_wording(licensed("odi"), D154)
    titles = [
        next(each for each in questionnaire(assessment, last) if each.code == "odi").title("nb")
        for last in (None, f"{row.id}:{row.sha256}")
    ]
    assert titles == ["Ryggplager i hverdagen", "The licensed title"]


@pytest.mark.parametrize(
    ("problem", "status", "sentence"),
    [
        (problems.NotOpenYet(), 409, "We send you a text when they are."),
        (problems.Closed(), 410, "The time for these questions is over"),
        (problems.Left(), 410, "You have left the study"),
        (problems.StudyOver(), 410, "This study is over"),
        (problems.AlreadyAnswered(), 409, "we keep the first ones"),
        (problems.NothingAnswered(), 400, "Nothing is answered yet"),
        (
            problems.WrongAnswers([("odi", AnswerProblem("lifting", Fault.OUT_OF_RANGE, "is too high"))]),
            400,
            "Nothing was sent",
        ),
        (problems.Unanswered([("odi", "lifting")]), 400, "Please answer them"),
        (problems.NotReady(["odi", "rmdq"], "nb"), 503, "original words of odi, rmdq in nb"),
    ],
)
def test_a_refusal_is_one_sentence_with_its_status(problem: Problem, status: int, sentence: str) -> None:
    assert problem.status == status
    assert sentence in problem.detail
    assert problem.title


def test_what_is_wrong_and_what_is_missing_is_named_field_by_field() -> None:
    wrong = problems.WrongAnswers([("odi", AnswerProblem("lifting", Fault.OUT_OF_RANGE, "is too high"))])
    assert wrong.errors == {"odi.lifting": "is too high"}
    lacking = problems.Unanswered([("odi", "lifting"), ("nrs_leg", "leg")])
    assert lacking.errors == {"odi.lifting": "needs an answer", "nrs_leg.leg": "needs an answer"}
