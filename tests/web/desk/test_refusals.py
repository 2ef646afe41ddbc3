"""Refusals with values in them are said in the reader's language: each that the desk can meet has its form."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from app import __file__ as package
from app.core import problems
from app.core.problems import Problem
from app.responses.signatures import MEANINGS
from app.web.desk.refusals import FORMS, PLACE
from app.web.desk.telling import in_words
from app.web.error_words import BROKE, BROKEN, ODD, SENTENCES, TITLES
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


REFUSING = (
    *ROOMS,
    "core/newer_keys.py",
    "core/turns.py",
    "messages/receiving/strangers.py",
    "studies/inviting.py",
    "web/edge.py",
    "web/staff",
)
"""Whose sentences without values stand on a page of the desk, on one of signing in, or on that of an error."""


def plain_refusals() -> Iterator[str]:
    """Every sentence without values with which something is refused, also beside a field, or by a constant's name."""
    for room in REFUSING:
        place = APP / room
        for module in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            tree = ast.parse(module.read_text())
            names = _names_refusing(tree)
            for node in ast.walk(tree):
                if _refuses(node, names):
                    yield from (said for said in _whole_sentences(node) if "{" not in said)
    yield from (*SENTENCES.values(), BROKEN)


def _names_refusing(tree: ast.Module) -> set[str]:
    """Of the constants that something is refused with."""
    refusals = (node for node in ast.walk(tree) if isinstance(node, ast.Raise) or _calls_a_problem(node))
    return {name.id for node in refusals for name in ast.walk(node) if isinstance(name, ast.Name)}


def _calls_a_problem(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) in vars(problems)


def _refuses(node: ast.AST, names: set[str]) -> bool:
    if isinstance(node, ast.Raise):
        return not (isinstance(node.exc, ast.Call) and ast.unparse(node.exc.func) in NOT_SHOWN)
    if isinstance(node, ast.Assign):
        target = ast.unparse(node.targets[0])
        return target.startswith("errors[") or (target.isupper() and target in names)
    return _calls_a_problem(node)


def _whole_sentences(node: ast.AST) -> Iterator[str]:
    pieces = {id(part) for each in ast.walk(node) if isinstance(each, ast.JoinedStr) for part in each.values}
    whole = (part for part in ast.walk(node) if isinstance(part, ast.Constant) and id(part) not in pieces)
    yield from (each.value for each in whole if isinstance(each.value, str) and each.value.endswith("."))


def not_in_bokmal(sentences: Iterable[str]) -> set[str]:
    """Those that the catalogue has neither as they stand nor as one of the forms with values."""
    bokmal = catalogue("nb")
    forms = [re.compile(".+".join(map(re.escape, PLACE.split(form)[::2]))) for form in FORMS]
    plain = {text for text in sentences if (said := bokmal.get(text)) is None or not said.string}
    return {text for text in plain if not any(form.fullmatch(text) for form in forms)}


def test_what_is_refused_without_values_is_said_in_bokmal() -> None:
    refused = set(plain_refusals())
    assert len(refused) > 150
    assert not_in_bokmal(refused) == set()


def test_what_an_investigator_signs_is_said_in_bokmal() -> None:
    assert not_in_bokmal(MEANINGS.values()) == set()


def test_every_form_is_said_in_bokmal() -> None:
    titles = [kind.title for kind in vars(problems).values() if isinstance(kind, type) and issubclass(kind, Problem)]
    assert not_in_bokmal((*titles, *TITLES.values(), ODD, BROKE)) == set()
    bokmal = catalogue("nb")
    assert [form for form in FORMS if (said := bokmal.get(form)) is None or not said.string] == []


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
        (
            "Your role in demo does not include: manage users.",
            "Rollen din i demo omfatter ikke: styre brukere.",
        ),
        (
            "What was sent is too large: at most 512 kB at a time.",
            "Det som ble sendt, er for stort: høyst 512 kB om gangen.",
        ),
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
