"""Sign-in by the hospital in a real browser: led there and back under our own policy, on a telephone, in Bokmål."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine

from app import create_app
from app.accounts.identities import ShownIdentity, bind
from app.accounts.oidc.known import known_provider
from app.config import Settings
from app.core import crypto
from app.core.database import db
from app.core.oidc_settings import OidcSettings
from app.core.time import now
from tests.browser.conftest import aside
from tests.browser.test_patient_screens import AXE
from tests.factories import user
from tests.fake_oidc.server import CLIENT_ID, CLIENT_SECRET, Provider
from tests.web.staff.hospital import provider

__all__ = ["provider"]


@pytest.fixture(scope="module")
def hospital_app(worker_settings: Settings, provider: Provider) -> Iterator[Flask]:
    """An application whose staff may sign in by it."""
    provider_settings = OidcSettings(provider.issuer, CLIENT_ID, CLIENT_SECRET, "Sykehuset")
    made = create_app(replace(worker_settings, oidc=provider_settings))
    yield made
    aside(made, lambda: list(map(Engine.dispose, db.engines.values())))


@pytest.fixture
def app(hospital_app: Flask, settings: Settings) -> Flask:
    """That application on an empty database."""
    crypto.configure(settings.keyring)
    known_provider.cache_clear()
    return hospital_app


def look(page: Page) -> None:
    """No rule of accessibility is broken, and nothing stands out to the right."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    if AXE.exists():
        page.evaluate(AXE.read_text("utf-8"))
        violations = page.evaluate(
            "axe.run(document, {resultTypes: ['violations']}).then((report) => report.violations)"
        )
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in violations] == [], page.url


@pytest.mark.parametrize("script", [True, False])
def test_somebody_signs_in_confirms_and_signs_out_by_the_hospital(
    app: Flask, base: str, provider: Provider, phone: Callable[..., BrowserContext], script: bool
) -> None:
    provider.reset()
    provider.oidc.sends_to = base
    shown = ShownIdentity(provider.issuer, provider.oidc.subject, None, is_strong=False)
    aside(app, lambda: bind(user(email="kari@hospital.example"), shown, now()) and None)
    page = phone(390, 844, locale="nb-NO", java_script_enabled=script).new_page()
    looked = look if script else lambda _: None
    page.goto(f"{base}/login?next=/account")
    looked(page)
    provider.oidc.shown_at = now() - timedelta(hours=3)
    page.get_by_role("button", name="Logg inn med Sykehuset").click()
    page.wait_for_url("**/account")
    looked(page)
    provider.oidc.shown_at = None
    page.get_by_role("link", name="Gjenopprettingskoder").click()
    page.wait_for_url("**/verify**")
    looked(page)
    page.get_by_role("button", name="Bekreft med Sykehuset").click()
    page.wait_for_url("**/mf-recovery-codes")
    page.goto(f"{base}/oidc/back?state=another")
    expect(page.get_by_text("Begynn på nytt")).to_be_visible()
    looked(page)
    page.goto(f"{base}/account")
    page.locator("summary").first.click()
    page.get_by_role("button", name="Logg ut").click()
    page.wait_for_url("**/oidc/signed-out")
    looked(page)
    expect(page.get_by_role("link", name="Logg ut av Sykehuset")).to_be_visible()
