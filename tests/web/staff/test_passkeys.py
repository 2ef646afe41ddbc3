"""Passkeys: made by who has just confirmed it, good for signing in by themselves, and by nobody else."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts import users
from app.accounts.models import User, WebAuthn
from tests.factories import NOW, user, visitor
from tests.web.staff.authenticator import Authenticator, text
from tests.web.staff.second_factor import OF_THE_LIBRARY, WRONG, half_in, is_in, kari, later, secret
from tests.web.staff.test_sessions import sign_out
from tests.web.staff.test_signing_in import EMAIL, sign_in, token

__all__ = ["kari", "secret"]
pytestmark = pytest.mark.filterwarnings(OF_THE_LIBRARY)


def challenge_of(page: TestResponse) -> tuple[str, dict[str, Any], str]:
    """Where the answer goes, what the passkey is asked, and the form's token."""
    form = re.search(r'<form action="([^"]+)" method="post" data-passkey="\w+" data-options="([^"]+)"', page.text)
    assert form, page.text
    return unescape(form[1]), json.loads(unescape(form[2])), token(page)


def make(client: FlaskClient, passkey: Authenticator, name: str = "telephone") -> TestResponse:
    start = {"name": name, "csrf_token": token(client.get("/wan-register"))}
    action, options, csrf = challenge_of(client.post("/wan-register", data=start))
    return client.post(action, data={"credential": passkey.create(options), "csrf_token": csrf})


def challenge(client: FlaskClient, path: str = "/wan-signin") -> tuple[str, dict[str, Any], str]:
    return challenge_of(client.post(path, data={"csrf_token": token(client.get(path))}))


def come_in(client: FlaskClient, passkey: Authenticator, path: str = "/wan-signin") -> TestResponse:
    action, options, csrf = challenge(client, path)
    return client.post(action, data={"credential": passkey.get(options), "csrf_token": csrf})


@pytest.fixture
def passkey(app: Flask, kari: User) -> Authenticator:
    """Kari's passkey."""
    client, made = visitor(app), Authenticator()
    sign_in(client)
    assert make(client, made).status_code == 302
    return made


def test_a_passkey_signs_in_by_itself(app: Flask, passkey: Authenticator, session: Session) -> None:
    client = visitor(app)
    assert come_in(client, passkey).location == "/desk/"
    assert is_in(client)
    kept = session.scalars(select(WebAuthn)).one()
    assert (kept.name, kept.usage, kept.sign_count) == ("telephone", "first", 1)
    sign_out(client)
    assert come_in(client, passkey).location == "/desk/"


@pytest.mark.parametrize("remember", ["False", "True", "y"])
def test_no_computer_is_asked_to_remember_her(app: Flask, passkey: Authenticator, remember: str) -> None:
    client = visitor(app)
    action, options, csrf = challenge(client)
    client.post(action, data={"credential": passkey.get(options), "csrf_token": csrf, "remember": remember})
    assert is_in(client)
    assert client.get_cookie("remember_token") is None


def stranger(passkey: Authenticator) -> Authenticator:
    return Authenticator(user=passkey.user)


def other_key(passkey: Authenticator) -> Authenticator:
    return Authenticator(identity=passkey.identity, user=passkey.user)


def false_page(passkey: Authenticator) -> Authenticator:
    return Authenticator(identity=passkey.identity, key=passkey.key, user=passkey.user, origin="https://evil.example")


def unverified(passkey: Authenticator) -> Authenticator:
    return Authenticator(identity=passkey.identity, key=passkey.key, user=passkey.user, verifies=False)


def of_somebody_else(passkey: Authenticator) -> Authenticator:
    return Authenticator(identity=passkey.identity, key=passkey.key, user=b"somebody else")


@pytest.mark.parametrize("wrong", [stranger, other_key, false_page, unverified, of_somebody_else])
def test_a_passkey_that_is_not_hers_or_was_not_opened_by_her_opens_nothing(
    app: Flask, passkey: Authenticator, wrong: Callable[[Authenticator], Authenticator]
) -> None:
    client = visitor(app)
    answer = come_in(client, wrong(passkey))
    assert answer.status_code == 302
    assert not is_in(client)
    assert "no passkey of yours" in client.get("/wan-signin").text


DEEP = "[" * 20_000
BROKEN = ["", "x", "{}", "[]", "null", "1", '"id"', '{"id": 1}', '{"id": "x"}', '{"id": "x", "rawId": "x"}', DEEP]


def without(part: str) -> Callable[[dict[str, Any]], object]:
    return lambda answer: answer["response"].pop(part)


DAMAGES: list[Callable[[dict[str, Any]], object]] = [
    *(without(part) for part in ("clientDataJSON", "authenticatorData", "signature")),
    lambda answer: answer["response"].update(clientDataJSON=text(b"\xff\xfe")),
    lambda answer: answer["response"].update(clientDataJSON=text(b"[]")),
    lambda answer: answer["response"].update(authenticatorData=text(b"short")),
    lambda answer: answer["response"].update(signature="%%%"),
    lambda answer: answer["response"].update(userHandle=7),
    lambda answer: answer.update(response=None),
    lambda answer: answer.update(response=[]),
    lambda answer: answer.update(rawId="other"),
    lambda answer: answer.update(rawId=None),
    lambda answer: answer.update(type="private-key"),
    lambda answer: answer.update(id="x"),
    lambda answer: answer.update(id=None),
]


