"""One request to somebody else's address: only where it may go, within limits of time, and nothing of its answer kept.

The name is resolved here and every address that it has must be one that may be told; connected is to one of those, so a
name that means something else a moment later changes nothing. TLS still proves the name. No redirect is followed, no
proxy of the environment used.
"""

import ipaddress
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPException

from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from app.core.networks import Network
from app.hooks.addresses import Address, Target, is_allowed_by_name, may_be_told, target

FAILURES = (OSError, HTTPError, HTTPException)
"""What a request can end with that is the other side's doing, or the line's."""
CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 3.05, 10.0, 15.0


@dataclass(frozen=True)
class Posted:
    """What came of it: a status, or why there is none; and how many seconds the other side asks us to wait."""

    status: int | None
    failure: str | None = None
    retry_after: int | None = None


class _NotToBeTold(Exception):
    """Why this address is not told anything."""


def post(url: str, body: bytes, headers: Mapping[str, str], allowed: Sequence[Network]) -> Posted:
    """Send the body there, unless the address may not be told. Never raises for what is the other side's doing."""
    try:
        to = target(url)
        address = _address(to, allowed)
        return _posted(_connection(to, address), to, body, headers)
    except (_NotToBeTold, ValueError) as why:
        return Posted(None, str(why))
    except TimeoutError:
        return Posted(None, "did not answer in time")
    except FAILURES as error:
        return Posted(None, f"could not be reached ({type(error).__name__})")


def resolved(host: str, port: int) -> list[Address]:
    """Every address that the name has now."""
    try:
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise _NotToBeTold("its name is not known") from None
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in entries]


def _address(to: Target, allowed: Sequence[Network]) -> Address:
    """One of the addresses of the name, all of which may be told."""
    addresses = resolved(to.host, to.port)
    if not addresses or not all(may_be_told(address, allowed) for address in addresses):
        raise _NotToBeTold("its name means an address of a private network, which is told nothing")
    if to.scheme == "http" and not all(is_allowed_by_name(address, allowed) for address in addresses):
        raise _NotToBeTold("without https only what the operator allows is told anything")
    return addresses[0]


def _connection(to: Target, address: Address) -> HTTPConnection:
    if to.scheme == "http":
        return HTTPConnection(str(address), to.port, timeout=CONNECT_SECONDS)
    return HTTPSConnection(
        str(address),
        to.port,
        timeout=CONNECT_SECONDS,
        server_hostname=to.host,
        assert_hostname=to.host,
        cert_reqs="CERT_REQUIRED",
        ca_certs=DEFAULT_CA_BUNDLE_PATH,
    )


def _posted(connection: HTTPConnection, to: Target, body: bytes, headers: Mapping[str, str]) -> Posted:
    with _deadline(connection) as over:
        try:
            connection.connect()
            connection.timeout = READ_SECONDS
            connection.request("POST", to.path, body, {**headers, "Host": to.authority}, preload_content=False)
            answer = connection.getresponse()
            if not over.is_set():
                return Posted(answer.status, None, asked_to_wait(answer.headers))
        except FAILURES:
            if not over.is_set():
                raise
        finally:
            connection.close()
    raise TimeoutError


def asked_to_wait(said: Mapping[str, str]) -> int | None:
    """The seconds of `Retry-After`: written as such, or as the day and hour until when, by the answer's own clock."""
    given = said.get("Retry-After", "")
    if given.isascii() and given.isdecimal():
        return int(given) if len(given) < 8 else None
    try:
        until, at = parsedate_to_datetime(given), parsedate_to_datetime(said.get("Date", ""))
        return max(0, int((until - at).total_seconds()))
    except (TypeError, ValueError, OverflowError):
        return None


@contextmanager
def _deadline(connection: HTTPConnection) -> Iterator[threading.Event]:
    """A read time-out alone does not bound a server that sends a byte a second: at the end the socket is shut."""
    over = threading.Event()

    def shut() -> None:
        over.set()
        if connection.sock is not None:
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(TOTAL_SECONDS, shut)
    timer.daemon = True
    timer.start()
    try:
        yield over
    finally:
        timer.cancel()
