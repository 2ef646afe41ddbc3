"""What an identity provider says of itself: its endpoints and its keys, asked for once an hour and after a failure once
in half a minute, so that a provider that is away holds up nobody.

Nothing of it is believed that would lead elsewhere: it names the issuer that the operator named, and https alone.
"""

import base64
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey

from app.core import bounded_http
from app.core.oidc_settings import is_safe_address
from app.core.problems import Unavailable

KEY_KINDS: Mapping[str, Callable[[Any], Key]] = {
    "RSA": RSAKey.import_key, "EC": ECKey.import_key, "OKP": OKPKey.import_key
}  # fmt: skip
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"})
"""Signatures that nobody can make who knows the public key: no `none`, no HMAC."""
PRIVATE_PARTS = ("d", "p", "q", "dp", "dq", "qi", "oth")
"""The parts of a key that nobody shows; where somebody does they are not read."""
LEAST_BITS = 2048
KNOWN_FOR = timedelta(hours=1)
AWAY_FOR = timedelta(seconds=30)
KEYS_AGAIN = timedelta(minutes=1)
"""So soon at the earliest the keys are asked for again, where a token names one that is not there."""
LARGEST_ANSWER = 512 * 1024
MOST_KEYS = 100
WAITS = 5.0
WELL_KNOWN = "/.well-known/openid-configuration"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
NOT_ANSWERING = "The identity provider does not answer just now. Try again in a minute, or sign in another way."
UNUSABLE = (requests.RequestException, JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What reading the answer of a server may raise that says anything at all."""


class WrongDiscovery(ValueError):
    """What the provider says of itself cannot be used; the sentence says why."""


@dataclass(frozen=True)
class ProviderFacts:
    """What the provider says of itself, as far as it is used."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str
    client_auth: str
    """How it wants our secret: `client_secret_post`, which all encode alike, or `client_secret_basic`."""
    names_itself: bool
    """Whether it says who it is when it sends somebody back (RFC 9207)."""


def read_facts(content: object, issuer: str) -> ProviderFacts:
    """The discovery document of this issuer; WrongDiscovery where it is none, or would lead elsewhere."""
    if not isinstance(content, dict):
        raise WrongDiscovery("what is there is no discovery document")
    if content.get("issuer") != issuer:
        raise WrongDiscovery("the document names another issuer; OIDC_ISSUER must be the same to the letter")
    asking, exchanging, signing = (_endpoint(content, name) for name in ENDPOINTS)
    ending = _endpoint(content, "end_session_endpoint") if content.get("end_session_endpoint") else ""
    offered = content.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    methods = [method for method in ("client_secret_post", "client_secret_basic") if method in offered]
    if not methods:
        raise WrongDiscovery("it takes no client secret (client_secret_basic or client_secret_post)")
    algorithms = content.get("id_token_signing_alg_values_supported")
    if algorithms is not None and not ALGORITHMS & set(algorithms):
        raise WrongDiscovery("it signs in no way that is taken here (RS256, PS256, ES256 and their like)")
    challenges = content.get("code_challenge_methods_supported")
    if challenges is not None and "S256" not in challenges:
        raise WrongDiscovery("it does not know PKCE with S256")
    names_itself = content.get("authorization_response_iss_parameter_supported") is True
    return ProviderFacts(issuer, asking, exchanging, signing, ending, methods[0], names_itself)


def _endpoint(content: Mapping[str, object], name: str) -> str:
    address = content.get(name)
    if not isinstance(address, str) or not is_safe_address(address.partition("?")[0]):
        raise WrongDiscovery(f"its {name} is not an https address")
    return address


def read_keys(content: object) -> KeySet:
    """The keys with which it signs; WrongDiscovery where there is none. A key of a kind that we do not take is left."""
    given = content.get("keys") if isinstance(content, dict) else None
    if not isinstance(given, list):
        raise WrongDiscovery("what is there is no set of keys")
    keys: list[Key] = [key for each in given[:MOST_KEYS] if (key := _key(each)) is not None]
    if not keys:
        raise WrongDiscovery("none of its keys is one of RSA (2048 bits or more) or of an elliptic curve")
    return KeySet(keys)


def _key(given: object) -> Key | None:
    if not isinstance(given, dict) or given.get("use", "sig") != "sig" or given.get("kty") not in KEY_KINDS:
        return None
    public = {name: value for name, value in given.items() if name not in PRIVATE_PARTS}
    try:
        if given["kty"] == "RSA" and _bits(str(given["n"])) < LEAST_BITS:
            return None
        return KEY_KINDS[given["kty"]](public)
    except UNUSABLE:
        return None


def _bits(modulus: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(modulus + "==")).bit_length()


def fetched(address: str) -> object:
    """The JSON at this address, within limits of time and size; a redirect is not followed."""
    with bounded_http.deadline(), bounded_http.bound(requests.Session(), largest=LARGEST_ANSWER) as session:
        answer = session.get(address, timeout=bounded_http.patience(), allow_redirects=False)
        if answer.status_code != 200:
            raise WrongDiscovery(f"it answered {answer.status_code}")
        content: object = answer.json()
        return content


def ask(issuer: str) -> tuple[ProviderFacts, KeySet]:
    """What the provider says of itself just now, and its keys; one of UNUSABLE where that cannot be used."""
    facts = read_facts(fetched(issuer.rstrip("/") + WELL_KNOWN), issuer)
    return facts, read_keys(fetched(facts.jwks_uri))


class IdentityProvider:
    """One provider, as this process knows it just now."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self._lock = threading.Lock()
        self._facts: ProviderFacts | None = None
        self._keys: KeySet | None = None
        self._known_until: datetime | None = None
        self._away_until: datetime | None = None
        self._keys_again_at: datetime | None = None

    def facts(self, now: datetime) -> ProviderFacts:
        """Its endpoints; Unavailable while it does not answer."""
        with self._fresh(now):
            assert self._facts is not None
            return self._facts

    def keys(self, now: datetime, *, anew: bool = False) -> KeySet:
        """Its keys; asked for `anew`, once a minute, since it changes them when it likes."""
        with self._fresh(now):
            if anew and self._keys_again_at is not None and now >= self._keys_again_at:
                self._ask(now)
            assert self._keys is not None
            return self._keys

    @contextmanager
    def _fresh(self, now: datetime) -> Iterator[None]:
        """Hold what is known, asked for once an hour; one request asks, and the others wait for it a while."""
        if not self._lock.acquire(timeout=WAITS):
            raise self._away(int(WAITS))
        try:
            if self._known_until is None or now >= self._known_until:
                self._ask(now)
            yield
        finally:
            self._lock.release()

    def _ask(self, now: datetime) -> None:
        if self._away_until is not None and now < self._away_until:
            raise self._away(round((self._away_until - now).total_seconds()))
        self._away_until = now + AWAY_FOR
        try:
            facts, keys = ask(self.issuer)
        except UNUSABLE as error:
            raise self._away(int(AWAY_FOR.total_seconds())) from error
        self._facts, self._keys, self._away_until = facts, keys, None
        self._known_until, self._keys_again_at = now + KNOWN_FOR, now + KEYS_AGAIN

    def _away(self, seconds: int) -> Unavailable:
        return Unavailable(NOT_ANSWERING, retry_after=max(seconds, 1))


def parameters(address: str, given: Mapping[str, Any]) -> str:
    """The address with these in its query."""
    from authlib.common.urls import add_params_to_uri

    return str(add_params_to_uri(address, list(given.items())))
