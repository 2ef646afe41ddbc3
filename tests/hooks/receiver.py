"""A receiver on this machine: it keeps what came, and answers as a test wants."""

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple


class Heard(NamedTuple):
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


Answer = tuple[int, dict[str, str]]


class Receiver:
    """Listens at a port of its own; `answers` says with which status and headers."""

    def __init__(self, answers: Callable[[Heard], Answer] = lambda _: (204, {})) -> None:
        self.answers, self.heard = answers, list[Heard]()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                heard = Heard(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                receiver.heard.append(heard)
                status, headers = receiver.answers(heard)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/svar"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
