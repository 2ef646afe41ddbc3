"""A stateful 46elks over real HTTP, as its documentation says: ids, its list with pages, an account, faults by script.

Each text consumes the next fault of the script (none: it is accepted). The log is the truth about what "rang".
"""

import json
import secrets
import socket
import threading
from base64 import b64decode
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fake_twilio.server import Quiet
from tests.fakes import Serving

USERNAME, PASSWORD, SENDER, SECRET = "utests", "password-of-the-tests", "+46766860000", "secret_of_the_webhooks"
A_PAGE = 2
"""So few texts stand on a page of the list, whatever is asked for: who reads it must turn pages."""


@dataclass
class ElksText:
    """A text that the provider took, or that was written to us."""

    id: str
    number: str
    body: str
    callback: str
    at: datetime
    logged: bool = True
    inbound: bool = False
    status: str = "created"

    def as_json(self) -> dict[str, Any]:
        """As the documentation shows it."""
        other, direction = (SENDER, "incoming") if self.inbound else (self.number, "outgoing")
        row = {
            "id": self.id, "direction": direction, "to": other, "from": self.number if self.inbound else SENDER,
            "created": self.at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds"), "cost": 3500,
        }  # fmt: skip
        row |= {"message": self.body} if self.logged else {}
        return row if self.inbound else row | {"status": self.status, "parts": 1}


@dataclass
class FakeElks:
    """The provider's state. `script` holds faults for the next texts; `now` is its clock."""

    script: deque[str] = field(default_factory=deque)
    log: list[ElksText] = field(default_factory=list)
    lists: bool = True
    account: dict[str, Any] = field(default_factory=lambda: {"id": "u1", "currency": "SEK", "balance": 9670500})
    numbers: list[dict[str, Any]] = field(default_factory=list)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, form: dict[str, str]) -> ElksText:
        """Accept a text: from here on it rings."""
        logged = form.get("dontlog") != "message"
        callback = form.get("whendelivered", "")
        text = ElksText(f"s{secrets.token_hex(16)}", form["to"], form["message"], callback, self.now(), logged)
        with self.lock:
            self.log.append(text)
        return text


class ElksHandler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    elks: FakeElks

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode(), True).items()}
        if not self._allowed():
            return
        fault = self.elks.script.popleft() if self.elks.script else ""
        kind, _, more = fault.partition(":")
        if kind == "status":
            status, _, wait = more.partition(":")
            self._send(int(status), b"as scripted", {"Retry-After": wait} if wait else {})
            return
        text = self.elks.take(form)
        if kind == "odd":
            self._send(200, more.encode(), {})
        elif kind == "broken-after":
            self._send(500, b"Internal Server Error", {})
        elif kind == "drop-after":
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        else:
            self._answer(text.as_json())

    def do_GET(self) -> None:
        if not self._allowed():
            return
        path, query = urlsplit(self.path).path, urlsplit(self.path).query
        wanted = {name: values[0] for name, values in parse_qs(query).items()}
        if not self.elks.lists:
            self._send(500, b"Internal Server Error", {})
        elif path == "/me":
            self._answer(self.elks.account)
        elif path == "/numbers":
            self._answer({"data": self.elks.numbers})
        elif path == "/sms":
            self._list(wanted)
        else:
            texts = [text for text in self.elks.log if path == f"/sms/{text.id}"]
            self._answer(texts[0].as_json()) if texts else self._send(404, b"No such SMS", {})

    def _list(self, wanted: dict[str, str]) -> None:
        rows = [text.as_json() for text in reversed(self.elks.log)]
        rows = [row for row in rows if wanted.get("to", row["to"]) == row["to"]]
        rows = [row for row in rows if wanted.get("end", "") < row["created"] <= wanted.get("start", "9")]
        page: dict[str, Any] = {"data": rows[:A_PAGE]}
        if len(rows) > A_PAGE:
            page["next"] = rows[A_PAGE]["created"]
        self._answer(page)

    def _allowed(self) -> bool:
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        if given and b64decode(given).decode() == f"{USERNAME}:{PASSWORD}":
            return True
        self._send(401, b"API access requires Basic HTTP authentication", {})
        return False

    def _answer(self, body: dict[str, Any]) -> None:
        self._send(200, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        with suppress(OSError):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class ElksServer(Serving):
    """The fake at an address, in threads of its own."""

    def __init__(self) -> None:
        self.elks = FakeElks()
        super().__init__("http", Quiet(("127.0.0.1", 0), type("BoundElks", (ElksHandler,), {"elks": self.elks})))
