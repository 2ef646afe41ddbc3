"""A ranking on the patient's page: its places, and what is said of one that stands twice."""

from flask import Flask

from app.instruments import check_answers
from app.web.answer_errors import field_errors
from app.web.questions import section
from tests.instruments.test_ranking import GOALS


def test_the_patient_is_told_which_place_stands_twice(app: Flask) -> None:
    problems = check_answers(GOALS, {"sleep": 2, "work": 1, "sport": 2}).problems
    with app.test_request_context():
        errors = field_errors([("goals", problem) for problem in problems], "en")
    assert errors == {"goals.sport": "Give each place once: 2 stands twice."}


def test_the_places_are_drawn_as_cards_without_script(app: Flask) -> None:
    with app.test_request_context():
        drawn = section(GOALS, "en").questions
    assert [question.kind for question in drawn] == ["choice"] * 3
    assert [question.choices for question in drawn] == [(("1", "1"), ("2", "2"), ("3", "3"))] * 3
    assert drawn[0].group == "What matters most to you?"
