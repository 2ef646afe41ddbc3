"""`flask ops check` looks at the certificate before patients' telephones refuse it."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import create_server, socket

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.cli import from_outside
from app.cli.certificate_check import ends_soon, running_out
from app.config import Settings

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
DAY = timedelta(days=1)
Showing = Callable[[datetime, datetime], AbstractContextManager[str]]


def certificate(begins: datetime, ends: datetime) -> bytes:
    """A key and a certificate that it signed itself, as a server reads them."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "scratch")])
    signed = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(begins).not_valid_after(ends).sign(key, hashes.SHA256())
    )  # fmt: skip
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, *form) + signed.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def showing(tmp_path: Path) -> Showing:
    """A server that shows a certificate of such a life to whoever comes, and its address."""

    @contextmanager
    def served(begins: datetime, ends: datetime) -> Iterator[str]:
        (tmp_path / "pem").write_bytes(certificate(begins, ends))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "pem")
        with create_server(("127.0.0.1", 0)) as server:
            visited = threading.Thread(target=_show_once, args=(server, context))
            visited.start()
            yield f"https://127.0.0.1:{server.getsockname()[1]}"
            visited.join(10)

    return served


def _show_once(server: socket, context: ssl.SSLContext) -> None:
    line, _ = server.accept()
    with line, suppress(OSError), context.wrap_socket(line, server_side=True) as secure:
        secure.recv(1)


@pytest.mark.parametrize(
    ("life", "left", "soon"),
    [
        (90 * DAY, 30 * DAY, False),  # the day on which certbot renews
        (90 * DAY, 14 * DAY, False),
        (90 * DAY, 13.9 * DAY, True),
        (90 * DAY, -DAY, True),
        (398 * DAY, 20 * DAY, False),  # a hospital's own
        (398 * DAY, 13 * DAY, True),
        (47 * DAY, 12 * DAY, False),
        (47 * DAY, 11 * DAY, True),
        (6 * DAY, 2 * DAY, False),  # short-lived ones
        (6 * DAY, DAY, True),
    ],
)
def test_less_left_than_a_renewal_that_works_ever_leaves_is_soon(life: timedelta, left: timedelta, soon: bool) -> None:
    assert ends_soon(NOW + left - life, NOW + left, NOW) is soon


def test_a_certificate_that_ends_soon_is_told_with_its_hour_while_it_still_opens(showing: Showing) -> None:
    with showing(NOW - 85 * DAY, NOW + 5 * DAY) as base:
        (complaint,) = running_out(base, NOW)
    assert complaint.startswith(f"The certificate of {base} ends on 2026-12-02 at 12:00 UTC, and no link opens after")


def test_a_certificate_that_is_good_for_long_is_nothing_to_say(showing: Showing) -> None:
    with showing(NOW - 30 * DAY, NOW + 60 * DAY) as base:
        assert list(running_out(base, NOW)) == []


@pytest.mark.parametrize("base", ["http://127.0.0.1:9", "https://127.0.0.1:9"])
def test_without_tls_or_an_answer_there_is_no_certificate_to_speak_of(base: str) -> None:
    assert list(running_out(base, NOW)) == []


def test_a_certificate_that_browsers_refuse_is_told_apart_from_a_server_that_does_not_answer(
    showing: Showing, settings: Settings
) -> None:
    with showing(NOW - DAY, NOW + 5000 * DAY) as base:
        (complaint,) = from_outside.looked_at_from_outside(replace(settings, public_base_url=base))
    assert complaint.startswith(f"{base} shows a certificate that is refused (self-signed certificate): renew it")
