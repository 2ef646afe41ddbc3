"""A browser that lets us keep nothing: what is sent arrives, its receipt is shown, and the page says what is true."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import answer_all, responses

SHUT = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }})"
PLAIN_HTTP = "Object.defineProperty(crypto, 'subtle', {value: undefined})"
NOWHERE = "Ingen forbindelse, og ikke lagret ennå. La siden stå åpen."


@pytest.mark.parametrize("lacks", [SHUT, PLAIN_HTTP], ids=["no store", "no WebCrypto"])
def test_what_the_browser_does_not_keep_is_said_and_what_is_sent_arrives(
    app: Flask, phone: Callable[..., BrowserContext], open_visit: Callable[..., str], lacks: str
) -> None:
    context = phone()
    context.add_init_script(lacks)
    page = context.new_page()
    page.goto(open_visit("d14"))
    answer_all(page)
    context.set_offline(True)
    page.click("#next")
    expect(page.locator("#saved")).to_have_text(NOWHERE)
    context.set_offline(False)
    page.wait_for_url("**/received")
    assert len(responses(app)) == 1
