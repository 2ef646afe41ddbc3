"""A proxy on the way that refuses, is down, or breaks before the way stands: no text was taken; each leaves later."""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from app.clock import tick
from app.config import Settings
from app.core import bounded_http
from app.messages import breaker
from app.messages.gateways.gateway import Outgoing
from app.messages.gateways.outcomes import Outcome
from app.messages.gateways.twilio import API, TwilioGateway
from app.messages.models import MessageState
from app.participants.models import Participant
from tests.fake_twilio.server import Server
from tests.messages.books import states
from tests.messages.people import INVITED, minutes

STANDS = b"HTTP/1.1 200 Connection established\r\n\r\n"
BODY = b"Content-Type: text/html\r\nContent-Length: 4\r\n\r\nnope"
TEXT = Outgoing(1, "+4740000001", "Hei")


@contextmanager
def proxy(*says: bytes) -> Iterator[str]:
    """A proxy that answers whoever asks with one of these after the other, and hangs up; the last one stays."""
    requests: list[bytes] = []
    ended = threading.Event()

    def serve() -> None:
        left = list(says)
        while not ended.is_set():
            with suppress(OSError), listening.accept()[0] as line:
                requests.append(line.recv(65536))
                answer = left.pop(0) if len(left) > 1 else left[0]
                line.sendall(answer)
                if answer == HANGS:
                    ended.wait(5)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://user:secret@127.0.0.1:{listening.getsockname()[1]}"
        finally:
            ended.set()
            thread.join(10)
    assert all(line.startswith(b"CONNECT api.twilio.com:443 ") for line in requests), "the text itself went nowhere"


HANGS = b""
REFUSALS = [
    (b"HTTP/1.1 407 Proxy Authentication Required\r\n" + BODY, "a proxy refuses us (407)"),
    (b"HTTP/1.1 503 Service Unavailable\r\n" + BODY, "a proxy refuses us (503)"),
    (b"HTTP/1.0 502 Bad Gateway\r\n" + BODY, "a proxy refuses us (502)"),
    (b"HTTP/1.1 403 Forbidden\r\n" + BODY, "a proxy refuses us (403)"),
    (b"HTTP/1.1 429 Too Many Requests\r\n" + BODY, "a proxy refuses us (429)"),
    (b"HTTP/1.1 302 Found\r\nLocation: http://login.hospital.example/\r\n" + BODY, "a proxy refuses us (302)"),
    (b"no HTTP at all\r\n\r\n", "ConnectionError"),
    (b"HTTP/1.1", "ConnectionError"),
    (STANDS, "SSLError"),  # and then hangs up, before anybody was greeted
    (STANDS + b"no record of TLS begins like this\r\n" * 4, "SSLError"),
    (HANGS, "ReadTimeout"),
]  # fmt: skip


@pytest.fixture
def through(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> pytest.MonkeyPatch:
    """What is sent goes through the proxy that the environment names, as in a hospital."""
    for name in ("NO_PROXY", "no_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(bounded_http, "READ_SECONDS", 0.5)
    return monkeypatch


def real(settings: Settings) -> TwilioGateway:
    """The gateway with Twilio's own address, which nobody here can reach but by a proxy."""
    return TwilioGateway(replace(settings, gateway="twilio", twilio_base_url=API))


@pytest.mark.parametrize(("says", "because"), REFUSALS, ids=range(len(REFUSALS)))
def test_f9_what_a_proxy_refuses_was_not_taken(
    settings: Settings, through: pytest.MonkeyPatch, says: bytes, because: str
) -> None:
    with proxy(says) as address:
        through.setenv("HTTPS_PROXY", address)
        sent = real(settings).send(TEXT, INVITED)
    assert (sent.outcome, sent.because) == (Outcome.UNREACHABLE, because)


@pytest.mark.parametrize(
    ("address", "because"),
    [
        ("http://127.0.0.1:1", "ProxyError"),
        ("https://127.0.0.1:1", "ProxyError"),
        ("http://no-such-proxy.invalid:3128", "ProxyError"),
        ("socks5://127.0.0.1:1", "InvalidSchema"),  # of a kind that we cannot speak with
        ("http://", "InvalidProxyURL"),
    ],
)
def test_f9_what_a_proxy_that_is_not_there_would_have_taken_was_not_taken(
    settings: Settings, through: pytest.MonkeyPatch, address: str, because: str
) -> None:
    through.setenv("HTTPS_PROXY", address)
    sent = real(settings).send(TEXT, INVITED)
    assert (sent.outcome, sent.because) == (Outcome.UNREACHABLE, because)


@pytest.mark.parametrize("says", [refusal for refusal, _ in REFUSALS[:2]], ids=["407", "503"])
def test_f9_texts_wait_for_a_proxy_that_refuses_and_leave_once_each_when_it_lets_them(
    session: Session, people: list[Participant], settings: Settings, twilio: TwilioGateway, provider: Server,
    through: pytest.MonkeyPatch, says: bytes, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    with proxy(says) as address, caplog.at_level(logging.ERROR, "svar.alert"):
        through.setenv("HTTPS_PROXY", address)
        for later in (0.0, 2.0, 4.0):
            tick(real(settings), INVITED + minutes(later))
    assert states(session) == [MessageState.QUEUED] * 3
    (alert,) = caplog.records
    assert alert.getMessage().endswith(f"(a proxy refuses us ({says[9:12].decode()}))")
    assert "secret" not in caplog.text + str(breaker.halts())
    through.delenv("HTTPS_PROXY")
    for later in (6.0, 6.1):
        tick(twilio, INVITED + minutes(later))
    assert states(session) == [MessageState.ACCEPTED] * 3
    assert set(provider.twilio.times().values()) == {1}, "none twice, and none was looked for"
