"""The one request: to the address that was checked, within limits of time, and no farther."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.hooks import posting
from app.hooks.posting import Posted, asked_to_wait, post
from tests.hooks.conftest import LOOPBACK
from tests.hooks.receiver import Receiver

PRIVATE = "its name means an address of a private network, which is told nothing"


def means(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let every name mean these addresses."""
    monkeypatch.setattr(posting, "resolved", lambda *_: list(map(ip_address, addresses)))


def test_what_is_sent_arrives_as_it_is(receiver: Receiver) -> None:
    assert post(receiver.url + "?a=b", b'{"a":1}', {"X-One": "1"}, LOOPBACK) == Posted(204)
    (heard,) = receiver.heard
    assert (heard.path, heard.body, heard.headers["x-one"]) == ("/svar?a=b", b'{"a":1}', "1")
    assert heard.headers["host"] == f"127.0.0.1:{receiver.port}"


def test_an_address_of_this_machine_is_told_nothing_unless_it_is_allowed(receiver: Receiver) -> None:
    assert post(receiver.url, b"{}", {}, ()) == Posted(None, PRIVATE)
    assert receiver.heard == []


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["127.0.0.1", "93.184.216.34"], ["::1"], ["169.254.169.254"], []],
)
def test_a_name_that_means_a_private_address_even_among_others_is_told_nothing(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    means(monkeypatch, *addresses)
    assert post("https://hooks.example/x", b"{}", {}, ()) == Posted(None, PRIVATE)


def test_connected_is_to_the_address_that_was_checked_whatever_the_name_means_then(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    resolutions = []
    lasting = socket.getaddrinfo

    def resolved(host: str | None, *rest: Any, **options: Any) -> Any:
        resolutions.append(host)
        first = resolutions.count("hooks.example") == 1
        means_now = {"hooks.example": "127.0.0.1" if first else "127.9.9.9"}
        return lasting(means_now.get(str(host), host), *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    assert post(f"http://hooks.example:{receiver.port}/x", b"{}", {}, LOOPBACK).status == 204
    assert resolutions.count("hooks.example") == 1
    assert receiver.heard[0].headers["host"] == f"hooks.example:{receiver.port}"


def test_without_tls_only_what_is_allowed_by_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    means(monkeypatch, "93.184.216.34")
    posted = post("http://hooks.example/x", b"{}", {}, LOOPBACK)
    assert posted == Posted(None, "without https only what the operator allows is told anything")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(receiver: Receiver, status: int) -> None:
    receiver.answers = lambda _: (status, {"Location": receiver.url + "/elsewhere"})
    assert post(receiver.url, b"{}", {}, LOOPBACK).status == status
    assert [heard.path for heard in receiver.heard] == ["/svar"]


@pytest.mark.parametrize(
    ("header", "seconds"), [("120", 120), ("0", 0), ("soon", None), ("-5", None), ("12345678", None), ("\u0661", None)]
)
def test_how_long_to_wait_is_read_where_it_is_a_number(receiver: Receiver, header: str, seconds: int | None) -> None:
    receiver.answers = lambda _: (503, {"Retry-After": header.encode("utf-8").decode("latin-1")})
    assert post(receiver.url, b"{}", {}, LOOPBACK) == Posted(503, None, seconds)


SENT = "Fri, 27 Nov 2026 17:00:00 GMT"


@pytest.mark.parametrize(
    ("until", "sent", "seconds"),
    [
        ("Fri, 27 Nov 2026 17:02:00 GMT", SENT, 120),
        ("Fri, 27 Nov 2026 16:00:00 GMT", SENT, 0),  # over already
        ("Friday, 27-Nov-26 17:00:05 GMT", SENT, 5),  # the two old ways of RFC 9110
        ("Fri Nov 27 17:00:05 2026", SENT, None),  # of which one has no zone
        ("Fri, 27 Nov 2026 19:02:00 +0200", SENT, 120),
        ("Fri, 27 Nov 2026 17:02:00 GMT", "", None),  # by no clock
        ("Fri, 99 Nov 2026 17:02:00 GMT", SENT, None),
        ("Fri, 27 Nov 99999 17:02:00 GMT", SENT, None),
        ("", SENT, None),
    ],
)
def test_how_long_to_wait_is_read_where_it_is_a_day_and_hour(until: str, sent: str, seconds: int | None) -> None:
    assert asked_to_wait({"Retry-After": until, "Date": sent}) == seconds


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert post(receiver.url, b"{}", {}, LOOPBACK).status == 204


def test_where_nobody_listens_is_said_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
    posted = post(f"http://127.0.0.1:{port}/x", b"{}", {}, LOOPBACK)
    assert posted.status is None
    assert str(posted.failure).startswith("could not be reached (")


def test_a_name_that_nobody_has_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert post("https://hooks.example/x", b"{}", {}, ()) == Posted(None, "its name is not known")


@contextmanager
def trickling(first: bytes) -> Iterator[int]:
    """A server that answers a byte now and then, for ever: its port."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            line, _ = server.accept()
            with line:
                line.recv(65536)
                line.sendall(first)
                while not over.wait(0.05):
                    try:
                        line.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        over.set()
        thread.join()


@pytest.mark.parametrize("first", [b"HTTP/1.1 200 OK\r\nX-Long: ", b"H"], ids=["a header", "the first line"])
def test_an_answer_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch, first: bytes) -> None:
    monkeypatch.setattr(posting, "TOTAL_SECONDS", 0.3)
    began = time.monotonic()
    with trickling(first) as port:
        assert post(f"http://127.0.0.1:{port}/x", b"{}", {}, LOOPBACK) == Posted(None, "did not answer in time")
    assert time.monotonic() - began < 3


def test_a_body_without_end_is_not_read() -> None:
    with trickling(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n") as port:
        began = time.monotonic()
        assert post(f"http://127.0.0.1:{port}/x", b"{}", {}, LOOPBACK) == Posted(200)
        assert time.monotonic() - began < 3


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for hooks.example, and its key, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hooks.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path / "both.pem"
    unlocked = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    pem = serialization.Encoding.PEM
    path.write_bytes(key.private_bytes(pem, form, unlocked) + made.public_bytes(pem))
    return path


@pytest.mark.parametrize(
    ("host", "trusted", "status"),
    [("hooks.example", True, 204), ("hooks.example", False, None), ("other.example", True, None)],
)
def test_tls_proves_the_name_although_connected_is_to_an_address(
    monkeypatch: pytest.MonkeyPatch, certificate: Path, receiver: Receiver, host: str, trusted: bool, status: int | None
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    receiver.server.socket = context.wrap_socket(receiver.server.socket, server_side=True)
    means(monkeypatch, "127.0.0.1")
    if trusted:
        monkeypatch.setattr("app.hooks.posting.DEFAULT_CA_BUNDLE_PATH", str(certificate))
    posted = post(f"https://{host}:{receiver.port}/x", b"{}", {}, LOOPBACK)
    assert posted.status == status
    assert len(receiver.heard) == (1 if status else 0)
