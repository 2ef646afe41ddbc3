"""A stateful Twilio over real HTTP: unique SIDs, its errors, its list, callbacks, and faults by script.

Each text consumes the next fault of the script (none: it is accepted). The log is the truth about what "rang".
"""

import json
import secrets
import socket
import threading
import time
from base64 import b64decode
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from app.rehearsal.stand_in.texts import TakenText as Rang
from tests.fakes import Serving

__all__ = ["ACCOUNT", "SENDER", "TOKEN", "FakeTwilio", "Rang", "Server"]
ACCOUNT, TOKEN, SENDER = "ACtests", "token-of-the-tests", "+4759440000"


@dataclass
class FakeTwilio:
    """The provider's state. `script` holds faults for the next texts; `now` is its clock."""

    script: deque[str] = field(default_factory=deque)
    log: list[Rang] = field(default_factory=list)
    requests: list[datetime] = field(default_factory=list)
    redacted: list[str] = field(default_factory=list)
    locked: set[str] = field(default_factory=set)
    lists: bool = True
    pages: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What else it answers, by the last words of the path: accounts, senders."""
    answers: bool = True
    delay: float = 0.0
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    lock: threading.Lock = field(default_factory=threading.Lock)
    ended: threading.Event = field(default_factory=threading.Event)

    def take(self, form: dict[str, str]) -> Rang:
        """Accept a text: from here on it rings."""
        rang = Rang(
            f"SM{secrets.token_hex(16)}", form["To"], form["Body"], form.get("StatusCallback", ""), self.now(),
            form.get("ValidityPeriod", ""), form.get("ContentRetention") != "discard",
        )  # fmt: skip
        with self.lock:
            self.log.append(rang)
        return rang

    def next_fault(self) -> str:
        with self.lock:
            self.requests.append(self.now())
            return self.script.popleft() if self.script else ""

    def times(self) -> Counter[str]:
        """How often each text (its words and number) rang."""
        return Counter(f"{text.to} {text.body}" for text in self.log)


class Handler(BaseHTTPRequestHandler):
    """One request. Faults are named by what the other side sees."""

    protocol_version = "HTTP/1.1"
    twilio: FakeTwilio

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode(), True).items()}
        if not self._allowed():
            return
        sid = self._sid()
        if sid and not self.twilio.answers:
            self._error(500, 20500, "Internal Server Error")
            return
        if sid:
            self._redact(sid, form)
            return
        time.sleep(self.twilio.delay)
        fault = self.twilio.next_fault()
        getattr(self, f"_{fault.split(':')[0].replace('-', '_')}" if fault else "_accept")(form, fault)

    def do_GET(self) -> None:
        if not self._allowed():
            return
        if not self.twilio.lists:
            self._error(500, 20500, "Internal Server Error")
            return
        path = urlsplit(self.path).path
        page = next((page for end, page in self.twilio.pages.items() if path.endswith(end)), None)
        if page is not None or "/Messages" not in path:
            self._answer(200, page) if page is not None else self._error(404, 20404, "was not found")
            return
        sid = self._sid()
        if sid:
            self._one(sid) if self.twilio.answers else self._error(500, 20500, "Internal Server Error")
            return
        wanted = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        with self.twilio.lock:
            rows = [text for text in reversed(self.twilio.log) if text.listed and text.fits(wanted, SENDER)]
        texts = [each.as_json(ACCOUNT, SENDER) for each in rows[: int(wanted.get("PageSize", 50))]]
        self._answer(200, {"messages": texts, "page": 0, "page_size": 50, "uri": self.path, "next_page_uri": None})

    def do_DELETE(self) -> None:
        """What came with a text is gone."""
        if self._allowed():
            self.twilio.redacted.append(urlsplit(self.path).path.rsplit("/", 1)[-1].removesuffix(".json"))
            self._send(204, b"", {})

    def _redact(self, sid: str, form: dict[str, str]) -> None:
        if sid in self.twilio.locked:
            self._error(400, 20009, "Message cannot be redacted")
            return
        for text in self.twilio.log:
            if text.sid == sid:
                self.twilio.redacted.append(sid)
                text.body = form.get("Body", text.body)
        self._one(sid)

    def _one(self, sid: str) -> None:
        texts = [text for text in self.twilio.log if text.sid == sid]
        if texts:
            self._answer(200, texts[0].as_json(ACCOUNT, SENDER))
        else:
            self._error(404, 20404, "The requested resource was not found")

    def _sid(self) -> str | None:
        last = urlsplit(self.path).path.rsplit("/", 1)[-1].removesuffix(".json")
        return last if last.startswith(("SM", "MM")) else None

    def _allowed(self) -> bool:
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        if given and b64decode(given).decode() == f"{ACCOUNT}:{TOKEN}":
            return True
        self._error(401, 20003, "Authenticate")
        return False

    def _accept(self, form: dict[str, str], _: str) -> None:
        self._answer(201, self.twilio.take(form).as_json(ACCOUNT, SENDER))

    def _error_code(self, status: int, code: int) -> None:
        self._error(status, code, "as scripted")

    def _status(self, form: dict[str, str], fault: str) -> None:
        """`status:400:21211`: a refusal with this status and code."""
        _, status, code = fault.split(":")
        self._error(int(status), int(code), "as scripted")

    def _busy(self, form: dict[str, str], fault: str) -> None:
        """`busy:7`: 429 with Retry-After of 7 s; `busy:` with anything else that may stand there."""
        self._error(429, 20429, "Too Many Requests", {"Retry-After": fault.partition(":")[2] or "1"})

    def _broken_before(self, form: dict[str, str], _: str) -> None:
        self._error(500, 20500, "Internal Server Error")

    def _broken_after(self, form: dict[str, str], _: str) -> None:
        self.twilio.take(form)
        self._error(500, 20500, "Internal Server Error")

    def _lost_after(self, form: dict[str, str], _: str) -> None:
        """It rings, but neither the answer nor the list tells."""
        self.twilio.take(form).listed = False
        self._error(500, 20500, "Internal Server Error")

    def _drop_after(self, form: dict[str, str], _: str) -> None:
        self.twilio.take(form)
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def _hang_after(self, form: dict[str, str], _: str) -> None:
        self.twilio.take(form)
        self.twilio.ended.wait(30)
        self.close_connection = True

    def _drip_after(self, form: dict[str, str], _: str) -> None:
        """One byte a second, headers first."""
        body = json.dumps(self.twilio.take(form).as_json(ACCOUNT, SENDER))
        whole = f"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        with suppress(OSError):
            for byte in whole.encode():
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                if self.twilio.ended.wait(1):
                    break
        self.close_connection = True

    def _not_json(self, form: dict[str, str], fault: str) -> None:
        """`not-json:201` accepts and answers nonsense; `not-json:400` refuses with a page."""
        status = int(fault.partition(":")[2] or 201)
        if status < 400:
            self.twilio.take(form)
        self._send(status, b"<html>Bad gateway</html>", {"Content-Type": "text/html"})

    def _empty(self, form: dict[str, str], fault: str) -> None:
        self._send(int(fault.partition(":")[2] or 400), b"", {})

    def _odd(self, form: dict[str, str], fault: str) -> None:
        """`odd:201:[]`: this status and body, whatever they mean."""
        _, status, body = fault.split(":", 2)
        self._send(int(status), body.encode(), {"Content-Type": "application/json"})

    def _no_sid(self, form: dict[str, str], _: str) -> None:
        self._answer(201, self.twilio.take(form).as_json(ACCOUNT, SENDER) | {"sid": None})

    def _error(self, status: int, code: int, message: str, headers: dict[str, str] | None = None) -> None:
        more = f"https://www.twilio.com/docs/errors/{code}"
        self._answer(status, {"code": code, "message": message, "more_info": more, "status": status}, headers)

    def _answer(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})})

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


class Quiet(ThreadingHTTPServer):
    """Says nothing of clients that went away: many are killed."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A reset connection is what some tests are about."""


class Server(Serving):
    """The fake at an address, in threads of its own."""

    def __init__(self) -> None:
        self.twilio = FakeTwilio()
        handler = type("Bound", (Handler,), {"twilio": self.twilio})
        super().__init__("http", Quiet(("127.0.0.1", 0), handler))

    def close(self) -> None:
        self.twilio.ended.set()
        super().close()
