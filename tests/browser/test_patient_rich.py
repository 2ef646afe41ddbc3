"""A body map, a marked scale, pictures and a matrix on a narrow phone: by finger, keys, right to left, read aloud."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from app.core.time import moved_clock
from app.instruments.folders import read_files, read_folder
from app.schedule.links import token
from app.studies.installing import install
from app.studies.models import StudyState
from app.studies.questionnaires import install_folder
from app.web.patient.proof import proof, proof_page
from tests.browser.conftest import aside, question, responses
from tests.browser.test_patient_screens import AXE, SMALL, UNPAGED, WIDER
from tests.factories import scheduled, visit
from tests.instruments.test_piping import FILES as ACHE
from tests.instruments.test_rich_items import FILES, FOLDER
from tests.studies.protocol.protocols import SMALL as PROTOCOL
from tests.web.patient.test_rich_items import DOSE

Phone = Callable[..., BrowserContext]


@pytest.fixture
def address(app: Flask, base: str) -> Iterator[str]:
    """Of a visit that asks where it hurts, while it is open."""

    def made() -> str:
        install_folder(read_folder(FOLDER), DOSE)
        text = PROTOCOL.replace("[nrs_lbp_week]", "[where8]").replace("first_dose", "first_infusion")
        protocol = install(text, DOSE, state=StudyState.DEMO)
        person = scheduled(protocol, DOSE, given_at=DOSE, now=DOSE - timedelta(days=20), language="en")
        return token(visit(person, "d7"))

    with moved_clock(lambda: DOSE + timedelta(days=7, hours=1)):
        yield f"{base}/a/{aside(app, made)}"


def looked_at(page: Page) -> None:
    """What is on screen is as wide as the phone, large enough to tap, and sound for who hears it."""
    assert page.evaluate(WIDER) <= 0
    assert page.evaluate(SMALL) == []
    assert page.locator("#translated").is_hidden()
    if AXE.exists():
        page.evaluate(AXE.read_text("utf-8"))
        violations = page.evaluate(
            "axe.run(document, {resultTypes: ['violations']}).then((report) => report.violations)"
        )
        assert [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in violations] == []


def test_each_is_answered_one_after_the_other_and_read_back(app: Flask, phone: Phone, address: str) -> None:
    page = phone(320, 568).new_page()
    page.goto(address)
    page.click("#next")
    knees = page.locator("[data-region='knees']")
    knees.click(position={"x": 10, "y": 10})
    expect(page.get_by_role("checkbox", name="The knees")).to_be_checked()
    expect(knees).to_have_class("chosen")
    page.get_by_role("checkbox", name="Nowhere").press("Space")
    expect(knees).to_have_class("")
    page.get_by_role("checkbox", name="The back").press("Space")
    looked_at(page)
    page.click("#next")
    slider = page.get_by_role("slider")
    assert slider.get_attribute("aria-valuetext") == "No number chosen yet"
    slider.press("Home")
    assert slider.get_attribute("aria-valuetext") == "0"
    for key in ("PageUp", "PageUp", *["ArrowUp"] * 5):
        slider.press(key)
    assert slider.get_attribute("aria-valuetext") == "25: A little"
    looked_at(page)
    page.click("#next")
    page.get_by_text("Sad", exact=True).click()
    looked_at(page)
    page.click("#next")
    page.locator("[name='where8.stairs'][value='2']").check(force=True)
    page.click("#next")
    assert question(page) == "where8.doing"
    expect(page.locator("#ask")).to_have_text("You left this empty. Answer it, or go on.")
    page.locator("[name='where8.sitting'][value='0']").check(force=True)
    looked_at(page)
    page.click("#next")
    assert page.locator("#review dd:not(:has(button))").all_inner_texts() == [
        "The back", "25", "Sad", "To climb stairs: Quite, To sit: Not at all",
    ]  # fmt: skip
    page.click("#next")
    page.wait_for_url("**/received*")
    (response,) = responses(app)
    assert '"back":1' in response.content
    assert '"strength":25' in response.content


def test_nothing_touched_stays_unanswered_and_a_draft_comes_back(phone: Phone, address: str) -> None:
    pocket = phone(320, 568)
    page = pocket.new_page()
    page.goto(address)
    page.click("#next")
    page.locator("[data-region='head']").click()
    expect(page.locator("#saved")).to_have_class("kept")
    page.click("#next")
    page.click("#next")
    expect(page.locator("#ask")).to_have_text("You left this empty. Answer it, or go on.")
    page.goto(address)
    page.click("#next")
    assert question(page) == "where8.strength"
    page.click("#back")
    expect(page.locator("[data-region='head']")).to_have_class("chosen")


@pytest.mark.parametrize(("width", "columns"), [(320, 1), (390, 1), (768, 4)])
def test_a_matrix_is_stacked_where_it_is_narrow(
    app: Flask, phone: Phone, tmp_path: object, width: int, columns: int
) -> None:
    aside(app, lambda: install_folder(read_folder(FOLDER), DOSE))
    page = phone(width, 800, java_script_enabled=False).new_page()
    page.set_content(aside(app, lambda: proof_page(("where8",), "ar")).decode())
    boxes = [card.bounding_box() for card in page.locator(".row").first.locator("label").all()]
    tops = {round(box["y"]) for box in boxes if box}
    assert len(boxes) // len(tops) == columns
    assert page.evaluate(WIDER) <= 0
    places = [box["x"] for box in boxes if box]
    assert places == sorted(places, reverse=True)


def test_an_earlier_answer_is_said_as_soon_as_it_is_given(app: Flask, phone: Phone) -> None:
    aside(app, lambda: install_folder(read_files("ache", ACHE), DOSE))
    page = phone().new_page()
    page.set_content(aside(app, lambda: proof_page(("ache",), "en")).decode())
    page.evaluate(UNPAGED)
    bother = page.locator("[id='ache.bother'] legend > span").last
    shown = "(legend) => [...legend.childNodes].map((part) => (part.shadowRoot || part).textContent).join('')"
    assert bother.evaluate(shown) == "How much does it in the worst place (some time) bother you?"
    page.locator("[name='ache.place'][value='2']").check(force=True)
    page.locator("[name='ache.name']").fill("<i>Grumpy</i>")
    page.locator("[name='ache.hours']").fill("3")
    said = "How much does <i>Grumpy</i> in The neck (3 hours) bother you?"
    page.wait_for_function("document.querySelectorAll('[data-pipe]')[0].shadowRoot.textContent !== 'it'")
    assert bother.evaluate(shown) == said
    page.locator("[name='ache.name']").fill("")
    page.wait_for_function("document.querySelectorAll('[data-pipe]')[0].shadowRoot.textContent === 'it'")


def test_a_row_that_may_stay_empty_is_not_asked_about(app: Flask, phone: Phone, tmp_path: Path) -> None:
    line = "code: sitting, type: choice"
    free = FILES["definition.yaml"].replace(line, f"{line}, required: false")
    questionnaire = read_files("where8", {**FILES, "definition.yaml": free}).instrument
    with app.test_request_context():
        (tmp_path / "free.html").write_bytes(proof([questionnaire], "en").plain)
    page = phone().new_page()
    page.goto(f"{(tmp_path / 'free.html').as_uri()}")
    page.click("#next")
    while question(page) != "where8.doing":
        page.click("#next")
    page.locator("[name='where8.stairs'][value='2']").check(force=True)
    page.click("#next")
    assert question(page) is None
