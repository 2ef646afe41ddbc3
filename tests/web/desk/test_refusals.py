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
from app.responses.signatures import SIGNED_MEANINGS
from app.studies.states import MEANING, Act, StudyState
from app.web.desk.refusals import PLACE, REFUSAL_FORMS
from app.web.desk.telling import in_words
from app.web.error_words import BROKE, BROKEN, ODD, SENTENCES, TITLES
from app.web.language import speak
from tests.web.desk.desks import Desk
from tests.web.test_language import catalogue

APP = Path(package).parent
ROOMS = (
    "accounts",
    "core/newer_keys.py",
    "core/turns.py",
    "exports/downloading.py",
    "exports/spilling.py",
    "hooks",
    "messages/monitoring/ledger.py",
    "messages/outlook",
    "messages/queueing",
    "messages/receiving/strangers.py",
    "participants",
    "responses",
    "schedule",
    "studies/access.py",
    "studies/guarding.py",
    "studies/installing.py",
    "studies/inviting.py",
    "studies/people.py",
    "studies/sites.py",
    "studies/states.py",
    "studies/views.py",
    "web/desk",
    "web/edge.py",
    "web/staff",
)
"""Whose sentences stand on a page of the desk, on one of signing in, or on that of an error."""
SENTENCE = re.compile(r"(?s).*[^\W\d_] [a-z].*\.")
NOT_SHOWN = ("ValueError", "TypeError", "WrongDiscovery", "log", "alert", "ngettext", "RuntimeError")
"""Of programmers; of operators, to whom the log and `ops check` say it; and what is looked up with its number."""
OF_OTHERS = {
    "The {} of {} can never leave: {} ({}).": "`flask protocol check` says it",
    "Undone within ten minutes, by who did it.": "a reason in the trail, which is in English",
    "This process was started before key {} was: restart it with the same FIELD_KEYS as the others.": "readiness",
    "Update the time zones of its machine (the package tzdata, or PostgreSQL itself), and start it again.": "readiness",
    "Renew its package tzdata and start it again, or correct the zone of who is said to live there.": "readiness",
}
"""Sentences of these rooms that no page of the desk shows, and whose they are."""


def sentences_written() -> Iterator[str]:
    """Every sentence that stands in these rooms, however it gets to whoever refuses with it: `{}` is for a value."""
    for room in ROOMS:
        place = APP / room
        for module in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            tree = ast.parse(module.read_text("utf-8"))
            silent = {id(part) for node in ast.walk(tree) for part in _parts_not_shown(node)}
            written = {_form(node) for node in ast.walk(tree) if id(node) not in silent}
            yield from (form for form in sorted(written) if SENTENCE.fullmatch(form))
    yield from (*SENTENCES.values(), BROKEN)


def _parts_not_shown(node: ast.AST) -> Iterator[ast.AST]:
    """Docstrings, pieces of sentences with values, and what is said to others."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield from (part for value in node.values for part in ast.walk(value))
    elif isinstance(node, ast.Call) and _is_silent(node):
        yield from ast.walk(node)


def _is_silent(call: ast.Call) -> bool:
    return ast.unparse(call.func).partition(".")[0] in NOT_SHOWN


def _form(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    said = node.value if isinstance(node, ast.Constant) else ""
    return re.sub(r"\{\w+\}", "{}", said) if isinstance(said, str) else ""


def forms_raised() -> Iterator[str]:
    """What is raised with values in it, whether or not it is a whole sentence."""
    for room in ROOMS:
        place = APP / room
        for module in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            for node in ast.walk(ast.parse(module.read_text("utf-8"))):
                if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and not _is_silent(node.exc):
                    yield from (_form(part) for part in node.exc.args if isinstance(part, ast.JoinedStr))


def test_every_refusal_with_values_has_its_form() -> None:
    written = {form for form in (*sentences_written(), *forms_raised()) if "{}" in form} - OF_OTHERS.keys()
    assert len(written) > 140
    assert written - {PLACE.sub("{}", form) for form in REFUSAL_FORMS} == set()


def test_what_is_said_without_values_is_said_in_bokmal() -> None:
    written = {form for form in sentences_written() if "{}" not in form} - OF_OTHERS.keys()
    assert len(written) > 200
    assert not_in_bokmal(written) == set()


def test_whose_the_other_sentences_are_is_said_of_none_that_is_gone() -> None:
    assert OF_OTHERS.keys() - set(sentences_written()) == set()


def test_what_stands_in_the_place_of_a_value_is_said_in_bokmal() -> None:
    values = [*MEANING.values(), *Act, *StudyState, " or "]
    bokmal = catalogue("nb")
    assert [value for value in values if (said := bokmal.get(str(value))) is None or not said.string] == []


def not_in_bokmal(sentences: Iterable[str]) -> set[str]:
    """Those that the catalogue has neither as they stand nor as one of the forms with values."""
    bokmal = catalogue("nb")
    forms = [re.compile(".+".join(map(re.escape, PLACE.split(form)[::2]))) for form in REFUSAL_FORMS]
    plain = {text for text in sentences if (said := bokmal.get(text)) is None or not said.string}
    return {text for text in plain if not any(form.fullmatch(text) for form in forms)}


def test_what_an_investigator_signs_is_said_in_bokmal() -> None:
    assert not_in_bokmal(SIGNED_MEANINGS.values()) == set()


def test_every_form_is_said_in_bokmal() -> None:
    titles = [kind.title for kind in vars(problems).values() if isinstance(kind, type) and issubclass(kind, Problem)]
    assert not_in_bokmal((*titles, *TITLES.values(), ODD, BROKE)) == set()
    bokmal = catalogue("nb")
    assert [form for form in REFUSAL_FORMS if (said := bokmal.get(form)) is None or not said.string] == []


@pytest.mark.parametrize("form", REFUSAL_FORMS)
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
        (
            "demo is no longer recruiting. It cannot enrol people; that needs a study that is setup, live or closed.",
            "demo: rekrutterer ikke lenger. Studien kan da ikke inkludere deltakere; det krever en annen tilstand: "
            "forberedes, i gang eller avsluttet.",
        ),
        (
            "That was wrong too often. Wait 12 seconds, then try again.",
            "Det var feil for mange ganger. Vent 12 sekunder, og prøv igjen.",
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
