"""A task names the questions that it is about as they are asked, in the reader's language."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.instruments import instrument
from app.participants.models import Participant, Task, TaskKind
from app.responses.wordings import install_wording
from app.web.desk.asked_words import LONGEST_QUESTION, question_of, questions_of
from app.web.desk.telling import about
from app.web.language import speak
from tests.factories import NOW
from tests.responses.test_wordings import licensed
from tests.responses.visits import participant


@pytest.fixture
def person(session: Session) -> Participant:
    return participant()


def words(field: str, language: str) -> str:
    code, item = field.split(".")
    return instrument(code).wording(language).item(item).text


OTHER, LIFTING = "cointerventions.other_text", "odi.lifting"


@pytest.mark.parametrize("language", ["nb", "en"])
@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ([OTHER], "“{0}”"),
        ([OTHER, LIFTING], "“{0}”, “{1}”"),
        ([OTHER, "odi.nothing"], "“{0}”, “odi.nothing”"),  # nobody has its words any more
        ([OTHER, "nothing.at_all", "one word"], "“{0}”, “nothing.at_all”, “one word”"),
    ],
)
def test_questions_are_named_by_their_words(
    app: Flask, person: Participant, language: str, fields: list[str], shown: str
) -> None:
    task = Task(participant=person, kind=TaskKind.FREE_TEXT, visit="d154", note=", ".join(fields), created_at=NOW)
    with app.test_request_context():
        speak(language)
        assert questions_of(task) == shown.format(words(OTHER, language), words(LIFTING, language))


def test_of_many_the_first_three_are_named(app: Flask, person: Participant) -> None:
    note = ", ".join(f"odi.{item.code}" for item in instrument("odi").items[:5])
    task = Task(participant=person, kind=TaskKind.TO_JUDGE, visit="d154", note=note, created_at=NOW)
    with app.test_request_context():
        speak("nb")
        named = about(task)
    assert named.count("“") == 3
    assert named.endswith(" og 2 til")


def test_the_words_are_those_that_were_installed(app: Flask, person: Participant) -> None:
    install_wording(licensed("odi"), NOW)
    with app.test_request_context():
        speak("nb")
        assert question_of(person.protocol.plan, LIFTING, person.study_id) == licensed("odi").items["lifting"].text


def test_a_long_question_is_cut_between_words(app: Flask, person: Participant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.web.desk.asked_words.LONGEST_QUESTION", 12)
    assert LONGEST_QUESTION > 12
    with app.test_request_context():
        speak("en")
        cut = question_of(person.protocol.plan, LIFTING, person.study_id)
    assert len(cut) <= 14
    assert words(LIFTING, "en").startswith(cut.removesuffix(" …"))


@pytest.mark.parametrize(("kind", "note"), [(TaskKind.NOT_DELIVERED, "a, b.c"), (TaskKind.CALL_ME, None)])
def test_a_note_that_names_no_questions_stands_as_it_is(
    app: Flask, person: Participant, kind: TaskKind, note: str | None
) -> None:
    with app.test_request_context():
        assert about(Task(participant=person, kind=kind, note=note, created_at=NOW)) == (note or "")
