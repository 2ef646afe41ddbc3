"""Refusals with values in them are said in the reader's language: each that the desk can meet has its form."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app import __file__ as package
from app.core import problems
from app.core.problems import Problem
from app.web.desk.refusals import FORMS, PLACE
from app.web.desk.telling import in_words
from app.web.language import speak
from tests.web.desk.desks import Desk
from tests.web.test_language import catalogue

APP = Path(package).parent
ROOMS = (
    "accounts",
    "hooks",
    "messages/monitoring/ledger.py",
    "messages/outlook",
    "messages/queueing",
    "participants",
    "responses",
    "schedule",
    "studies/access.py",
    "studies/installing.py",
    "studies/people.py",
    "studies/sites.py",
    "web/desk",
)
"""Whose refusals the pages of the desk show."""
NOT_SHOWN = ("ValueError", "TypeError", "WrongDiscovery")
"""Of programmers; and of operators, to whom the log and `ops check` say it."""


def forms_raised() -> Iterator[str]:
    """Every sentence with values that these rooms refuse with: `{}` where a value stands."""
    for room in ROOMS:
        place = APP / room
        for module in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            for node in ast.walk(ast.parse(module.read_text())):
                yield from (_form(sentence) for sentence in _sentences(node))


def _sentences(node: ast.AST) -> Iterator[ast.JoinedStr]:
    """What is raised with values in it, and what stands beside a field."""
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and ast.unparse(node.exc.func) not in NOT_SHOWN:
        yield from (argument for argument in node.exc.args if isinstance(argument, ast.JoinedStr))
        for keyword in node.exc.keywords:
            if isinstance(keyword.value, ast.Dict):
                yield from (value for value in keyword.value.values if isinstance(value, ast.JoinedStr))
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).startswith("errors["):
        yield from (value for value in (node.value,) if isinstance(value, ast.JoinedStr))


def _form(sentence: ast.JoinedStr) -> str:
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in sentence.values)


def test_every_refusal_with_values_has_its_form() -> None:
    raised = set(forms_raised())
    assert len(raised) > 60
    assert raised - {PLACE.sub("{}", form) for form in FORMS} == set()


def plain_refusals() -> Iterator[str]:
    """Every sentence without values with which something about a participant is refused, also beside a field."""
    for module in sorted((APP / "participants").glob("*.py")):
        for node in ast.walk(ast.parse(module.read_text())):
            of_field = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).startswith("errors[")
            if isinstance(node, ast.Raise) or of_field:
                pieces = {
                    id(part) for each in ast.walk(node) if isinstance(each, ast.JoinedStr) for part in each.values
                }
                whole = (part for part in ast.walk(node) if isinstance(part, ast.Constant) and id(part) not in pieces)
                yield from (str(each.value) for each in whole if str(each.value).endswith("."))


def test_what_is_refused_about_a_participant_is_said_in_bokmal() -> None:
    bokmal, refused = catalogue("nb"), set(plain_refusals())
    assert len(refused) > 20
    assert {text for text in refused if (said := bokmal.get(text)) is None or not said.string} == set()


def test_every_form_is_said_in_bokmal() -> None:
    bokmal = catalogue("nb")
    titles = [kind.title for kind in vars(problems).values() if isinstance(kind, type) and issubclass(kind, Problem)]
    assert [text for text in (*FORMS, *titles) if (said := bokmal.get(text)) is None or not said.string] == []


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_told_apart_and_keeps_its_values(app: Flask, form: str) -> None:
    values = {name: f"q{number}" for number, name in enumerate(PLACE.findall(form))}
    with app.test_request_context():
        speak("en")
        assert in_words(form % values) == form % values
        speak("nb")
        assert in_words(form % values) == str(getattr(catalogue("nb").get(form), "string", "")) % values


@pytest.mark.parametrize(
    ("sentence", "bokmal"),
    [
        (
            "infusion of 01-001 is recorded already, on 2026-03-02.",
            "infusion for 01-001 er allerede registrert, 2026-03-02.",
        ),
        ("This query was approved already.", "Denne forespørselen er allerede godkjent."),
        ("01-001 100 % is taken.", "01-001 100 % er i bruk."),
        ("Nothing of ours, 100 % so.", "Nothing of ours, 100 % so."),
        ("", ""),
    ],
)
def test_a_refusal_is_said_in_the_readers_language(app: Flask, sentence: str, bokmal: str) -> None:
    with app.test_request_context():
        speak("nb")
        assert in_words(sentence) == bokmal


def test_the_page_of_a_refusal_speaks_the_readers_language(desk: Desk) -> None:
    desk.member.language = "nb"
    desk.session.commit()
    page = desk.browser.get("/desk/backtobasic/participants/01-999").text
    for words in (
        "<h1>Ikke funnet</h1>",
        "Det finnes ingen deltaker 01-999 ved sentrene dine.",
        "Forsiden",
        'lang="nb"',
    ):
        assert words in page
