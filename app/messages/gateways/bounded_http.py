"""HTTP requests that end: 3 s to connect, 10 s between bytes, 15 s in all, whatever the other side does.

A read time-out alone does not bound a server that sends one byte a second, so a timer shuts the socket at the deadline.
Nothing is retried here, and nothing is logged: addresses and bodies hold numbers and links.
"""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, SSLError

CONNECT_SECONDS = 3.05
READ_SECONDS = 10.0
TOTAL_SECONDS = 15.0

_current = threading.local()


class _Plain(HTTPConnection):
    """Remembers that this thread uses it, so that the deadline can shut it."""

    def request(self, *args: Any, **kwargs: Any) -> None:
        _current.connection = self
        super().request(*args, **kwargs)


class _Secure(HTTPSConnection):
    """The same over TLS; when this is called, the connection stands."""

    def request(self, *args: Any, **kwargs: Any) -> None:
        _current.connection, _current.asked = self, True
        super().request(*args, **kwargs)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}


@dataclass(frozen=True)
class HttpAnswer:
    """What came back within the limits of time and size."""

    status: int
    text: str
    headers: Mapping[str, str]


def bounded_session(threads: int) -> requests.Session:
    """A session for so many threads, each with its own kept connection."""
    session = requests.Session()
    adapter = _Adapter(pool_connections=1, pool_maxsize=max(threads, 1), max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def exchange(session: requests.Session, method: str, url: str, **parts: Any) -> HttpAnswer:
    """One request and its whole answer, or a requests.RequestException."""
    with _deadline():
        answer = session.request(method, url, timeout=(CONNECT_SECONDS, READ_SECONDS), allow_redirects=False, **parts)
        return HttpAnswer(answer.status_code, answer.text, answer.headers)


def never_sent(error: requests.RequestException) -> bool:
    """Whether no connection was made at all: refused, no such host, no TLS. Then nothing can have been taken.

    Asked by the thread that made the exchange. TLS may also break after the request was written.
    """
    if getattr(_current, "asked", False):
        return False
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(reason, NewConnectionError | ConnectTimeoutError | SSLError)


@contextmanager
def _deadline() -> Iterator[None]:
    _current.connection, _current.asked = None, False
    holder = _current.__dict__
    timer = threading.Timer(TOTAL_SECONDS, lambda: _shut(holder.get("connection")))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        _current.connection = None


def _shut(connection: HTTPConnection | None) -> None:
    """End whatever this connection still waits for."""
    if connection is not None and connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)
