"""The dead man's switch is told where it listens, and what it answers stops nobody."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from app.messages.monitoring import dead_man


@pytest.mark.parametrize(
    ("given", "failing"),
    [
        ("https://hc-ping.example/1-2-3", "https://hc-ping.example/1-2-3/fail"),
        ("https://hc-ping.example/1-2-3/", "https://hc-ping.example/1-2-3/fail"),
        ("https://ping.example/key/svar?create=1", "https://ping.example/key/svar/fail?create=1"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000/fail"),
    ],
)
def test_a_failure_is_told_beneath_the_same_address(given: str, failing: str) -> None:
    assert dead_man.address(given, well=True) == given
    assert dead_man.address(given, well=False) == failing


@pytest.fixture
def answers(status: int) -> Iterator[str]:
    """The address of a switch that answers so."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            return None

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/ping"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("status", "taken"),
    [(200, True), (204, True), (301, False), (308, False), (400, False), (404, False), (500, False), (503, False)],
)
def test_a_switch_that_refuses_was_not_told(
    answers: str, status: int, taken: bool, caplog: pytest.LogCaptureFixture
) -> None:
    assert dead_man.ping(answers, well=True) is taken
    alerts = [] if taken else [f"the dead man's switch was not told: it answers {status}"]
    assert [record.getMessage() for record in caplog.records if record.name == "svar.clock"] == alerts


def test_a_switch_that_is_not_there_was_not_told() -> None:
    assert not dead_man.ping("http://127.0.0.1:1/ping", well=False)
