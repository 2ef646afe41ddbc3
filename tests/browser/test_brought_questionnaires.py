"""A site's own questionnaires in a browser: in Swedish, in Arabic from right to left, and branching by and and or."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from shutil import rmtree

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from app.core.database import db
from app.core.time import moved_clock
from app.instruments.folders import read_files, read_folder
from app.responses.models import Score
from app.schedule.links import token
from app.studies.installing import install
from app.studies.models import StudyState
from app.studies.protocol.catalogues import languages_in
from app.studies.questionnaires import install_folder
from app.web.patient.proof import proof_page
from tests.browser.conftest import answer_all, aside, question, responses
from tests.factories import scheduled, visit
from tests.instruments.test_new_items import FILES
from tests.journeys.test_brought_questionnaires import ARABIC, DOSE
from tests.questionnaires import EXAMPLES, brought_protocol, catalogue_of

Phone = Callable[..., BrowserContext]


@pytest.fixture
def link(app: Flask, base: str) -> Iterator[Callable[[str], str]]:
    """The address of somebody's visit that asks the three examples, in a language, while it is open."""
    folder: Path = app.extensions["settings"].instance / "translations"
    catalogue_of("ar", folder, ARABIC)
    languages_in.cache_clear()

    def made(language: str) -> str:
        for example in sorted(EXAMPLES.glob("*/definition.yaml")):
            install_folder(read_folder(example.parent), DOSE)
        protocol = install(brought_protocol(), DOSE, state=StudyState.DEMO)
        early = DOSE - timedelta(days=20)
        person = scheduled(protocol, DOSE + timedelta(days=3), now=early, language=language, abroad=True)
        return token(visit(person, "d0"))

    with moved_clock(lambda: DOSE):
        yield lambda language: f"{base}/a/{aside(app, lambda: made(language))}"
    rmtree(folder)
    languages_in.cache_clear()


@pytest.mark.parametrize(("language", "direction"), [("sv", "ltr"), ("ar", "rtl")])
def test_the_three_are_answered_one_question_at_a_time(
    app: Flask, phone: Phone, link: Callable[[str], str], language: str, direction: str
) -> None:
    page = phone().new_page()
    page.goto(link(language))
    assert page.evaluate("getComputedStyle(document.body).direction") == direction
    assert len(answer_all(page)) == 25
    page.click("#next")
    page.wait_for_url("**/received*")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    (response,) = responses(app)
    assert response.language == language
    scores = aside(app, lambda: {score.name: score.value for score in db.session.scalars(select(Score))})
    assert {"knee12", "mood9", "function4_t"} <= {name for name, value in scores.items() if isinstance(value, Decimal)}


def test_from_right_to_left_the_card_s_circle_stands_at_the_right(phone: Phone, link: Callable[[str], str]) -> None:
    page = phone().new_page()
    page.goto(link("ar"))
    page.click("#next")
    card = page.locator("section:not(#start) fieldset.on .cards label").first
    circle, words = card.locator("input").bounding_box(), card.locator("span").bounding_box()
    assert circle is not None
    assert words is not None
    assert circle["x"] > words["x"] + words["width"] / 2
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


PLACES = """
() => {
  const text = document.querySelector("footer a[href^='tel:']").firstChild, range = document.createRange();
  return [...text.data].map((_, place) => (range.setStart(text, place), range.setEnd(text, place + 1),
    range.getBoundingClientRect().x));
}
"""


def test_among_words_from_right_to_left_a_telephone_number_reads_from_left_to_right(
    phone: Phone, link: Callable[[str], str]
) -> None:
    page = phone(320, 640).new_page()
    page.goto(link("ar"))
    places = page.evaluate(PLACES)
    assert len(places) == len("+46 8 123 456 78")
    assert places == sorted(places)


def test_questions_come_where_all_or_one_of_their_conditions_hold(app: Flask, phone: Phone, tmp_path: Path) -> None:
    aside(app, lambda: install_folder(read_files("night", FILES), DOSE))
    (tmp_path / "night.html").write_bytes(aside(app, lambda: proof_page(("night",), "en")))
    page = phone().new_page()
    page.goto((tmp_path / "night.html").as_uri())
    page.click("#next")
    assert way(page, slept="1", pain="8") == ["night.slept", "night.pain", "night.bed", "night.asleep", "night.awake"]
    page = phone().new_page()
    page.goto((tmp_path / "night.html").as_uri())
    page.click("#next")
    assert way(page, slept="0", pain="2") == ["night.slept", "night.pain", "night.awake"]


def way(page: Page, **chosen: str) -> list[str]:
    """The questions that come up to the list of ticks, with these answers to those that decide."""
    seen: list[str] = []
    while (field := question(page)) and field != "night.why":
        seen.append(field)
        code = field.partition(".")[2]
        if code in chosen:
            page.locator(f"[name='{field}'][value='{chosen[code]}']").check(force=True)
        page.click("#next")
        if question(page) == field:  # it was empty, and asked about
            page.click("#next")
        expect(page.locator(f"[id='{field}']")).not_to_have_class("on")
    return seen
