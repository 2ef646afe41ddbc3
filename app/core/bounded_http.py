"""HTTP requests that end: 3 s to connect, 10 s between bytes, 15 s in all, whatever the other side does.

A read time-out alone does not bound a server that sends one byte a second, so a timer shuts the socket at the deadline.
An answer may be bounded in size, too, as it is once unpacked. Nothing is retried here, and nothing is logged:
addresses and bodies hold numbers and links.
"""

import re
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from app.core.time import in_utc

CONNECT_SECONDS = 3.05
READ_SECONDS = 10.0
TOTAL_SECONDS = 15.0
CHUNK = 16_384
SECONDS_ALONE = re.compile(r"[0-9]{1,9}(\.[0-9]+)?")
PROXY_SAID = re.compile(r"Tunnel connection failed: ([0-9]{3})\b")

_current = threading.local()
AnySession = TypeVar("AnySession", bound=requests.Session)


class _Plain(HTTPConnection):
    """Remembers that this thread uses it, so that the deadline can shut it, and once it stands that something may go.

    Its socket is remembered apart: where the other side will close, the connection forgets it before the body is read.

    A kept connection stands already; a new one does when `connect` has returned, through proxy and TLS.
    """

    def connect(self) -> None:
        _current.connection = self
        super().connect()
        _current.stands, _current.line = True, self.sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        _current.connection, _current.stands, _current.line = self, self.sock is not None, self.sock
        super().request(*args, **kwargs)


class _Secure(_Plain, HTTPSConnection):
    """The same over TLS."""


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class TooLarge(requests.RequestException):
    """The answer has more bytes than are read of one."""


class _Adapter(HTTPAdapter):
    def __init__(self, largest: int | None, **kwargs: Any) -> None:
        self._largest = largest
        super().__init__(**kwargs)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """The answer; read here, and no further than it may be large, where that is bounded."""
        if self._largest is None:
            return super().send(request, *args, **kwargs)
        answer = super().send(request, *args, **{**kwargs, "stream": True})
        read = bytearray()
        for piece in answer.iter_content(CHUNK):
            read += piece
            if len(read) > self._largest:
                answer.close()
                raise TooLarge
        answer._content = bytes(read)
        return answer


@dataclass(frozen=True)
class HttpAnswer:
    """What came back within the limits of time and size."""

    status: int
    text: str
    headers: Mapping[str, str]


def bounded_session(threads: int) -> requests.Session:
    """A session for so many threads, each with its own kept connection."""
    return bound(requests.Session(), threads)


def bound(session: AnySession, threads: int = 1, largest: int | None = None) -> AnySession:
    """Let this session's requests end in time, and its answers be no larger; they are made within a `deadline`."""
    adapter = _Adapter(largest, pool_connections=1, pool_maxsize=max(threads, 1), max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def exchange(session: requests.Session, method: str, url: str, **parts: Any) -> HttpAnswer:
    """One request and its whole answer, or a requests.RequestException."""
    with deadline():
        answer = session.request(method, url, timeout=patience(), allow_redirects=False, **parts)
        return HttpAnswer(answer.status_code, answer.text, answer.headers)


def patience() -> tuple[float, float]:
    """How long a connection, and then each read, is waited for."""
    return CONNECT_SECONDS, READ_SECONDS


def never_sent() -> bool:
    """Whether the exchange that this thread has just made never had a connection: then nothing can have been taken.

    Refused, no such host, no TLS; or a proxy on the way that is down, or made none (407, 503).
    """
    return not getattr(_current, "stands", False)


def why(error: requests.RequestException) -> str:
    """What an exchange failed of: the kind of error, and what a proxy said, without addresses."""
    said = PROXY_SAID.search(str(error))
    return f"a proxy refuses us ({said[1]})" if said else type(error).__name__


def dated(answer: HttpAnswer | None) -> datetime | None:
    """When the other side says that it answered; None if it does not say, or nothing that is an instant."""
    return _instant(answer.headers.get("Date", "")) if answer else None


def asked_to_wait(answer: HttpAnswer | None) -> float | None:
    """The answer's Retry-After: seconds, or the date that HTTP allows in their place, counted from its own Date."""
    text = answer.headers.get("Retry-After", "") if answer else ""
    if SECONDS_ALONE.fullmatch(text):
        return float(text)
    until, answered_at = _instant(text), dated(answer)
    return (until - answered_at).total_seconds() if until and answered_at else None


def _instant(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return in_utc(at)


@contextmanager
def deadline() -> Iterator[None]:
    """Shut what this thread's request waits for when its time is over."""
    _current.connection, _current.stands, _current.line = None, False, None
    holder = _current.__dict__
    timer = threading.Timer(TOTAL_SECONDS, lambda: _shut(holder.get("connection"), holder.get("line")))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        _current.connection = _current.line = None


def _shut(connection: HTTPConnection | None, line: socket.socket | None) -> None:
    """End whatever this connection still waits for."""
    for each in (connection.sock if connection is not None else None, line):
        if each is not None:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
