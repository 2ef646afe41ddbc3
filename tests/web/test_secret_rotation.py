"""SECRET_KEY is changed while people are at work: what the one before has signed holds until it is taken away."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.accounts.models import User
from app.config import Settings
from tests import conftest
from tests.factories import put_away, visitor
from tests.web.patient.conftest import link, on_day_154
from tests.web.patient.pages import form
from tests.web.patient.test_identity import opened_with, with_pin
from tests.web.staff.second_factor import OF_THE_LIBRARY, is_in, kari, secret
from tests.web.staff.test_signing_in import sign_in, token

__all__ = ["kari", "link", "on_day_154", "secret"]
pytestmark = pytest.mark.filterwarnings(OF_THE_LIBRARY)
NEWER, NEWEST = "a-newer-secret-of-the-tests-only-1234567", "the-newest-secret-of-the-tests-only-1234"


@contextmanager
def rotated(settings: Settings, *secrets: str) -> Iterator[Flask]:
    """The same service with these secrets, the current one first."""
    made = conftest.testing(create_app(replace(settings, secret_key=secrets[0], secret_key_fallbacks=secrets[1:])))
    yield made
    put_away(made)


def handed_on(client: FlaskClient, app: Flask) -> FlaskClient:
    """The same browser, before the restarted service."""
    other = visitor(app)
    cookie = client.get_cookie("svar")
    assert cookie is not None
    other.set_cookie("svar", cookie.value)
    return other


@pytest.mark.parametrize(
    ("newer", "holds"),
    [((NEWER, "{old}"), True), ((NEWEST, NEWER, "{old}"), True), ((NEWER,), False), ((NEWER, NEWEST), False)],
)
def test_f44_whoever_is_signed_in_stays_so_while_the_secret_before_is_there(
    app: Flask, settings: Settings, kari: User, newer: tuple[str, ...], holds: bool
) -> None:
    client = visitor(app)
    sign_in(client)
    of_a_form = token(client.get("/account"))
    with rotated(settings, *(each.format(old=settings.secret_key) for each in newer)) as later:
        other = handed_on(client, later)
        assert is_in(other) is holds
        if holds:  # a form that was open takes what is sent
            assert other.post("/logout", data={"csrf_token": of_a_form}).status_code == 302
            assert not is_in(other)


@pytest.mark.parametrize("holds", [True, False])
def test_f44_a_page_that_a_pin_has_opened_is_sent_while_the_secret_before_is_there(
    app: Flask, client: FlaskClient, link: str, settings: Settings, holds: bool
) -> None:
    with_pin(app, "4711")
    fields = form(app, _key=opened_with(client, link, _pin="4711"))
    with rotated(settings, NEWER, *([settings.secret_key] if holds else [])) as later:
        assert later.test_client().post(link, data=fields).status_code == (303 if holds else 200)


def test_what_is_signed_now_is_signed_with_the_new_secret(app: Flask, settings: Settings, kari: User) -> None:
    with rotated(settings, NEWER, settings.secret_key) as later:
        client = visitor(later)
        sign_in(client)
        assert is_in(client)
        assert not is_in(handed_on(client, app))
    with rotated(settings, NEWER) as alone:
        assert is_in(handed_on(client, alone))


@pytest.mark.parametrize(
    ("secret", "fallbacks"), [(NEWER, ("{old}",)), ("{old}", (NEWER,)), (NEWER, ()), (NEWER, (NEWEST, "{old}"))]
)
def test_whatever_signs_signs_with_the_current_secret_wherever_the_others_stand(
    settings: Settings, secret: str, fallbacks: tuple[str, ...]
) -> None:
    """The sign-in library reads Flask's list from the other end: it signed challenges with a secret of before."""
    current, *others = (each.format(old=settings.secret_key) for each in (secret, *fallbacks))
    with rotated(settings, current, *others) as app:
        security = app.extensions["security"]
        signers = {name: signer for name, signer in vars(security).items() if name.endswith("_serializer")}
        assert len(signers) >= 9
        assert {name: signer.secret_keys[-1].decode() for name, signer in signers.items()} == dict.fromkeys(
            signers, current
        )
        assert {frozenset(map(bytes.decode, signer.secret_keys)) for signer in signers.values()} == {
            frozenset({current, *others})
        }
