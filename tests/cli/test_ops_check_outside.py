"""`flask ops check` asks outside: the provider of texts, what the proxies make of a request, the identity provider."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from app import create_app
from app.accounts.oidc.discovery import WELL_KNOWN
from app.cli import from_outside, ops_check
from app.cli.sign_in_check import sign_in
from app.config import Settings
from app.core.oidc_settings import OidcSettings
from tests.cli.looking import complaints_of as complaints_of
from tests.cli.looking import kept_apart as kept_apart
from tests.factories import put_away, visitor
from tests.fake_oidc.server import Provider
from tests.fake_twilio.server import ACCOUNT, SENDER, Server

HOOK = "https://svar.example.org/webhooks/twilio/inbound"
SERVICE = "MG" + "56ef" * 8


@pytest.fixture
def provider() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def _account(status: str = "active", kind: str = "Full") -> dict[str, Any]:
    return {"sid": ACCOUNT, "status": status, "type": kind, "friendly_name": "", "subresource_uris": {}}


def _numbers(hook: str | None) -> dict[str, Any]:
    rows = [] if hook is None else [{"sid": "PN1", "phone_number": SENDER, "sms_url": hook}]
    return {"incoming_phone_numbers": rows, "page": 0, "page_size": 50, "next_page_uri": None}


@pytest.mark.parametrize(
    ("account", "hook", "token", "sentence"),
    [
        (_account(), HOOK, None, None),
        (_account(kind="Trial"), HOOK, None, "The account is a trial"),
        (_account("suspended"), HOOK, None, "has closed or suspended the account: it is suspended"),
        (_account(), None, None, "The account has no such sender"),
        (_account(), "https://demo.twilio.com/welcome", None, "STOP too, does not come here. Let texts to the sender"),
        (_account(), "", None, f"go to {HOOK} (POST)"),
        (_account(), HOOK, "another", "does not take TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN"),
    ],
)
@pytest.mark.parametrize("service", ["", SERVICE])
def test_the_provider_is_asked_for_account_sender_and_where_replies_go(
    complaints_of: Callable[..., list[str]], provider: Server, account: dict[str, Any], hook: str | None,
    token: str | None, sentence: str | None, service: str,
) -> None:  # fmt: skip
    provider.twilio.pages = {f"/Accounts/{ACCOUNT}.json": account, "/IncomingPhoneNumbers.json": _numbers(hook)}
    if hook is not None:
        provider.twilio.pages[f"/Services/{SERVICE}"] = {"sid": SERVICE, "inbound_request_url": hook}
    changes = {"twilio_auth_tokens": (token,)} if token else {}
    complaints = complaints_of(
        ops_check.provider, gateway="twilio", twilio_base_url=provider.address, twilio_messaging_service=service,
        public_base_url="https://svar.example.org", **changes,
    )  # fmt: skip
    assert (sentence or "") in "".join(complaints)
    assert len(complaints) == (sentence is not None)


def test_a_provider_that_does_not_answer_is_said_not_to(complaints_of: Callable[..., list[str]]) -> None:
    (complaint,) = complaints_of(ops_check.provider, gateway="twilio", twilio_base_url="http://127.0.0.1:9")
    assert complaint.startswith("The provider does not answer: ConnectionError.")
    assert complaints_of(ops_check.provider) == ["Texts go to the sandbox: nobody is texted."]


def seen(
    address: str = "198.51.100.4", scheme: str = "https", host: str = "svar.example.org", proxies: int = 1
) -> dict[str, Any]:
    return {"address": address, "scheme": scheme, "host": host, "proxies": proxies}


@pytest.mark.parametrize(
    ("plain", "forged", "trusted", "sentence"),
    [
        (seen(), seen(), 1, None),
        (seen(proxies=0), seen(proxies=1), 0, None),
        (seen(proxies=2), seen(proxies=2), 2, None),
        (seen(proxies=2), seen(proxies=3), 1, "TRUSTED_PROXIES is 1, and 2 wrote into X-Forwarded-For: say 2."),
        (seen(proxies=0, scheme="http"), seen(), 1, "TRUSTED_PROXIES is 1, and 0 wrote into X-Forwarded-For: say 0."),
        (seen(proxies=1, scheme="http"), seen(), 0, "TRUSTED_PROXIES is 0, and 1 wrote into X-Forwarded-For: say 1."),
        (seen(), seen(from_outside.FORGED), 1, "Anybody can write her own address"),
        (seen(scheme="http"), seen(), 1, "seem to come by http: let the proxy set X-Forwarded-Proto to https."),
        (seen(host="127.0.0.1:8000"), seen(), 1, "seem to be for 127.0.0.1:8000: let the proxy set X-Forwarded-Host"),
        ({}, {}, 1, "TRUSTED_PROXIES is 1, and 0 wrote"),
    ],
)
def test_what_the_proxies_make_of_a_request_is_told(
    plain: dict[str, Any], forged: dict[str, Any], trusted: int, sentence: str | None
) -> None:
    complaints = list(from_outside.complaints(plain, forged, "https://svar.example.org", trusted))
    assert (sentence or "") in "".join(complaints)
    assert len(complaints) == (sentence is not None)


def test_an_address_at_which_nobody_answers_is_said(complaints_of: Callable[..., list[str]]) -> None:
    (complaint,) = complaints_of(from_outside.looked_at_from_outside, public_base_url="http://127.0.0.1:9")
    assert complaint.startswith("http://127.0.0.1:9 does not answer (ConnectionError)")


@pytest.mark.parametrize(
    ("trusted", "forwarded", "address", "proxies"),
    [
        (0, None, "127.0.0.1", 0),
        (0, "198.51.100.4", "127.0.0.1", 1),
        (1, "198.51.100.4", "198.51.100.4", 1),
        (1, "203.0.113.77, 198.51.100.4", "198.51.100.4", 2),
        (2, "198.51.100.4, 10.0.0.1", "198.51.100.4", 2),
    ],
)
def test_a_process_tells_who_has_its_keys_what_it_sees(
    settings: Settings, trusted: int, forwarded: str | None, address: str, proxies: int
) -> None:
    app = create_app(replace(settings, trusted_proxies=trusted))
    headers = (
        {"X-Forwarded-For": forwarded, "X-Forwarded-Proto": ", ".join(["https"] * max(trusted, 1))} if forwarded else {}
    )
    key = {"Authorization": f"Bearer {settings.keyring.password_of_checks()}"}
    answer = visitor(app).get("/health/seen", headers=headers | key)
    content = answer.get_json()
    assert (content["address"], content["proxies"]) == (address, proxies)
    assert content["scheme"] == ("https" if trusted and forwarded else "http")
    for wrong in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer ñ"}):
        assert visitor(app).get("/health/seen", headers=headers | wrong).status_code == 404
    put_away(app)


@pytest.fixture
def hospital() -> Iterator[Provider]:
    """An identity provider of staff."""
    made = Provider()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("path", "answer", "expected"),
    [
        ("", (200, b""), []),
        (WELL_KNOWN, (404, b"{}"), ["it answered 404"]),
        (WELL_KNOWN, (200, b'{"issuer": "https://login.evil.example"}'), ["names another issuer"]),
        (WELL_KNOWN, (200, b"<html>"), ["cannot be asked (JSONDecodeError)"]),
        ("/keys", (200, b'{"keys": []}'), ["none of its keys"]),
    ],
    ids=["well", "not found", "another", "HTML", "no keys"],
)
def test_the_identity_provider_is_looked_at_where_there_is_one(
    complaints_of: Callable[..., list[str]],
    hospital: Provider,
    path: str,
    answer: tuple[int, bytes],
    expected: list[str],
) -> None:
    assert complaints_of(sign_in) == []
    hospital.oidc.answers = {path: answer}
    sentences = complaints_of(sign_in, oidc=OidcSettings(hospital.issuer, "svar", "a secret", "the hospital"))
    assert len(sentences) == len(expected)
    assert all(part in sentence for part, sentence in zip(expected, sentences, strict=True))
