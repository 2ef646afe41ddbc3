"""A browser that translates the page: she is told, the answers say so, and the questions' own words are marked."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.responses.models import Presentation
from tests.browser.conftest import question, responses
from tests.browser.test_patient_journey import Phone, Visit, opened

TOLD = "#translated"
AROUND, QUESTIONS = Presentation.AROUND_TRANSLATED, Presentation.QUESTIONS_TRANSLATED
CHROME = "document.documentElement.classList.add('translated-ltr'); document.documentElement.lang = 'pl'"
"""What Chrome does to a page whose marked words it leaves alone."""
SAFARI = "document.documentElement.lang = 'pl'"
RIGHT_TO_LEFT = "document.documentElement.className += ' translated-rtl'"
EXTENSION = "document.querySelector('h1').innerHTML = '<font><font>Kilka pytań</font></font>'"
EDGE = "document.querySelector('footer p').setAttribute('_msttexthash', '123')"
FIREFOX = "document.querySelector('summary').textContent = 'Zły dzień?'"
"""What leaves no mark but its words: Firefox, and Edge once it is done."""
IPHONE = "document.getElementById('title').firstChild.data = 'Kilka pytań'"
LEGEND = "document.querySelector('[id=\"nrs_lbp_week.now\"] legend').lastChild.data = 'Jak bardzo bolą plecy?'"
"""An extension that heeds no mark."""
ENDS = "document.querySelector('[id=\"nrs_lbp_week.now\"] .ends span').textContent = '0: żaden ból'"
INSTRUCTION = "document.querySelector('section[translate] .instruction').textContent = 'Zaznacz odpowiedź'"
HEADING = "document.querySelector('section[translate] h2').textContent = 'Ból pleców'"
FONT_IN_LEGEND = "document.querySelector('[id=\"nrs_lbp_week.now\"] legend').innerHTML = '<font>Ból teraz</font>'"


def sent(page: Page, app: Flask) -> str:
    """How the questions were shown, as it is kept with the answers."""
    page.click("#next")
    while question(page) is not None:
        page.locator(".q.on .cells label").first.click()
        page.click("#next")
    page.click("#next")
    page.wait_for_url("**/received*")
    (response,) = responses(app)
    (shown,) = {str(each["presentation"]) for each in response.instruments.values()}
    return shown


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (CHROME, AROUND),
        (SAFARI, AROUND),
        (RIGHT_TO_LEFT, AROUND),
        (EXTENSION, AROUND),
        (EDGE, AROUND),
        (FIREFOX, AROUND),
        (IPHONE, AROUND),
        (INSTRUCTION, QUESTIONS),
        (HEADING, QUESTIONS),
        (LEGEND, QUESTIONS),
        (ENDS, QUESTIONS),
        (FONT_IN_LEGEND, QUESTIONS),
        (f"{CHROME}; {LEGEND}", QUESTIONS),
    ],
)
def test_a_translation_is_told_and_kept_with_the_answers(
    app: Flask, phone: Phone, open_visit: Visit, change: str, shown: Presentation
) -> None:
    page = opened(phone(), open_visit("d14"))
    assert question(page) is None
    expect(page.locator(TOLD)).to_be_hidden()
    page.evaluate(change)
    assert sent(page, app) == shown


@pytest.mark.parametrize("change", [CHROME, SAFARI])
@pytest.mark.parametrize(
    ("language", "sentence"), [("nb", "Nettleseren din har oversatt"), ("en", "Your browser has translated")]
)
def test_she_is_told_at_once_in_her_language_and_on_every_screen(
    phone: Phone, open_visit: Visit, change: str, language: str, sentence: str
) -> None:
    page = opened(phone(320, 568), f"{open_visit('d14')}?lang={language}")
    assert question(page) is None
    page.evaluate(change)
    expect(page.locator(TOLD)).to_contain_text(sentence)
    page.click("#next")
    assert question(page) is not None
    expect(page.locator(TOLD)).to_be_visible()
    assert page.evaluate("document.documentElement.classList.contains('translated-ltr')") == (change == CHROME)


def test_words_that_are_changed_on_a_screen_are_noticed_on_the_next(phone: Phone, open_visit: Visit) -> None:
    page = opened(phone(), open_visit("d14"))
    page.click("#next")
    assert question(page) == "nrs_lbp_week.now"
    page.evaluate(LEGEND)
    page.locator(".q.on .cells label").first.click()
    page.click("#next")
    expect(page.locator(TOLD)).to_be_visible()


def test_a_translation_that_was_turned_off_again_is_kept_on_the_phone(
    app: Flask, phone: Phone, open_visit: Visit
) -> None:
    page = opened(phone(), open_visit("d14"))
    page.click("#next")
    page.evaluate(CHROME)
    page.locator(".q.on .cells label").first.click()
    page.click("#next")
    page.get_by_text("Lagret 10:00").wait_for()
    page.reload()
    assert question(page) is None
    page.click("#next")
    while question(page) is not None:
        page.locator(".q.on .cells label").first.click()
        page.click("#next")
    page.click("#next")
    page.wait_for_url("**/received")
    assert {each["presentation"] for each in responses(app)[0].instruments.values()} == {AROUND}


def test_a_page_that_nobody_translates_says_nothing(app: Flask, phone: Phone, open_visit: Visit) -> None:
    page = opened(phone(), open_visit("d14"))
    assert sent(page, app) == Presentation.PAGED


@pytest.mark.parametrize("code", ["d154", "d0", "d21"])
def test_every_word_of_a_questionnaire_is_marked_as_not_to_be_translated(
    phone: Phone, open_visit: Visit, code: str
) -> None:
    page = opened(phone(), open_visit(code))
    unmarked = "[...document.querySelectorAll('form legend, form .help, form .ends, form .scale')]"
    assert page.evaluate(f"{unmarked}.filter((one) => one.translate && !one.closest('#start')).length") == 0
