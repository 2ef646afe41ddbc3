"""ID tokens: a table of attacks, each of which is not believed, and of what is."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter

from app.accounts.identities import ShownIdentity
from app.accounts.oidc.discovery import read_keys
from app.accounts.oidc.id_tokens import ExpectedToken, NotBelieved, OtherKey, read_id_token
from tests.fake_oidc.server import GONE, key, signed

ISSUER, CLIENT, NONCE = "https://login.hospital.example/staff", "svar", "nonce-of-the-tests"
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
S = round(AT.timestamp())
WHOLE = {"iss": ISSUER, "sub": "kari", "aud": CLIENT, "exp": S + 300, "iat": S, "nonce": NONCE}
EXPECTED = ExpectedToken(ISSUER, CLIENT, NONCE)
ANEW = ExpectedToken(ISSUER, CLIENT, NONCE, shown_after=AT.replace(microsecond=700_000))
ACCESS = "an access token"


def keys(*held: RSAKey | ECKey | OKPKey) -> KeySet:
    """What the provider would show of these keys."""
    return read_keys({"keys": [each.as_dict(private=False) for each in held or (key(),)]})


def read(token: object, expected: ExpectedToken = EXPECTED, key_set: KeySet | None = None) -> ShownIdentity:
    return read_id_token(token, key_set or keys(), expected, ACCESS, AT)


def claims(**other: Any) -> dict[str, Any]:
    return {name: value for name, value in {**WHOLE, **other}.items() if value is not GONE}


def half_hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:16]).decode().rstrip("=")


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"aud": [CLIENT]},
        {"aud": [CLIENT, "another"], "azp": CLIENT},
        {"azp": CLIENT},
        {"exp": S - 59, "iat": S - 359},
        {"iat": S + 59},
        {"iat": S - 659},
        {"nbf": S + 59},
        {"iat": S + 0.5},
        {"at_hash": half_hash(ACCESS)},
        {"amr": ["pwd"]},
        {"auth_time": S - 30_000},
        {"email": "kari@hospital.example", "email_verified": False},
    ],
)
def test_a_token_that_holds_says_who_it_is(other: dict[str, Any]) -> None:
    shown = read(signed(claims(**other), key()))
    assert (shown.issuer, shown.subject, shown.is_strong) == (ISSUER, "kari", False)


@pytest.mark.parametrize(
    "other",
    [
        {"nonce": "another"},
        {"nonce": GONE},
        {"nonce": ""},
        {"nonce": [NONCE]},
        {"iss": "https://login.evil.example"},
        {"iss": ISSUER + "/"},
        {"iss": ISSUER.upper()},
        {"iss": [ISSUER]},
        {"iss": GONE},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": []},
        {"aud": GONE},
        {"aud": CLIENT + "2"},
        {"aud": {"svar": 1}},
        {"aud": [CLIENT, "another"]},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"azp": "another"},
        {"exp": S - 61},
        {"exp": GONE},
        {"exp": "never"},
        {"exp": True},
        {"iat": S + 61},
        {"iat": S - 661},
        {"iat": GONE},
        {"iat": 10**400},
        {"nbf": S + 61},
        {"sub": GONE},
        {"sub": ""},
        {"sub": 7},
        {"sub": ["kari"]},
        {"sub": "k" * 256},
        {"sub": "kari\n"},
        {"sub": "kari\x00"},
        {"at_hash": half_hash("another")},
        {"amr": "pwd"},
        {"auth_time": "today"},
        {"auth_time": S + 61},
    ],
)
def test_a_token_with_a_wrong_claim_is_not_believed(other: dict[str, Any]) -> None:
    with pytest.raises(NotBelieved):
        read(signed(claims(**other), key()))


def encoded(*parts: object) -> str:
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)


def unsigned() -> str:
    return encoded({"alg": "none", "kid": "first"}, WHOLE) + "."


def by_the_public_key() -> str:
    """HS256, with what everybody knows of the provider's key as the secret."""
    said = encoded({"alg": "HS256", "kid": "first"}, WHOLE)
    made = hmac.digest(key().as_pem(private=False), said.encode(), "sha256")
    return f"{said}.{base64.urlsafe_b64encode(made).decode().rstrip('=')}"


def altered() -> str:
    head, _, signature = signed(claims(), key()).split(".")
    return f"{head}.{encoded(claims(sub='ola'))}.{signature}"


def with_its_own_key() -> str:
    """A token that brings the key along which is to be believed."""
    header = {"alg": "RS256", "kid": "first", "jwk": key("evil").as_dict(private=False)}
    made = JWSRegistry(algorithms=["RS256"], strict_check_header=False)
    return jwt.encode(header, WHOLE, key("evil"), registry=made)


