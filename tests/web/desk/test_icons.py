"""Pictures of the menu: each page of it has one, and none stands without a word."""

import re
from pathlib import Path

import pytest
from flask import Flask, get_template_attribute

from app import __file__ as package
from app.web.desk.bar import MENU
from tests.some import some
from tests.web.desk.desks import Desk

TEMPLATES = Path(package).parent / "templates"
PICTURE = re.compile(r'<svg class="icon"[^>]*>.*?</svg>', re.S)
USES = re.compile(r"{{ icon\([^}]*\) }}(?P<beside>.{0,12})", re.S)


@pytest.mark.parametrize("endpoint", [endpoint for endpoint, _, _ in MENU] + ["find", "call"])
def test_every_page_of_the_menu_has_a_drawing_of_its_own(app: Flask, endpoint: str) -> None:
    with app.test_request_context():
        icon = get_template_attribute("desk/_icons.html", "icon")
        names = [name.partition(".")[0] for name, _, _ in MENU] + ["find", "call"]
        drawn = [str(icon(name)) for name in names]
        assert str(icon(endpoint.partition(".")[0])).startswith('<svg class="icon"')
        assert len(set(drawn)) == len(names)
        assert str(icon("nothing that is drawn")) == ""


@pytest.mark.parametrize("page", ["today/", "participants/", "compliance/", "study/"])
def test_no_picture_stands_without_a_word_or_is_read_aloud(desk: Desk, page: str) -> None:
    shown = desk.page(page)
    pictures = some(PICTURE.finditer(shown))
    assert len(pictures) >= 8
    silent = [each[0] for each in pictures if 'aria-hidden="true"' not in each[0] or 'focusable="false"' not in each[0]]
    bare = [shown[each.start() - 60 : each.end() + 20] for each in pictures if not shown[each.end()].isalpha()]
    assert (silent, bare) == ([], [])


def test_wherever_a_page_asks_for_a_picture_a_word_follows() -> None:
    uses = {path: USES.findall(path.read_text("utf-8")) for path in sorted(TEMPLATES.rglob("*.html"))}
    beside = [(path.name, words) for path, each in uses.items() for words in each]
    assert len(beside) >= 3
    assert [(name, words) for name, words in beside if not words.startswith(("{{ _(", "{{ name"))] == []
