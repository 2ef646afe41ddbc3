"""A real server on a loopback port, in this process so that it sees the virtual clock, and a browser to it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from io import BytesIO
from threading import Thread
from urllib.parse import urlencode

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import run_wsgi_app

FORM_HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}


class _Handler(WSGIRequestHandler):
    """Keeps its line open, as the server of a trial would, and writes no log: addresses hold links."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # an answer leaves in one piece,
    disable_nagle_algorithm = True  # and at once

    def run_wsgi(self) -> None:
        """Read the request to its end, answer it, and wait for the next one."""
        environ = self.make_environ()
        environ["wsgi.input"] = BytesIO(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        body, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.writelines(body)

    def log(self, type: str, message: str, *args: object) -> None:
        return


class Browser:
    """One connection to the server; redirects are not followed, so each status is what the page answered."""

    def __init__(self, port: int) -> None:
        self._line = HTTPConnection("127.0.0.1", port, timeout=30)

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of a page."""
        return self._ask("GET", path)

    def post(self, path: str, fields: Sequence[tuple[str, str]], headers: Mapping[str, str] | None = None) -> int:
        """Status of a posted form."""
        return self._ask("POST", path, urlencode(fields), {**FORM_HEADERS, **(headers or {})})[0]

    def close(self) -> None:
        """Close the connection, as a browser does that is put away."""
        self._line.close()

    def _ask(
        self, method: str, path: str, body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        self._line.request(method, path, body, dict(headers or {}))
        answer = self._line.getresponse()
        return answer.status, answer.read().decode()


@contextmanager
def serving(app: Flask) -> Iterator[Browser]:
    """The application on a free loopback port, and a browser to it."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    browser = Browser(server.server_port)
    try:
        yield browser
    finally:
        browser.close()
        server.shutdown()
        thread.join()
        server.server_close()