def critical() -> str:
    """A token with an extension that whoever does not know it must refuse."""
    extensions = {"theirs": HeaderParameter("an extension", "int")}
    header = {"alg": "RS256", "kid": "first", "crit": ["theirs"], "theirs": 1}
    return jwt.encode(header, WHOLE, key(), registry=JWSRegistry(extensions, algorithms=["RS256"]))


@pytest.mark.parametrize(
    "forged",
    [
        unsigned,
        by_the_public_key,
        altered,
        with_its_own_key,
        critical,
        lambda: signed(claims(), key("evil"), kid="first"),
        lambda: signed(claims(), key()) + "x",
        lambda: signed(claims(), key())[:-20],
        lambda: signed(claims(), key()).rpartition(".")[0] + ".",
        lambda: signed(claims(filling="x" * 40_000), key()),
        lambda: "",
        lambda: "..",
        lambda: "a.b.c",
        lambda: "ø.ø.ø",
        lambda: None,
        lambda: {"sub": "kari"},
        lambda: ["a.b.c"],
    ],
    ids=[
        "alg none", "HS256 with the public key", "altered", "its own key", "crit", "another's key", "longer", "shorter",
        "without signature", "huge", "empty", "dots", "letters", "not ASCII", "nothing", "an object", "a list",
    ],
)  # fmt: skip
def test_what_the_provider_did_not_sign_is_not_believed(forged: Callable[[], object]) -> None:
    with pytest.raises(NotBelieved):
        read(forged())


def test_a_key_that_is_not_known_is_told_apart_so_that_it_is_asked_for() -> None:
    with pytest.raises(OtherKey):
        read(signed(claims(), key("second")))


@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "PS256"])
def test_signatures_of_rsa_are_taken(algorithm: str) -> None:
    assert read(signed(claims(), key(), algorithm)).subject == "kari"


def test_signatures_of_elliptic_curves_are_taken() -> None:
    curve, edwards = ECKey.generate_key("P-256", {"kid": "e"}), OKPKey.generate_key("Ed25519", {"kid": "o"})
    for held, algorithm in ((curve, "ES256"), (edwards, "Ed25519")):
        made = JWSRegistry(algorithms=[algorithm], strict_check_header=False)
        token = jwt.encode({"alg": algorithm, "kid": held.kid}, WHOLE, held, registry=made)
        assert read(token, key_set=keys(curve, edwards)).subject == "kari"


@pytest.mark.parametrize(
    ("auth_time", "shown_at"),
    [
        (GONE, None),
        (S - 3600, AT - timedelta(hours=1)),
        (S, AT),
        (S + 30, AT),
    ],
)
def test_a_sign_in_says_when_she_showed_that_it_is_she_and_never_later_than_now(
    auth_time: int | None, shown_at: datetime | None
) -> None:
    assert read(signed(claims(auth_time=auth_time), key())).shown_at == shown_at


@pytest.mark.parametrize("auth_time", [GONE, S - 1, S - 3600, 0, "", True, f"{S}", [S], 10**400, -1])
def test_who_is_asked_anew_and_did_not_show_it_anew_is_not_believed(auth_time: object) -> None:
    with pytest.raises(NotBelieved):
        read(signed(claims(auth_time=auth_time), key()), ANEW)


@pytest.mark.parametrize("auth_time", [S, S + 5, S + 0.5])
def test_who_showed_it_in_the_second_of_the_request_or_later_is_believed(auth_time: float) -> None:
    assert read(signed(claims(auth_time=auth_time), key()), ANEW).shown_at == AT


@pytest.mark.parametrize(
    ("said", "is_strong"),
    [
        ({}, False),
        ({"acr": "Level4"}, True),
        ({"acr": "level4"}, False),
        ({"acr": "Level3"}, False),
        ({"acr": ""}, False),
        ({"acr": ["Level4"]}, False),
        ({"amr": ["pwd", "mfa"]}, True),
        ({"amr": ["pwd"]}, False),
        ({"amr": [["mfa"], 7, None]}, False),
        ({"acr": 7}, False),
        ({"acr": "Level3", "amr": ["mfa"]}, True),
    ],
)
def test_a_second_factor_is_what_the_operator_says_it_is(said: dict[str, Any], is_strong: bool) -> None:
    strong = ExpectedToken(ISSUER, CLIENT, NONCE, strong=frozenset({"Level4", "mfa", "7"}))
    token = signed(claims(**said), key())
    assert read(token, strong).is_strong is is_strong
    assert read(token).is_strong is False
