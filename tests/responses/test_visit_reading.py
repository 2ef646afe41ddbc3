"""Who reads a visit sees what was asked, in the words of that day, what she answered, and what became of it."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.accounts.roles import Role
from app.instruments import instrument
from app.responses.answering import submit
from app.responses.corrections import Query, approve, ask, close
from app.responses.models import Response
from app.responses.visit_reading import AnswerRead, InstrumentRead, read_visit
from app.responses.wordings import install_wording
from tests.factories import user
from tests.responses.test_wordings import licensed
from tests.responses.visits import INFUSION, answers_to, participant, visit

D154 = INFUSION + timedelta(days=154)
HOUR = timedelta(hours=1)


def answered(language: str = "en") -> Response:
    assessment = visit(participant(language=language), "d154")
    return submit(assessment, answers_to(assessment), D154, language=language)


def odi(response: Response) -> InstrumentRead:
    return next(each for each in read_visit(response) if each.code == "odi")


def lifting(response: Response) -> AnswerRead:
    return next(answer for answer in odi(response).answers if answer.item == "lifting")


@pytest.mark.parametrize("language", ["en", "nb"])
def test_answers_stand_in_the_words_in_which_they_were_asked(session: Session, language: str) -> None:
    words = instrument("odi").wording(language)
    response = answered(language)
    read = odi(response)
    assert (read.title, read.wording_version, read.as_asked) == (words.title, words.version, True)
    assert (lifting(response).question, lifting(response).answer, lifting(response).value) == (
        words.item("lifting").text, words.item("lifting").options[0], "0",
    )  # fmt: skip
    codes = response.assessment.protocol.plan.visit("d154").instruments
    assert [each.code for each in read_visit(response)] == list(codes)


def test_words_that_were_replaced_since_are_those_that_are_shown(session: Session) -> None:
    install_wording(licensed("odi", title="The first title"), D154 - HOUR)
    response = answered("nb")
    install_wording(licensed("odi", title="The second title"), D154 + HOUR)
    assert (odi(response).as_asked, odi(response).title) == (True, "The first title")


def test_words_that_nobody_has_any_more_are_said_to_have_changed(session: Session) -> None:
    install_wording(licensed("odi"), D154 - HOUR)
    response = answered("nb")
    shown = {code: facts | {"wording_sha256": "0" * 64} for code, facts in response.instruments.items()}
    set_committed_value(response, "instruments", shown)
    assert odi(response).as_asked is False


def test_each_query_about_a_value_stands_behind_it_and_what_holds_beside_it(session: Session) -> None:
    response = answered()
    study = response.assessment.participant.study
    coordinator, investigator = user(study, Role.COORDINATOR, "01"), user(study, Role.INVESTIGATOR, "01")
    first = ask(response, Query("odi", "lifting", "4", "A slip of hers", "Note"), coordinator, D154 + HOUR)
    approve(first, investigator, D154 + 2 * HOUR)
    second = ask(response, Query("odi", "lifting", "3", "No, this one", "Note"), coordinator, D154 + 3 * HOUR)
    close(second, coordinator, "It was right", D154 + 4 * HOUR)
    read = lifting(response)
    words = instrument("odi").wording("en").item("lifting").options
    assert (read.value, read.current_value, read.current, read.is_corrected) == ("0", "4", words[4], True)
    assert read.history == (first, second)
    assert [each.item for each in odi(response).answers if each.is_corrected or each.history] == ["lifting"]
