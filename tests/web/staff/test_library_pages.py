"""The pages of the sign-in library are in Bokmål from end to end, also what they refuse with."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security.core import _default_messages
from flask_security.utils import get_message
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app import __file__ as package
from app.accounts.models import User
from app.web.language import speak
from tests.factories import PASSWORD, visitor
from tests.web.staff.authenticator import Authenticator
from tests.web.staff.second_factor import OF_THE_LIBRARY, half_in, kari, secret
from tests.web.staff.test_passkeys import make
from tests.web.staff.test_signing_in import EMAIL, sign_in, token

__all__ = ["kari", "secret"]
pytestmark = pytest.mark.filterwarnings(OF_THE_LIBRARY)
SAME = re.compile(r"Svar|[\w.]+@[\w.]+|telephone|laptop|[A-Z2-7 ]{16,}|[0-9a-f]{4}(-[0-9a-f]{4}){2}|\W*")
"""What both languages write alike: names, addresses, keys, codes."""
NEVER_SHOWN = re.compile(
    "EMAIL|CONFIRM|RESET|REGISTER(?!_SUCCESS)|US_|USERNAME|PHONE|SEND|PASSWORDLESS|FORGOT|BREACHED|API_ERROR|LOGIN_TOKEN|REFRESH"
    "|GENERIC|OAUTH|INVALID_INPUT|LOGIN_EXPIRED|ALREADY|SIMPLE|INVALID_LENGTH|USE_CODE|IDENTITY|FAILED|CODE_HAS|FIELD|ANONYMOUS|MISMATCH_USER"
)
"""Sentences of parts that are off: mails, registration, recovery by mail, telephones, programs."""


def texts(page: TestResponse) -> set[str]:
    """What a reader of the page's own part reads."""
    main = re.sub(r"<script.*?</script>", "", page.text[page.text.index("<main") :], flags=re.S)
    words = (" ".join(unescape(part).split()) for part in re.findall(r">([^<>]+)<", main))
    return {part for part in words if not SAME.fullmatch(part)}


def signed_in(app: Flask) -> FlaskClient:
    client = visitor(app)
    sign_in(client)
    return client


def confirmed_page(path: str) -> Callable[[Flask, str], TestResponse]:
    def page(app: Flask, language: str) -> TestResponse:
        return signed_in(app).get(path, headers={"Accept-Language": language})

    return page


def sent(path: str, **form: str) -> Callable[[Flask, str], TestResponse]:
    def page(app: Flask, language: str) -> TestResponse:
        client = signed_in(app)
        fields = {**form, "csrf_token": token(client.get(path))}
        return client.post(path, data=fields, headers={"Accept-Language": language})

    return page


PAGES: dict[str, Callable[[Flask, str], TestResponse]] = {
    "second factor": confirmed_page("/tf-setup"),
    "second factor, the app": sent("/tf-setup", setup="authenticator"),
    "recovery codes": confirmed_page("/mf-recovery-codes"),
    "recovery codes, made": sent("/mf-recovery-codes", generate_new_codes="yes"),
    "password": confirmed_page("/change"),
    "password, wrong": sent("/change", password="wrong", new_password="a", new_password_confirm="b"),
    "passkeys": confirmed_page("/wan-register"),
    "passkeys, asked for": sent("/wan-register", name="telephone"),
    "passkeys, without a name": sent("/wan-register", name=""),
    "confirming": confirmed_page("/verify"),
    "confirming, wrong": sent("/verify", password="wrong"),
    "confirming by passkey": confirmed_page("/wan-verify"),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_library_shares_no_sentence_with_the_english_one(app: Flask, kari: User, name: str) -> None:
    english, bokmal = (PAGES[name](app, language) for language in ("en", "nb"))
    assert (english.status_code, bokmal.status_code) == (200, 200)
    assert 'lang="nb"' in bokmal.text[bokmal.text.index("<main") :][:60]
    assert texts(english)
    assert texts(english) & texts(bokmal) == set()


def test_a_passkey_that_was_just_made_or_deleted_is_told_in_bokmal(app: Flask, kari: User) -> None:
    client, pages = signed_in(app), []
    for language, name in (("en", "telephone"), ("nb", "laptop")):
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
        make(client, Authenticator(), name)
        made = client.get("/wan-register")
        client.post("/wan-delete", data={"name": name, "csrf_token": token(made)})
        pages.append(texts(made) | texts(client.get("/wan-register")))
    assert len(pages[0]) == len(pages[1])
    assert pages[0] & pages[1] == set()


@pytest.mark.parametrize("path", ["/tf-validate", "/mf-recovery"])
@pytest.mark.parametrize("guess", ["", "123"])
def test_what_is_asked_between_password_and_desk_is_in_bokmal(app: Flask, secret: str, path: str, guess: str) -> None:
    pages = []
    for language in ("en", "nb"):
        client = half_in(app)
        page = client.get(path, headers={"Accept-Language": language})
        if guess:
            form = {"code": guess, "csrf_token": token(page)}
            page = client.post(path, data=form, headers={"Accept-Language": language})
        pages.append(page)
    assert [page.status_code for page in pages] == [200, 200]
    assert texts(pages[0]) & texts(pages[1]) == set()


def test_a_passkey_is_asked_for_in_bokmal(app: Flask) -> None:
    pages = [visitor(app).get("/wan-signin", headers={"Accept-Language": language}) for language in ("en", "nb")]
    assert texts(pages[0]) & texts(pages[1]) == set()


def test_every_sentence_that_the_library_may_say_here_is_said_in_bokmal(app: Flask) -> None:
    """What it flashes and refuses with comes through our catalogue."""
    said = {key: str(sentence) for key, (sentence, _) in _default_messages.items() if not NEVER_SHOWN.search(key)}
    assert {"INVALID_PASSWORD", "TWO_FACTOR_INVALID_TOKEN", "WEBAUTHN_REGISTER_SUCCESSFUL"} <= said.keys()
    with app.test_request_context():
        speak("nb")
        values = {"within": "1", "name": "x", "cause": "y", "length": "12"}
        assert get_message("TWO_FACTOR_INVALID_TOKEN")[0] == "Koden er feil"
        assert [key for key, english in said.items() if get_message(key, **values)[0] == english % values] == []


def test_the_code_to_scan_is_dark_on_light_also_in_the_dark(app: Flask, kari: User) -> None:
    """The library draws it without a ground: on ours it was black on black."""
    page = sent("/tf-setup", setup="authenticator")(app, "en")
    assert re.search(r'<img class="scanned"[^>]* src="data:image/svg', page.text)
    style = (Path(package).parent / "static" / "desk.css").read_text("utf-8")
    assert ".scanned { background: #fff; }" in style


def test_a_wrong_password_is_told_where_it_was_typed(app: Flask, kari: User, session: Session) -> None:
    page = sent("/verify", password="wrong")(app, "nb")
    assert "Feil passord" in page.text
    assert PASSWORD not in page.text
    assert EMAIL not in page.text[page.text.index("<main") :]
