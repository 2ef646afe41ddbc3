"""A line that takes and never answers, and a field that cannot be kept: she is told, and nothing is lost."""

import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from wsgiref.types import WSGIEnvironment

import pytest
from flask import Flask
from playwright.sync_api import Route, expect

from tests.browser.conftest import BeforeEachRequest, answer, answer_all, responses, until
from tests.browser.test_patient_journey import ON_PHONE, ON_SERVER, RESTED, STATE, Phone, Visit, opened

TENFOLD = "window.setTimeout = ((wait) => (call, time) => wait(call, time / 10))(window.setTimeout.bind(window))"
"""Seconds pass as tenths, so that nobody waits for the page's patience to end."""
TREATMENTS = {"code: d21, day: 21, window: weekly, minutes: 2, instruments: [nrs_lbp_week]": (
    "code: d21, day: 21, window: weekly, minutes: 2, instruments: [cointerventions]"
)}  # fmt: skip


class HangingLine:
    """While `hangs` is set, the service takes requests for a visit's page and does not answer."""

    def __init__(self) -> None:
        self.hangs = threading.Event()
        self.free = threading.Event()

    def wait(self, environ: WSGIEnvironment) -> None:
        if self.hangs.is_set() and environ["PATH_INFO"].startswith("/a/"):
            self.free.wait(30)

    def begin(self) -> None:
        self.hangs.set()

    def end(self) -> None:
        self.hangs.clear()
        self.free.set()


@pytest.fixture
def line(before_each_request: BeforeEachRequest) -> Iterator[HangingLine]:
    made = HangingLine()
    before_each_request(made.wait)
    yield made
    made.end()


def test_a_send_that_is_never_answered_is_kept_said_and_sent_again(app: Flask, phone: Phone, open_visit: Visit) -> None:
    context = phone()
    context.add_init_script(TENFOLD)
    page = opened(context, open_visit("d14"))
    answer_all(page)
    expect(page.locator(STATE)).to_have_text(ON_SERVER)
    hanging: list[Route] = []
    page.route("**/a/*", lambda route: hanging.append(route) if route.request.method == "POST" else route.fallback())
    began = time.monotonic()
    page.click("#next")
    expect(page.locator("#next")).to_be_disabled()
    expect(page.locator(STATE)).to_have_text(ON_PHONE)
    expect(page.locator("#next")).to_be_enabled()
    assert time.monotonic() - began < 8
    assert responses(app) == []
    page.unroute("**/a/*")
    page.wait_for_url("**/received")
    assert len(responses(app)) == 1


def test_a_draft_that_is_never_answered_holds_nothing_back(phone: Phone, open_visit: Visit) -> None:
    context = phone()
    context.add_init_script(TENFOLD)
    page = opened(context, open_visit("d14"))
    page.click("#next")
    hanging: list[Route] = []
    page.route("**/a/*", lambda route: hanging.append(route) if route.request.method == "POST" else route.fallback())
    answer(page, "nrs_lbp_week.now", 2)
    expect(page.locator(STATE)).to_have_text(ON_PHONE)
    page.unroute("**/a/*")
    expect(page.locator(STATE)).to_have_text(ON_SERVER)


def test_what_could_not_be_sent_is_tried_less_and_less_often(phone: Phone, open_visit: Visit) -> None:
    context = phone()
    context.add_init_script(TENFOLD)
    page = opened(context, open_visit("d14"))
    page.click("#next")
    tries: list[float] = []

    def refuse(route: Route) -> None:
        if "_act=draft" in (route.request.post_data or ""):
            tries.append(time.monotonic())
        route.abort()

    page.route("**/a/*", refuse)
    answer(page, "nrs_lbp_week.now", 2)
    for _ in range(100):
        page.wait_for_timeout(50)
        if len(tries) >= 4:
            break
    waits = [later - earlier for earlier, later in pairwise(tries)][:3]
    assert len(waits) == 3
    assert waits[0] < waits[1] < waits[2]


def test_a_page_kept_on_the_phone_opens_although_the_line_hangs(
    phone: Phone, open_visit: Visit, line: HangingLine
) -> None:
    context = phone()
    page = opened(context, open_visit("d14"))
    page.click("#next")
    until(page, RESTED)
    answer(page, "nrs_lbp_week.now", 6)
    expect(page.locator(STATE)).to_have_text(ON_SERVER)
    line.begin()
    began = time.monotonic()
    again = opened(context, page.url)
    expect(again.locator("[name='nrs_lbp_week.now'][value='6']")).to_be_checked()
    assert time.monotonic() - began < 15
    line.end()


def test_after_going_back_nothing_is_sent_by_itself(app: Flask, phone: Phone, open_visit: Visit) -> None:
    context = phone()
    context.add_init_script(TENFOLD)
    page = opened(context, open_visit("d14"))
    answer_all(page)
    context.set_offline(True)
    page.click("#next")
    expect(page.locator(STATE)).to_have_text(ON_PHONE)
    page.click("#back")
    context.set_offline(False)
    page.wait_for_timeout(1000)
    assert responses(app) == []
    assert page.locator("[id='nrs_lbp_week.usual']").is_visible()


def test_a_field_that_cannot_be_kept_is_named_where_it_is(phone: Phone, open_visit: Visit) -> None:
    page = opened(phone(), open_visit("d21", changes=TREATMENTS))
    page.click("#next")
    page.locator("[name='cointerventions.other']").check(force=True)
    page.click("#next")
    field = page.locator("[name='cointerventions.other_text']")
    field.evaluate("(box) => { box.value = 'x'.repeat(10001); box.dispatchEvent(new Event('input', {bubbles: true})) }")
    complaint = page.locator("[id='cointerventions.other_text'] .error")
    expect(complaint).to_have_text("Skriv høyst 10000 tegn.")
    field.fill("Tai chi")
    expect(complaint).to_have_count(0)
    expect(page.locator(STATE)).to_have_text("Lagret 10:00, ikke sendt ennå")
    page.goto(page.url)
    assert field.input_value() == "Tai chi"
    assert page.locator("[name='cointerventions.other']").is_checked()
