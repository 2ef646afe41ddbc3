"""Whoever stands between and answers in our name: nothing is taken as received, shown or kept that is not ours."""

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from flask import Flask
from playwright.sync_api import Error, Page, expect

from tests.browser.conftest import answer, answer_all, responses, until
from tests.browser.test_patient_journey import ON_PHONE, RESTED, STATE, Phone, Visit, opened

HTML = ("Content-Type", "text/html; charset=utf-8")
JSON = ("Content-Type", "application/json")
PORTAL = b"<!doctype html><h1>Welcome to the guest network</h1><form id=visit><button id=next>Accept</button></form>"
SAVED = b'{"saved": "10:00", "links": [], "opened": true}'
ANOTHERS = ("Svar", "svar:AQABAAAAAZZZ")
"""As a cache before us might hand out that mixes up its pages."""
ELSEWHERE = ("Location", "http://portal.invalid/sign-in")
STRANGERS = {
    "a portal": ("200 OK", [HTML], PORTAL),
    "a program": ("200 OK", [JSON], SAVED),
    "another visit's page": ("200 OK", [HTML, ANOTHERS, ("X-Request-ID", "0123456789")], PORTAL),
    "a gateway that forbids": ("403 Forbidden", [HTML], PORTAL),
    "an address that is gone": ("410 Gone", [HTML], PORTAL),
    "a proxy while we are away": ("502 Bad Gateway", [HTML], PORTAL),
    "a redirect to the portal": ("302 Found", [ELSEWHERE], b""),
    "a redirect within our name": ("302 Found", [("Location", "/sign-in")], b""),
}
SENT = "**/received"


class Between:
    """Whatever is asked of us is answered by this stranger while it stands there."""

    def __init__(self, app: Flask, patch: pytest.MonkeyPatch, stranger: str) -> None:
        self.asked = 0
        status, headers, body = STRANGERS[stranger]

        def answered(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            self.asked += 1
            if environ["PATH_INFO"] == "/sign-in":
                start_response("200 OK", [HTML])
                return [PORTAL]
            start_response(status, list(headers))
            return [body]

        patch.setattr(app, "wsgi_app", answered)


def with_copy(page: Page) -> Page:
    """Begun, and so kept to be opened without a network."""
    page.click("#next")
    until(page, RESTED)
    return page


@pytest.mark.parametrize("stranger", STRANGERS)
def test_while_a_stranger_answers_for_us_nothing_is_shown_or_taken_as_saved_or_received(
    app: Flask, phone: Phone, open_visit: Visit, stranger: str
) -> None:
    context = phone()
    page = with_copy(opened(context, open_visit("d14")))
    with pytest.MonkeyPatch.context() as patch:
        Between(app, patch, stranger)
        answer(page, "nrs_lbp_week.now", 6)
        expect(page.locator(STATE)).to_have_text(ON_PHONE)
        page.close()
        again = opened(context, page.url)
        expect(again.locator("[name='nrs_lbp_week.now'][value='6']")).to_be_checked()
        answer_all(again)
        with again.expect_request(lambda request: "_act=submit" in (request.post_data or "")):
            again.click("#next")
        expect(again.locator("#next")).to_be_enabled()
        expect(again.locator(STATE)).to_have_text(ON_PHONE)
        assert again.url == page.url
    again.evaluate("dispatchEvent(new Event('online'))")
    again.wait_for_url(SENT)
    assert len(responses(app)) == 1
    assert '"now":6' in responses(app)[0].content


@pytest.mark.parametrize("stranger", ["a portal", "another visit's page"])
def test_the_page_of_a_stranger_is_not_kept_in_our_pages_place(
    app: Flask, phone: Phone, open_visit: Visit, stranger: str
) -> None:
    page = with_copy(opened(phone(), open_visit("d14")))
    ours = page.evaluate("caches.match(location.pathname).then((copy) => copy.text())")
    page.reload()
    with pytest.MonkeyPatch.context() as patch:
        between = Between(app, patch, stranger)
        page.click("#next")
        for _ in range(200):
            if between.asked >= 2:
                break
            page.wait_for_timeout(25)
        page.wait_for_timeout(300)
        assert page.evaluate("caches.match(location.pathname).then((copy) => copy.text())") == ours


def test_a_strangers_page_that_was_kept_before_is_shown_to_nobody(phone: Phone, open_visit: Visit) -> None:
    context = phone()
    page = with_copy(opened(context, open_visit("d14")))
    page.evaluate("""caches.open("svar").then((copies) => copies.put(location.pathname,
        new Response("<h1>Welcome</h1>", { headers: { "Content-Type": "text/html" } })))""")
    context.set_offline(True)
    with pytest.raises(Error, match="ERR_FAILED"):
        page.reload()
    context.set_offline(False)
    page.reload()
    expect(page.locator("#next")).to_have_text("Start")


def test_where_we_send_her_on_ourselves_she_goes(app: Flask, phone: Phone, open_visit: Visit) -> None:
    context = phone()
    address = open_visit("d14")
    page = with_copy(opened(context, address))
    other = opened(context, address)
    answer_all(other)
    other.click("#next")
    other.wait_for_url(SENT)
    other.evaluate("""caches.open("svar").then((copies) => copies.put(location.pathname.slice(0, 37),
        new Response("kept", { headers: { Svar: "svar:" + location.pathname.slice(3, 15) } })))""")
    page.goto(address)
    assert page.url == f"{address}/received"
    expect(page.locator("h1")).to_contain_text("Takk")
