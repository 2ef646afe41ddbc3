"""What a provider says of itself: read once an hour, within limits, and not believed where it would lead elsewhere."""

import gzip
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey

from app.accounts.oidc.discovery import WELL_KNOWN, IdentityProvider, WrongDiscovery, read_facts, read_keys
from app.core.problems import Unavailable
from tests.fake_oidc.server import Provider, key

ISSUER = "https://login.hospital.example/staff"
WHOLE = {
    "issuer": ISSUER,
    "authorization_endpoint": "https://login.hospital.example/authorize",
    "token_endpoint": "https://login.hospital.example/token",
    "jwks_uri": "https://keys.hospital.example/staff",
}
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("other", "client_auth"),
    [
        ({}, "client_secret_basic"),
        ({"token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_post"]}, "client_secret_post"),
        (
            {"token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"]},
            "client_secret_post",
        ),
        ({"code_challenge_methods_supported": ["plain", "S256"]}, "client_secret_basic"),
        ({"authorization_endpoint": "https://login.hospital.example/authorize?policy=staff"}, "client_secret_basic"),
        ({"token_endpoint": "http://127.0.0.1:8080/token"}, "client_secret_basic"),
    ],
)
def test_a_document_is_read(other: dict[str, Any], client_auth: str) -> None:
    facts = read_facts(WHOLE | other, ISSUER)
    assert (facts.issuer, facts.client_auth, facts.end_session_endpoint) == (ISSUER, client_auth, "")
    assert facts.names_itself is False


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"issuer": "https://login.evil.example"}, "another issuer"),
        ({"issuer": ISSUER + "/"}, "another issuer"),
        ({"issuer": None}, "another issuer"),
        ({"authorization_endpoint": "http://login.hospital.example/authorize"}, "authorization_endpoint"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "authorization_endpoint"),
        ({"authorization_endpoint": None}, "authorization_endpoint"),
        ({"token_endpoint": "http://login.hospital.example/token"}, "token_endpoint"),
        ({"token_endpoint": ["https://login.hospital.example/token"]}, "token_endpoint"),
        ({"jwks_uri": "file:///etc/passwd"}, "jwks_uri"),
        ({"jwks_uri": ""}, "jwks_uri"),
        ({"end_session_endpoint": "http://login.hospital.example/end"}, "end_session_endpoint"),
        ({"end_session_endpoint": "javascript:alert(1)"}, "end_session_endpoint"),
        ({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}, "no client secret"),
        ({"code_challenge_methods_supported": ["plain"]}, "PKCE"),
        ({"id_token_signing_alg_values_supported": ["none", "HS256"]}, "signs in no way"),
    ],
)
def test_a_document_that_would_lead_elsewhere_is_not_believed(other: dict[str, Any], why: str) -> None:
    with pytest.raises(WrongDiscovery, match=why):
        read_facts(WHOLE | other, ISSUER)


@pytest.mark.parametrize("content", [None, [], "", 7, [WHOLE]])
def test_what_is_no_document_is_none(content: object) -> None:
    with pytest.raises(WrongDiscovery):
        read_facts(content, ISSUER)


RSA, CURVE = key().as_dict(private=False), ECKey.generate_key("P-256", {"kid": "e"}).as_dict(private=False)
SECRET = OctKey.generate_key(256, {"kid": "s"}).as_dict(private=True)


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ([RSA], ["first"]),
        ([RSA, CURVE], ["first", "e"]),
        ([SECRET, RSA], ["first"]),
        ([{"kty": "of the future", "kid": "f"}, RSA], ["first"]),
        ([{**RSA, "use": "sig"}, {**CURVE, "use": "enc"}], ["first"]),
        ([{"kty": "RSA", "kid": "short", "n": "AQAB", "e": "AQAB"}, RSA], ["first"]),
        ([{"kty": "RSA", "kid": "of 1024 bits", "n": "_" * 170 + "-w", "e": "AQAB"}, RSA], ["first"]),
        ([{"kty": "RSA", "kid": "broken"}, RSA], ["first"]),
        ([{**RSA, "n": "!", "kid": "broken"}, RSA], ["first"]),
        ([None, 7, "key", [], RSA], ["first"]),
        ([key().as_dict(private=True)], ["first"]),
    ],
)
def test_keys_that_sign_are_taken_and_others_left(given: list[Any], taken: list[str]) -> None:
    keys = read_keys({"keys": given}).keys
    assert [each.kid for each in keys] == taken
    assert not any(each.is_private for each in keys)


