"""Codes that pages say in words are said in each language of the desk."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app import __file__ as package
from app.accounts.roles import Permission
from app.exports.reasons import AbsenceReason
from app.messages.kinds import MessageKind, MessageState, Reason
from app.participants.models import EventState, TaskKind
from app.responses.models import Mode
from app.schedule.ahead import Turning
from app.schedule.standing import Group, Standing
from app.schedule.states import State
from app.studies.states import StudyState
from app.web.desk.filters import options, words
from app.web.desk.visit_list import CountedAs
from app.web.language import speak
from tests.some import some

TEMPLATES = Path(package).parent / "templates"
HOUSE = TEMPLATES.parent.parent
SETS = (
    State,
    MessageState,
    MessageKind,
    Reason,
    Standing,
    Group,
    EventState,
    TaskKind,
    StudyState,
    Mode,
    AbsenceReason,
    Turning,
    CountedAs,
    Permission,
)


def codes() -> Iterator[str]:
    """Every code that has a place on a page."""
    for closed_set in SETS:
        yield from (str(code) for code in closed_set)


@pytest.mark.parametrize("code", sorted(set(codes())))
def test_every_code_has_words_in_bokmal(app: Flask, code: str) -> None:
    english = re.sub(r"-(?=\d+$)", " ", code.replace("_", " "))
    with app.test_request_context():
        speak("en")
        assert words(code) == english
        speak("nb")
        assert (words(code) != english) is (code not in {"start"})


def test_options_keep_the_code_and_show_the_words(app: Flask) -> None:
    with app.test_request_context():
        speak("nb")
        assert options([State.NOT_DUE, "nothing known"]) == [
            ("not_due", "ikke aktuell ennå"),
            ("nothing known", "nothing known"),
        ]


@pytest.mark.parametrize("page", sorted(TEMPLATES.rglob("*.html")), ids=lambda page: page.name)
def test_no_page_says_a_fixed_code_in_words(page: Path) -> None:
    """Jinja works such a text out once, when it compiles the page, in whatever language that was: use `_(...)`."""
    assert re.findall(r"[\"']\w[^\"'{}]*[\"']\|(?:words|day|moment|short)\b", page.read_text("utf-8")) == []


def test_bokmal_has_one_word_for_a_visit() -> None:
    """A visit is "et besøk", in the catalogue as in the guide; no plan or page says "visitt" beside it."""
    written = (TEMPLATES.parent / "translations/nb/LC_MESSAGES/messages.po", HOUSE / "docs/staff.nb.md")
    for path in written:
        text = path.read_text("utf-8")
        assert "besøk" in text
        assert re.findall(r".*visitt.*", text, re.IGNORECASE) == []


@pytest.mark.parametrize(
    ("english", "bokmal"),
    [
        ("due", "svar ventes"),
        ("due day", "svardag"),
        ("closes today", "stenger i dag"),
        ("last day", "siste dag"),
        ("overdue", "over fristen"),
        ("late", "sent"),
    ],
)
def test_the_one_list_of_words_of_time(app: Flask, english: str, bokmal: str) -> None:
    """Overdue is what waits for the staff, late is an answer; a visit is due, and closes on its last day."""
    with app.test_request_context():
        speak("nb")
        assert words(english) == bokmal


@pytest.mark.parametrize(
    ("path", "never"),
    [
        ("app/translations/nb/LC_MESSAGES/messages.po", r"forfal[lt]|over dagen"),
        ("docs/staff.nb.md", r"forfal[lt]|besøk\w* (?:\w+ )?over fristen"),
        ("app/responses/calling.py", r"past due|overdue and"),
        ("docs/staff.md", r"past due|past (?:its|their) day|overdue visit"),
        *((f"app/templates/desk/{name}.html", "past due") for name in ("today", "week", "contact", "participant")),
    ],
)
def test_nobody_is_called_overdue_for_a_visit(path: str, never: str) -> None:
    assert re.findall(never, (HOUSE / path).read_text("utf-8"), re.IGNORECASE) == []


BARE = re.compile(r"\{\{ \w+\.(visit|kind\.value|kind|state|reason\.value) \}\}(?!\">)")
"""A code that a template writes as it is stored, outside an attribute: `{{ visit.visit }}`."""


def test_no_page_of_the_desk_says_a_visit_or_a_state_by_its_code() -> None:
    pages = some(sorted((TEMPLATES / "desk").glob("*.html")))
    bare = {
        page.name: match[0]
        for page in pages
        for match in BARE.finditer(re.sub(r'="[^"]*"', "", page.read_text("utf-8")))
    }
    assert bare == {}
