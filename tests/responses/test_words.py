"""What a task is about, in the words of the page and in its order, and nothing beside it."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.instruments import instrument
from app.participants.models import Task, TaskKind
from app.responses.answering import submit
from app.responses.models import Answer
from app.responses.wordings import install_wording
from app.responses.words import Said, said
from tests.responses.test_wordings import licensed
from tests.responses.visits import INFUSION, answers_to, participant, visit

D154 = INFUSION + timedelta(days=154)
BEFORE = INFUSION - timedelta(days=2)


def about(*fields: str, person: int, code: str = "d154") -> Task:
    return Task(
        participant_id=person, kind=TaskKind.FREE_TEXT, visit=code, note=", ".join(fields) or None, created_at=D154
    )


def answered(language: str = "nb", **answers: object) -> int:
    """Day 154, answered; returns the participant's key."""
    assessment = visit(participant(language=language), "d154")
    given = answers_to(assessment)
    for field, value in answers.items():
        code, item = field.split("__")
        given[code][item] = value
    submit(assessment, given, D154, language=language)
    return assessment.participant_id


def test_free_text_is_told_as_it_was_written_in_the_language_of_the_page(session: Session) -> None:
    person = answered(medication__other_text="Ibux, av og til")
    words = instrument("medication").wording("nb")
    assert said(about("medication.other_text", person=person)) == [
        Said(words.title, words.item("other_text").text, "Ibux, av og til")
    ]


def test_a_choice_is_told_in_the_words_that_were_chosen(session: Session) -> None:
    person = answered("en", odi__lifting=3)
    words = instrument("odi").wording("en")
    assert said(about("odi.lifting", person=person)) == [
        Said(words.title, words.item("lifting").text, words.item("lifting").options[3])
    ]


def test_a_number_is_told_as_it_is(session: Session) -> None:
    person = answered(nrs_leg__leg=7)
    assert [each.answer for each in said(about("nrs_leg.leg", person=person))] == ["7"]


def test_installed_words_are_those_that_are_told(session: Session) -> None:
    install_wording(licensed("odi"), D154)
    person = answered(odi__lifting=3)
    assert [each.questionnaire for each in said(about("odi.lifting", person=person))] == ["The licensed title"]


def test_several_answers_come_in_the_order_of_the_page(session: Session) -> None:
    person = answered(odi__lifting=3, odi__walking=2, nrs_leg__leg=7)
    page = list(session.execute(select(Answer.instrument, Answer.item).order_by(Answer.position)))
    fields = [f"{code}.{item}" for code, item in page if (code, item) != ("medication", "other_text")]
    answers = said(about(*reversed(fields), person=person))
    titles = [instrument(code).wording("nb").title for code, item in page if f"{code}.{item}" in fields]
    absent = session.scalars(select(Answer.position).where(Answer.value.is_(None))).all()
    assert len(answers) == len(fields) - len(absent)
    assert [each.questionnaire for each in answers] == sorted(
        (each.questionnaire for each in answers), key=list(dict.fromkeys(titles)).index
    )


@pytest.mark.parametrize(
    ("fields", "code"),
    [((), "d154"), (("odi.shoes",), "d154"), (("odi",), "d154"), (("lifting",), "d154"), (("odi.lifting",), "d56")],
)
def test_nothing_beside_the_task_is_told(fields: tuple[str, ...], code: str, session: Session) -> None:
    person = answered(odi__lifting=3)
    assert said(about(*fields, code=code, person=person)) == []
    assert said(about("odi.lifting", person=person + 1)) == []


def test_what_was_left_empty_is_not_told(session: Session) -> None:
    person = answered(odi__sex_life=None)
    assert said(about("odi.sex_life", person=person)) == []