@pytest.mark.parametrize("sent", BROKEN, ids=lambda sent: sent[:20])
@pytest.mark.parametrize("path", ["/wan-signin", "/wan-register"])
def test_what_is_no_answer_of_a_passkey_is_a_failed_try(app: Flask, kari: User, sent: str, path: str) -> None:
    client = visitor(app)
    sign_in(client)
    if path == "/wan-signin":
        sign_out(client)
    start = {"name": "telephone", "csrf_token": token(client.get(path))}
    action, _, csrf = challenge_of(client.post(path, data=start))
    assert client.post(action, data={"credential": sent, "csrf_token": csrf}).status_code == 302
    assert "no passkey of yours" in client.get(path).text


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_answer_is_a_failed_try(
    app: Flask, passkey: Authenticator, damage: Callable[[dict[str, Any]], object]
) -> None:
    client = visitor(app)
    action, options, csrf = challenge(client)
    answer = json.loads(passkey.get(options))
    damage(answer)
    assert client.post(action, data={"credential": json.dumps(answer), "csrf_token": csrf}).status_code == 302
    assert not is_in(client)


@pytest.mark.parametrize("attestation", [b"", b"\xff", b"\x81" * 5000, b"\xa0", b"\x00", b"{}", b"\xbf"])
def test_a_damaged_new_passkey_is_none(app: Flask, kari: User, session: Session, attestation: bytes) -> None:
    client, made = visitor(app), Authenticator()
    sign_in(client)
    start = {"name": "telephone", "csrf_token": token(client.get("/wan-register"))}
    action, options, csrf = challenge_of(client.post("/wan-register", data=start))
    answer = json.loads(made.create(options))
    answer["response"]["attestationObject"] = text(attestation)
    assert client.post(action, data={"credential": json.dumps(answer), "csrf_token": csrf}).status_code == 302
    assert session.scalars(select(WebAuthn)).all() == []


@pytest.mark.usefixtures("standing_clock")
def test_tries_with_a_known_passkey_wait_after_five(app: Flask, passkey: Authenticator) -> None:
    client, thief = visitor(app), other_key(passkey)
    assert [come_in(client, thief).status_code for _ in range(6)] == [302] * 5 + [429]
    assert come_in(client, passkey).status_code == 429
    with later(timedelta(seconds=2)):
        assert come_in(client, passkey).location == "/desk/"


@pytest.mark.usefixtures("standing_clock")
def test_f46_strangers_who_guess_at_the_password_do_not_keep_the_passkey_out(
    app: Flask, passkey: Authenticator
) -> None:
    for _ in range(6):
        sign_in(visitor(app), password=WRONG)
    assert sign_in(visitor(app)).status_code == 429
    assert come_in(visitor(app), passkey).location == "/desk/"


def test_a_disabled_account_has_no_passkey(app: Flask, passkey: Authenticator, kari: User, session: Session) -> None:
    users.disable(kari, NOW)
    session.commit()
    client = visitor(app)
    assert come_in(client, passkey).location == "/wan-signin"
    assert not is_in(client)


def test_who_has_a_passkey_and_no_code_does_not_come_in_by_the_password(app: Flask, passkey: Authenticator) -> None:
    client = visitor(app)
    answer = sign_in(client)
    assert answer.status_code == 200
    assert "Sign in with your passkey" in answer.text
    assert "Sign in with your passkey" not in sign_in(client, password=WRONG).text
    assert client.get("/tf-setup").status_code == 302, "nor is a second factor set up"
    assert not is_in(client)


def test_a_passkey_is_made_by_who_has_just_confirmed_it(app: Flask, kari: User) -> None:
    client = visitor(app)
    sign_in(client)
    with later(timedelta(minutes=6)):
        for path in ("/wan-register", "/wan-delete"):
            assert client.get(path).location == f"/verify?next={path}"


def test_a_passkey_confirms_that_it_is_still_she(app: Flask, passkey: Authenticator, session: Session) -> None:
    client = visitor(app)
    come_in(client, passkey)
    with later(timedelta(minutes=6)):
        assert client.get("/mf-recovery-codes").status_code == 302
        assert "Confirm with a passkey" in client.get("/verify").text
        come_in(client, passkey, "/wan-verify")
        assert client.get("/mf-recovery-codes").status_code == 200


def test_the_passkey_of_somebody_else_confirms_nothing(app: Flask, passkey: Authenticator, session: Session) -> None:
    ola = user(email="ola@hospital.example")
    session.commit()
    client = visitor(app)
    sign_in(client, ola.email)
    with later(timedelta(minutes=6)):
        action, options, csrf = challenge_of(
            client.post("/wan-verify", data={"csrf_token": token(client.get("/wan-verify"))})
        )
        client.post(action, data={"credential": passkey.get(options), "csrf_token": csrf})
        assert client.get("/mf-recovery-codes").status_code == 302


def test_a_passkey_ends_what_was_begun_with_a_password(app: Flask, secret: str, session: Session) -> None:
    client = half_in(app)
    client.post("/wan-signin", data={"csrf_token": token(client.get("/wan-signin"))})
    assert client.get("/tf-validate").location.startswith("/login")


def test_a_passkey_that_is_deleted_opens_nothing(app: Flask, passkey: Authenticator) -> None:
    client = visitor(app)
    come_in(client, passkey)
    page = client.get("/wan-register")
    assert "telephone" in page.text
    client.post("/wan-delete", data={"name": "telephone", "csrf_token": token(page)})
    sign_out(client)
    come_in(client, passkey)
    assert not is_in(client)
    assert sign_in(client).location == "/desk/", f"{EMAIL} signs in by the password again"
