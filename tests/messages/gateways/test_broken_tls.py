"""TLS that fails before the request was written took nothing; TLS that breaks afterwards may have taken the text."""

import os
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.core.bounded_http import bounded_session, exchange, never_sent

NOT_TLS = b"no record of TLS begins like this\r\n" * 4
BEGUN = b"HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of 127.0.0.1 with its key, signed by itself, valid on any day on which these tests may run."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
    made = made.add_extension(names, critical=False).add_extension(x509.BasicConstraints(True, None), critical=True)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM) + private)
    return path


@pytest.fixture
def address(certificate: Path, before: bytes) -> Iterator[str]:
    """A server that takes one request, answers with `before` over TLS, and then with what is none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def serve() -> None:
        with suppress(OSError), listening.accept()[0] as plain, context.wrap_socket(plain, server_side=True) as tls:
            tls.recv(65536)
            tls.sendall(before)
            os.write(tls.fileno(), NOT_TLS)
            tls.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=serve, daemon=True)
        server.start()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}/"
        server.join(10)


def failed(address: str, trusted: Path | None) -> tuple[type[requests.RequestException], bool]:
    """How a request there fails, and whether it was certainly never sent."""
    with bounded_session(1) as session, pytest.raises(requests.RequestException) as caught:
        exchange(session, "POST", address, data={"Body": "Hei"}, verify=str(trusted) if trusted else True)
    return caught.type, never_sent()


@pytest.mark.parametrize("before", [b"", BEGUN], ids=["instead of an answer", "within it"])
def test_tls_that_breaks_after_the_request_may_have_taken_it(address: str, certificate: Path) -> None:
    assert failed(address, certificate) == (requests.exceptions.SSLError, False)


@pytest.mark.parametrize("before", [b""])
def test_a_certificate_that_is_not_trusted_has_taken_nothing(address: str) -> None:
    assert failed(address, None) == (requests.exceptions.SSLError, True)
