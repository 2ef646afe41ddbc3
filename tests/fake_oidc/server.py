"""An identity provider over real HTTP: discovery, keys, codes that work once with PKCE, ID tokens; faults when told.

It signs with a key made here. Whoever is at its browser (`subject`) shows at once that it is she.
"""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

from tests.fakes import Serving

CLIENT_ID, CLIENT_SECRET = "svar", "secret of the tests: & = %"
GONE = None
"""For a claim that is left out."""


@cache
def key(name: str = "first") -> RSAKey:
    """A key of the tests, by name; made once."""
    return RSAKey.generate_key(2048, {"kid": name})


def signed(claims: dict[str, Any], by: RSAKey, algorithm: str = "RS256", kid: str | None = None) -> str:
    """An ID token."""
    header = {"alg": algorithm, "kid": kid or by.kid}
    return jwt.encode(header, claims, by, registry=JWSRegistry(algorithms=[algorithm], strict_check_header=False))


@dataclass
class FakeOidc:
    """The provider's state, and how it misbehaves."""

    subject: str = "kari-at-the-hospital"
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    shown_at: datetime | None = None
    """When she showed that it is she; now where that is left out."""
    claims: dict[str, Any] = field(default_factory=dict)
    """What its tokens say otherwise than they should."""
    sign: Callable[[dict[str, Any]], str] = lambda claims: signed(claims, key())
    keys: list[dict[str, Any]] = field(default_factory=lambda: [dict(key().as_dict(private=False))])
    document: dict[str, Any] = field(default_factory=dict)
    """What it says of itself otherwise than it should."""
    back: dict[str, Any] = field(default_factory=dict)
    """What it sends somebody back with, otherwise than it should."""
    sends_to: str = ""
    """Where the tests' own server stands, if not at the address that it says of itself."""
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    """By path: another status and body."""
    packed: bool = False
    """Whether those bodies are gzip."""
    location: str = ""
    """Where those answers lead."""
    drips: set[str] = field(default_factory=set)
    """Paths at which it answers a byte at a time, and never ends."""
    paths_asked: list[str] = field(default_factory=list)
    """The paths that were asked for."""
    requests: dict[str, dict[str, str]] = field(default_factory=dict)
    """By code: what was asked with; a code is exchanged once."""
    ended: threading.Event = field(default_factory=threading.Event)

    def token_for(self, issuer: str, request: dict[str, str]) -> str:
        """The ID token about who is at the browser."""
        at = round(self.now().timestamp())
        shown = round(self.shown_at.timestamp()) if self.shown_at else at
        claims = {"iss": issuer, "sub": self.subject, "aud": CLIENT_ID, "iat": at, "exp": at + 300, "auth_time": shown}
        claims |= {"nonce": request["nonce"]} | self.claims
        return self.sign({name: value for name, value in claims.items() if value is not GONE})


class Handler(BaseHTTPRequestHandler):
    """One request of it."""

    server: "_Server"

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""

    def do_GET(self) -> None:
        """Discovery, keys, and the page at which somebody shows who she is."""
        self._answer()

    def do_POST(self) -> None:
        """The exchange of a code."""
        self._answer()

    def _answer(self) -> None:
        parts, oidc = urlsplit(self.path), self.server.oidc
        oidc.paths_asked.append(parts.path)
        if parts.path in oidc.drips:
            self._drip()
        elif parts.path in oidc.answers:
            packing = {"Content-Encoding": "gzip"} if oidc.packed else {}
            leading = {"Location": oidc.location} if oidc.location else {}
            self._send(*oidc.answers[parts.path], packing | leading)
        elif parts.path == "/.well-known/openid-configuration":
            self._json(200, {**self._document(), **oidc.document})
        elif parts.path == "/keys":
            self._json(200, {"keys": oidc.keys})
        elif parts.path == "/authorize":
            self._authorize(dict(parse_qsl(parts.query)))
        elif parts.path == "/token":
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._json(*self._exchanged({name: values[0] for name, values in parse_qs(sent).items()}))
        else:
            self._json(404, {})

    def _document(self) -> dict[str, Any]:
        issuer = self.server.issuer
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/keys",
            "end_session_endpoint": f"{issuer}/end",
        }

    def _authorize(self, request: dict[str, str]) -> None:
        oidc, code = self.server.oidc, secrets.token_urlsafe(16)
        oidc.requests[code] = request
        given = {"code": code, "state": request["state"], "iss": self.server.issuer, **oidc.back}
        query = urlencode({name: value for name, value in given.items() if value is not GONE})
        back = oidc.sends_to + urlsplit(request["redirect_uri"]).path if oidc.sends_to else request["redirect_uri"]
        self._send(302, b"", {"Location": f"{back}?{query}"})

    def _exchanged(self, sent: dict[str, str]) -> tuple[int, dict[str, Any]]:
        request = self.server.oidc.requests.pop(sent.get("code", ""), None)
        challenge = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        is_right = (
            request is not None
            and self._is_client(sent)
            and request["code_challenge_method"] == "S256"
            and request["code_challenge"] == base64.urlsafe_b64encode(challenge).decode().rstrip("=")
            and sent.get("redirect_uri") == request["redirect_uri"]
            and sent.get("grant_type") == "authorization_code"
        )
        if request is None or not is_right:
            return 400, {"error": "invalid_grant", "error_description": "no such code"}
        token = self.server.oidc.token_for(self.server.issuer, request)
        return 200, {"access_token": secrets.token_urlsafe(8), "token_type": "Bearer", "id_token": token}

    def _is_client(self, sent: dict[str, str]) -> bool:
        if "client_secret_post" in self.server.oidc.document.get("token_endpoint_auth_methods_supported", ()):
            return (sent.get("client_id"), sent.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        given = base64.b64decode(self.headers.get("Authorization", "Basic ").partition(" ")[2]).decode()
        return given == f"{CLIENT_ID}:{CLIENT_SECRET}"

    def _json(self, status: int, content: dict[str, Any]) -> None:
        self._send(status, json.dumps(content).encode())

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        said = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        for name, value in (said | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        while not self.server.oidc.ended.wait(0.05):
            try:
                self.wfile.write(b" ")
                self.wfile.flush()
            except OSError:
                return


class _Server(ThreadingHTTPServer):
    oidc: FakeOidc
    issuer: str
    daemon_threads = True


class Provider(Serving):
    """The provider at its address until it is closed."""

    def __init__(self) -> None:
        server = _Server(("127.0.0.1", 0), Handler)
        self.server, self.oidc = server, FakeOidc()
        server.oidc = self.oidc
        super().__init__("http", server)
        server.issuer = self.issuer = self.address

    def reset(self) -> None:
        """It does as it should again, and remembers nothing."""
        self.oidc.ended.set()
        self.server.oidc = self.oidc = FakeOidc()

    def close(self) -> None:
        """Whatever still drips ends, too."""
        self.oidc.ended.set()
        super().close()