@pytest.mark.parametrize("content", [None, [], {}, {"keys": None}, {"keys": {}}, {"keys": []}, {"keys": [SECRET]}])
def test_without_a_key_that_signs_there_are_none(content: object) -> None:
    with pytest.raises(WrongDiscovery):
        read_keys(content)


def hospital_of(provider: Provider) -> IdentityProvider:
    return IdentityProvider(provider.issuer)


def test_a_provider_is_asked_once_an_hour(provider: Provider) -> None:
    hospital = hospital_of(provider)
    for minutes in (0, 30, 59):
        assert hospital.facts(AT + timedelta(minutes=minutes)).token_endpoint == f"{provider.issuer}/token"
        assert hospital.keys(AT + timedelta(minutes=minutes)).keys[0].kid == "first"
    assert provider.oidc.paths_asked == [WELL_KNOWN, "/keys"]
    hospital.facts(AT + timedelta(minutes=60))
    assert provider.oidc.paths_asked == [WELL_KNOWN, "/keys"] * 2


def test_new_keys_are_asked_for_once_a_minute_however_many_tokens_name_one(provider: Provider) -> None:
    hospital = hospital_of(provider)
    hospital.keys(AT)
    provider.oidc.keys = [dict(key("second").as_dict(private=False))]
    for _ in range(3):
        assert hospital.keys(AT + timedelta(seconds=59), anew=True).keys[0].kid == "first"
    for _ in range(3):
        assert hospital.keys(AT + timedelta(seconds=61), anew=True).keys[0].kid == "second"
    assert provider.oidc.paths_asked.count("/keys") == 2


@pytest.mark.parametrize("path", [WELL_KNOWN, "/keys"])
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"{}"),
        (404, b"{}"),
        (204, b""),
        (200, b""),
        (200, b"<html>"),
        (200, b"[" * 100_000),
        (200, b"null"),
        (200, b"\xff\xfe"),
        (200, b'{"issuer": "' + b"x" * 600_000 + b'"}'),
    ],
    ids=["500", "404", "204", "empty", "HTML", "deep", "null", "no UTF-8", "huge"],
)
def test_whatever_it_answers_it_is_away_and_not_asked_again_at_once(
    provider: Provider, path: str, status: int, body: bytes
) -> None:
    hospital = hospital_of(provider)
    provider.oidc.answers[path] = (status, body)
    with pytest.raises(Unavailable) as away:
        hospital.facts(AT)
    assert (away.value.retry_after, "does not answer" in away.value.detail) == (30, True)
    times_asked = len(provider.oidc.paths_asked)
    with pytest.raises(Unavailable) as still:
        hospital.keys(AT + timedelta(seconds=20))
    assert (still.value.retry_after, len(provider.oidc.paths_asked)) == (10, times_asked)
    provider.oidc.answers.clear()
    assert hospital.facts(AT + timedelta(seconds=30)).issuer == provider.issuer


def test_what_is_small_on_the_line_and_huge_unpacked_is_not_read_whole(provider: Provider) -> None:
    packed = gzip.compress(json.dumps({"issuer": "x" * 5_000_000}).encode())
    assert len(packed) < 10_000
    provider.oidc.answers[WELL_KNOWN] = (200, packed)
    provider.oidc.packed = True
    with pytest.raises(Unavailable) as away:
        hospital_of(provider).facts(AT)
    assert type(away.value.__cause__).__name__ == "TooLarge"


def test_a_redirect_is_not_followed(provider: Provider) -> None:
    provider.oidc.answers[WELL_KNOWN] = (302, b"{}")
    provider.oidc.location = f"{provider.issuer}/elsewhere"
    with pytest.raises(Unavailable):
        hospital_of(provider).facts(AT)
    assert provider.oidc.paths_asked == [WELL_KNOWN]


def test_a_provider_that_drips_is_left_in_time(provider: Provider, quick: None) -> None:
    provider.oidc.drips.add(WELL_KNOWN)
    began = time.monotonic()
    with pytest.raises(Unavailable):
        hospital_of(provider).facts(AT)
    assert time.monotonic() - began < 5


def test_a_provider_that_is_not_there_is_away() -> None:
    gone = Provider()
    gone.close()
    with pytest.raises(Unavailable):
        hospital_of(gone).facts(AT)
