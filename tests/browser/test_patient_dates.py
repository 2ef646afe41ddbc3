"""A date on the phone: held to what it may be, and read back as people say it."""

from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from app.core.time import moved_clock
from app.instruments import instrument
from app.web.patient.proof import QUICK
from tests.browser.conftest import answer, question, responses
from tests.browser.test_patient_journey import Phone, Visit, opened
from tests.responses.visits import INFUSION

SINCE = "[name='sick_leave.since']"
JUST_LEAVE = {
    "code: d21, day: 21, window: weekly, minutes: 2, instruments: [nrs_lbp_week]": (
        "code: d21, day: 21, window: weekly, minutes: 2, instruments: [sick_leave]"
    )
}


def on_day(number: int, phone: Phone) -> BrowserContext:
    """A phone whose time stands still on that day; the clock counts by what QUICK takes away, so it is set first."""
    context = phone(hasty=True, timezone_id="Europe/Oslo")
    context.clock.set_fixed_time(INFUSION + timedelta(days=number))
    context.add_init_script(QUICK)
    return context


def to_the_date(page: Page) -> None:
    page.click("#next")
    for item in instrument("sick_leave").items[:-1]:
        answer(page, f"sick_leave.{item.code}")
        page.click("#next")
    assert question(page) == "sick_leave.since"


@pytest.mark.parametrize(
    ("language", "said", "wrong"),
    [
        ("nb", "søndag 1. februar 2026", "Velg en dato fra fredag 23. mars 1906 til mandag 23. mars 2026."),
        ("en", "Sunday 1 February 2026", "Choose a date from Friday 23 March 1906 to Monday 23 March 2026."),
    ],
)
def test_a_date_is_held_to_its_bounds_and_read_back_as_people_say_it(
    app: Flask, phone: Phone, open_visit: Visit, language: str, said: str, wrong: str
) -> None:
    context = on_day(21, phone)
    page = opened(context, f"{open_visit('d21', changes=JUST_LEAVE)}?lang={language}")
    to_the_date(page)
    for date in ("0020-02-01", "9999-02-01", "2026-03-24"):
        page.fill(SINCE, date)
        page.click("#next")
        expect(page.locator("#ask")).to_have_text(wrong)
        assert question(page) == "sick_leave.since"
    page.fill(SINCE, "2026-02-01")
    page.click("#next")
    expect(page.locator("#review > div").last.locator("dd").first).to_have_text(said)
    page.click("#next")
    page.wait_for_url("**/received?lang=*")
    assert '"since":"2026-02-01"' in responses(app)[0].content


def test_a_page_that_was_kept_since_yesterday_takes_the_date_of_today(
    app: Flask, phone: Phone, open_visit: Visit
) -> None:
    context = on_day(22, phone)
    page = opened(context, open_visit("d21", changes=JUST_LEAVE))
    to_the_date(page)
    page.fill(SINCE, "2026-03-24")
    with moved_clock(lambda: INFUSION + timedelta(days=22)):
        page.click("#next")
        page.click("#next")
        page.wait_for_url("**/received")
    assert '"since":"2026-03-24"' in responses(app)[0].content


def test_the_server_names_a_date_that_the_phone_let_through(phone: Phone, open_visit: Visit) -> None:
    page = opened(phone(), open_visit("d21", changes=JUST_LEAVE))
    to_the_date(page)
    page.locator(SINCE).evaluate("(box) => { box.min = box.max = ''; }")
    page.fill(SINCE, "2026-03-24")
    sentence = page.locator("[id='sick_leave.since'] .error")
    expect(sentence).to_have_text("Velg en dato som ikke er etter mandag 23. mars 2026.")
    page.fill(SINCE, "2026-03-23")
    expect(sentence).to_have_count(0)
