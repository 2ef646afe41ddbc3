"""Passkeys in a real browser, with an authenticator that its developer tools play: made, used, and refused."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, CDPSession, Page, expect
from sqlalchemy import select

from app.accounts.models import WebAuthn
from app.core.database import db
from tests.browser.conftest import aside
from tests.factories import PASSWORD, user

LIBRARY = "ignore:Passing SelectField choices:DeprecationWarning"
"""Its own forms are drawn with what its toolkit will give up."""
pytestmark = pytest.mark.filterwarnings("ignore:Passing SelectField choices:DeprecationWarning")
EMAIL = "kari@hospital.example"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
Computer = Callable[..., BrowserContext]


class Device:
    """The telephone's or computer's own authenticator, beside one page."""

    def __init__(self, page: Page) -> None:
        self.tools: CDPSession = page.context.new_cdp_session(page)
        self.tools.send("WebAuthn.enable")
        self.key: str = self.tools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]

    def verifies(self, yes: bool) -> None:
        """Whether a finger or a PIN opens it."""
        self.tools.send("WebAuthn.setUserVerified", {"authenticatorId": self.key, "isUserVerified": yes})

    def holds(self) -> list[Any]:
        """The passkeys on it."""
        held: list[Any] = self.tools.send("WebAuthn.getCredentials", {"authenticatorId": self.key})["credentials"]
        return held


def kept(app: Flask) -> list[str]:
    return aside(app, lambda: list(db.session.scalars(select(WebAuthn.name).order_by(WebAuthn.id))))


@pytest.fixture
def desk(app: Flask, base: str, phone: Computer) -> Page:
    """Kari at her desk, signed in with the password; the address is a name, because passkeys know no numbers."""
    aside(app, lambda: user(email=EMAIL) and None)
    page = phone(1280, 800).new_page()
    page.goto(f"{base.replace('127.0.0.1', 'localhost')}/login")
    page.fill("[name=email]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/desk/**")
    return page


def make(page: Page, name: str = "telephone") -> None:
    page.goto(f"{page.url.split('/desk')[0].split('/wan')[0]}/wan-register")
    page.fill("[name=name]", name)
    page.get_by_role("button", name="Make a passkey").click()


def come_back(page: Page) -> None:
    """Another day: nobody is signed in, and the passkey is asked."""
    page.context.clear_cookies()
    page.goto(f"{'/'.join(page.url.split('/')[:3])}/wan-signin")
    page.get_by_role("button", name="Use my passkey").click()


def test_a_passkey_is_made_and_signs_in_by_itself(app: Flask, desk: Page) -> None:
    device = Device(desk)
    make(desk)
    expect(desk.get_by_text("telephone, last used")).to_be_visible()
    assert kept(app) == ["telephone"]
    assert len(device.holds()) == 1
    come_back(desk)
    desk.wait_for_url("**/desk/**")


def test_a_device_that_does_not_make_sure_who_holds_it_opens_nothing(app: Flask, desk: Page) -> None:
    device = Device(desk)
    make(desk)
    expect(desk.get_by_text("telephone, last used")).to_be_visible()
    device.verifies(False)
    come_back(desk)
    expect(desk.locator("#passkey-told")).to_be_visible()
    desk.goto(desk.url.replace("/wan-signin", "/desk/"))
    expect(desk).to_have_url(re.compile("/login"))
    device.verifies(True)
    come_back(desk)
    desk.wait_for_url("**/desk/**")


def test_no_passkey_is_made_by_a_device_that_does_not_make_sure(app: Flask, desk: Page) -> None:
    device = Device(desk)
    device.verifies(False)
    make(desk)
    expect(desk.locator("#passkey-told")).to_be_visible()
    assert kept(app) == []
    device.verifies(True)
    desk.locator("#passkey-again").click()
    expect(desk.get_by_text("telephone, last used")).to_be_visible()
    assert kept(app) == ["telephone"]


def test_the_same_device_makes_no_second_passkey_for_the_same_person(app: Flask, desk: Page) -> None:
    Device(desk)
    make(desk)
    expect(desk.get_by_text("telephone, last used")).to_be_visible()
    make(desk, "once more")
    expect(desk.locator("#passkey-told")).to_be_visible()
    assert kept(app) == ["telephone"]
