"""Two phones with the same visit, one of them without a line: the newer answer of each question stands."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from app.core.database import db
from app.core.time import moved_clock
from app.responses.drafts import opened as fields_of
from app.responses.models import Draft
from tests.browser.conftest import answer, aside, question, until
from tests.browser.test_patient_journey import ON_PHONE, ON_SERVER, RESTED, STATE, Phone, Visit, opened
from tests.responses.visits import INFUSION

CHOSEN = "[name='nrs_lbp_week.{item}'][value='{value}']"
WIDEST = "Math.max(...[...document.querySelectorAll('main *')].map((part) => part.getBoundingClientRect().right))"
OTHER = "På en annen telefon eller i en annen nettleser svarte du"


@pytest.fixture
def address(open_visit: Visit) -> Iterator[str]:
    """That of a visit on whose server time goes on."""
    link, began = open_visit("d14"), time.monotonic()
    with moved_clock(lambda: INFUSION + timedelta(days=14, seconds=time.monotonic() - began)):
        yield link


def drafted(app: Flask, awaited: dict[str, str]) -> dict[str, str]:
    """What the server has of the visit, once it is what is awaited or ten seconds are over: what stood on the screen
    before may say already that all is kept."""

    def look() -> dict[str, str]:
        draft = db.session.scalars(select(Draft)).one()
        return dict(fields_of(draft.assessment_id, draft.answers_sealed))

    end = time.monotonic() + 10
    while (fields := aside(app, look)) != awaited and time.monotonic() < end:
        time.sleep(0.05)
    return fields


def without_a_line(context: BrowserContext, address: str, **answers: int) -> Page:
    """A phone whose line breaks after Start, with these answers kept on it alone."""
    page = opened(context, address)
    page.click("#next")
    until(page, RESTED)
    context.set_offline(True)
    for item, value in answers.items():
        answer(page, f"nrs_lbp_week.{item}", value)
    expect(page.locator(STATE)).to_have_text(ON_PHONE)
    return page


def with_a_line(context: BrowserContext, address: str, value: int) -> Page:
    page = opened(context, address)
    page.click("#next")
    if question(page) != "nrs_lbp_week.now":
        page.click("#back")
    answer(page, "nrs_lbp_week.now", value)
    expect(page.locator(STATE)).to_have_text(ON_SERVER)
    return page


@pytest.mark.parametrize(
    "how", ["the page is open still", "the link is opened anew", "the page was kept, without a line"]
)
def test_what_another_phone_answered_later_stands_and_is_shown(
    app: Flask, phone: Phone, address: str, how: str
) -> None:
    context = phone()
    page = without_a_line(context, address, now=6)
    with_a_line(phone(), address, 1)
    if how == "the link is opened anew":
        page.close()
        context.set_offline(False)
        page = opened(context, address)
    elif how == "the page is open still":
        context.set_offline(False)
    else:
        page.close()
        page = opened(context, address)
        page.click("#next")
        context.set_offline(False)
    expect(page.locator(CHOSEN.format(item="now", value=1))).to_be_checked()
    awaited = {"nrs_lbp_week.now": "1"}
    assert drafted(app, awaited) == awaited


def test_what_was_answered_later_without_a_line_stands(app: Flask, phone: Phone, address: str) -> None:
    context = phone()
    first = opened(context, address)
    first.click("#next")
    until(first, RESTED)
    context.set_offline(True)
    with_a_line(phone(), address, 1)
    answer(first, "nrs_lbp_week.now", 6)
    context.set_offline(False)
    expect(first.locator(STATE)).to_have_text(ON_SERVER)
    expect(first.locator(CHOSEN.format(item="now", value=6))).to_be_checked()
    awaited = {"nrs_lbp_week.now": "6"}
    assert drafted(app, awaited) == awaited


def test_where_a_clock_was_turned_back_both_answers_are_shown_before_sending(
    app: Flask, phone: Phone, address: str
) -> None:
    context = phone()
    page = without_a_line(context, address, now=6)
    with_a_line(phone(), address, 1)
    page.evaluate("Date.now = () => 1000")
    context.set_offline(False)
    expect(page.locator("fieldset .error")).to_contain_text(OTHER)
    expect(page.locator(CHOSEN.format(item="now", value=6))).to_be_checked()
    for item in ("now", "worst", "usual"):
        if item != "now":
            answer(page, f"nrs_lbp_week.{item}", 2)
        page.click("#next")
    expect(page.locator("#review .error")).to_contain_text(OTHER)
    page.reload()
    expect(page.locator("fieldset .error")).to_contain_text(OTHER)
    answer(page, "nrs_lbp_week.now", 5)
    expect(page.locator(".error")).to_have_count(1)  # that of what is left empty, which says nothing
    expect(page.locator(STATE)).to_have_text(ON_SERVER)
    page.reload()
    expect(page.locator("fieldset .error")).to_have_count(0)
    awaited = {"nrs_lbp_week.now": "5", "nrs_lbp_week.worst": "2", "nrs_lbp_week.usual": "2"}
    assert drafted(app, awaited) == awaited


def test_what_another_phone_answers_comes_along_unless_it_is_being_changed(
    app: Flask, phone: Phone, address: str
) -> None:
    one_page = with_a_line(phone(), address, 1)
    other = with_a_line(phone(), address, 3)
    one_page.click("#next")
    answer(one_page, "nrs_lbp_week.worst", 8)
    expect(one_page.locator(CHOSEN.format(item="now", value=3))).to_be_checked()
    other.click("#next")
    answer(other, "nrs_lbp_week.worst", 9)
    expect(other.locator(STATE)).to_have_text(ON_SERVER)
    awaited = {"nrs_lbp_week.now": "3", "nrs_lbp_week.worst": "9"}
    assert drafted(app, awaited) == awaited


def test_a_long_word_that_was_answered_elsewhere_makes_no_screen_wider(phone: Phone, open_visit: Visit) -> None:
    address, field, clock = open_visit("d154"), "medication.other_text", 1000
    page = opened(phone(320, 480), address)
    word = "Ryggsmertebehandlingsoppfølgingsprogram"
    page.request.post(address, form={"_act": "draft", "medication.other": "1", field: word})
    unsure = json.dumps([0, clock, {field: [0, clock + 1]}])
    page.request.post(address, form={"_act": "draft", field: "Ibux", "_told": unsure})
    page.reload()
    expect(page.locator("fieldset .error")).to_contain_text(word)
    assert page.evaluate(WIDEST) <= 320
    page.evaluate("history.pushState({at: document.querySelectorAll('section:not(#start) > fieldset').length}, '')")
    page.evaluate("dispatchEvent(new PopStateEvent('popstate', {state: history.state}))")
    expect(page.locator("#review .error")).to_contain_text(word)
    assert page.evaluate(WIDEST) <= 320
