"""A hospital's identity provider over real HTTP, and Kari, who is connected to it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app import create_app
from app.accounts.identities import ShownIdentity, bind
from app.accounts.models import User
from app.accounts.oidc.known import known_provider
from app.config import Settings
from app.core.oidc_settings import OidcSettings
from tests import conftest
from tests.factories import NOW, put_away, user, visitor
from tests.fake_oidc.server import CLIENT_ID, CLIENT_SECRET, Provider
from tests.web.staff.second_factor import is_in as is_in
from tests.web.staff.test_signing_in import EMAIL, token

SUBJECT = "kari-at-the-hospital"


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """The hospital's identity provider."""
    made = Provider()
    yield made
    made.close()


@pytest.fixture(scope="module")
def hospital_app(worker_settings: Settings, provider: Provider) -> Iterator[Flask]:
    """An application whose staff may sign in by that provider; its second factor is `strong`."""
    provider_settings = OidcSettings(provider.issuer, CLIENT_ID, CLIENT_SECRET, "the hospital", frozenset({"strong"}))
    made = conftest.testing(create_app(replace(worker_settings, oidc=provider_settings)))
    yield made
    put_away(made)


@dataclass
class Hospital:
    """Kari, who works here and whom the provider knows; browsers come and go."""

    app: Flask
    provider: Provider
    session: Session
    kari: User

    def visitor(self) -> FlaskClient:
        return visitor(self.app)

    def begin(self, client: FlaskClient, **form: str) -> str:
        """Press the button of the sign-in page; returns where the page leads."""
        page = client.get("/login")
        return led_to(client.post("/oidc/sign-in", data={"csrf_token": token(page), **form}))

    def come_back(self, client: FlaskClient, address: str) -> TestResponse:
        """Show who she is at the provider, and come back."""
        return client.get(answered(address))

    def sign_in(self, client: FlaskClient | None = None, **form: str) -> TestResponse:
        at = client or self.visitor()
        return self.come_back(at, self.begin(at, **form))


def led_to(page: TestResponse) -> str:
    """Where the page that leads to the provider leads, with and without its button."""
    assert page.status_code == 200, page.text
    match = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.text)
    assert match is not None
    assert f'href="{match[1]}"' in page.text
    return match[1].replace("&amp;", "&")


def answered(address: str) -> str:
    """The path of ours to which the provider sends somebody who shows who she is."""
    there = requests.get(address, allow_redirects=False, timeout=5)
    assert there.status_code == 302, there.text
    parts = urlsplit(there.headers["Location"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "http://localhost/oidc/back"
    return f"{parts.path}?{parts.query}"


@pytest.fixture
def hospital(hospital_app: Flask, provider: Provider, session: Session) -> Hospital:
    provider.reset()
    known_provider.cache_clear()
    kari = user(email=EMAIL)
    bind(kari, ShownIdentity(provider.issuer, SUBJECT, None, is_strong=False), NOW)
    session.commit()
    return Hospital(hospital_app, provider, session, kari)


def ago(**by: float) -> datetime:
    return datetime.now(UTC) - timedelta(**by)
