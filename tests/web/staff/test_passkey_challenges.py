"""A challenge of a passkey is answered once, soon, in its own browser, by a device that makes sure who holds it."""

import json
from time import time

import pytest
from flask import Flask
from itsdangerous import TimestampSigner
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User, WebAuthn
from app.web.staff.passkeys import OPEN_AT_ONCE
from tests.factories import visitor
from tests.web.staff.authenticator import Authenticator
from tests.web.staff.second_factor import OF_THE_LIBRARY, copied, is_in, kari
from tests.web.staff.test_passkeys import challenge, challenge_of, come_in, make, passkey
from tests.web.staff.test_signing_in import sign_in, token

__all__ = ["kari", "passkey"]
pytestmark = pytest.mark.filterwarnings(OF_THE_LIBRARY)


def test_one_answer_opens_one_session(app: Flask, passkey: Authenticator) -> None:
    passkey.counts = False  # or its own counter would tell
    client = visitor(app)
    action, options, csrf = challenge(client)
    other, answer = copied(app, client), passkey.get(options)
    client.post(action, data={"credential": answer, "csrf_token": csrf})
    assert is_in(client)
    other.post(action, data={"credential": answer, "csrf_token": csrf})
    assert not is_in(other)


def test_a_challenge_is_answered_in_the_browser_to_which_it_was_given(app: Flask, passkey: Authenticator) -> None:
    passkey.counts = False
    client, other = visitor(app), visitor(app)
    action, options, csrf = challenge(client)
    answer = passkey.get(options)
    other.post(action, data={"credential": answer, "csrf_token": token(other.get("/login"))})
    assert not is_in(other)
    for _ in range(OPEN_AT_ONCE - 1):
        challenge(client)  # further tabs
    client.post(action, data={"credential": answer, "csrf_token": csrf})
    assert is_in(client)


def test_a_new_passkey_answers_the_challenge_of_its_own_browser_once(app: Flask, kari: User, session: Session) -> None:
    client, other, made = visitor(app), visitor(app), Authenticator()
    sign_in(client)
    sign_in(other)
    start = {"name": "telephone", "csrf_token": token(client.get("/wan-register"))}
    action, options, csrf = challenge_of(client.post("/wan-register", data=start))
    kept = select(WebAuthn.name)
    elsewhere = {"credential": made.create(options), "csrf_token": token(other.get("/wan-register"))}
    assert "no passkey of yours" in other.post(action, data=elsewhere, follow_redirects=True).text
    assert session.scalars(kept).all() == []
    client.post(action, data={"credential": made.create(options), "csrf_token": csrf})
    assert session.scalars(kept).all() == ["telephone"]
    client.post("/wan-delete", data={"name": "telephone", "csrf_token": token(client.get("/wan-register"))})
    client.post(action, data={"credential": made.create(options), "csrf_token": csrf})
    session.expire_all()
    assert session.scalars(kept).all() == [], "it was answered before"


@pytest.mark.parametrize(("seconds", "opens"), [(30, True), (90, False)])
def test_a_challenge_is_answered_within_a_minute(
    app: Flask, passkey: Authenticator, monkeypatch: pytest.MonkeyPatch, seconds: int, opens: bool
) -> None:
    client = visitor(app)
    action, options, csrf = challenge(client)
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: int(time()) + seconds)
    client.post(action, data={"credential": passkey.get(options), "csrf_token": csrf})
    assert is_in(client) is opens


def test_no_passkey_is_made_by_a_device_that_does_not_make_sure_who_holds_it(
    app: Flask, kari: User, session: Session
) -> None:
    client = visitor(app)
    sign_in(client)
    make(client, Authenticator(verifies=False))
    assert session.scalars(select(WebAuthn)).all() == []


@pytest.mark.parametrize("path", ["/wan-signin", "/wan-verify"])
def test_what_is_asked_of_a_passkey_is_that_its_owner_opens_it(app: Flask, passkey: Authenticator, path: str) -> None:
    client = visitor(app)
    if path == "/wan-verify":
        come_in(client, passkey)
    assert challenge(client, path)[1]["userVerification"] == "required"


def test_what_a_device_says_of_itself_is_not_kept(app: Flask, kari: User, session: Session) -> None:
    client = visitor(app)
    sign_in(client)
    start = {"name": "telephone", "csrf_token": token(client.get("/wan-register"))}
    action, options, csrf = challenge_of(client.post("/wan-register", data=start))
    answer = json.loads(Authenticator().create(options)) | {"extensions": '{"serial": "4711"}'}
    client.post(action, data={"credential": json.dumps(answer), "csrf_token": csrf})
    assert session.scalars(select(WebAuthn.extensions)).all() == [None]
