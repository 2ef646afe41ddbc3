"""Svar as it is served, by gunicorn in processes of its own, and lines to it that are as slow as one likes."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

from app.config import Settings
from tests.settings import KEY

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Served:
    """A server on a port of this machine."""

    process: subprocess.Popen[bytes]
    port: int

    def line(self) -> socket.socket:
        """A new line to it."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[HTTPResponse, str]:
        """Its answer, read to the end."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=10)) as line:
            line.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = line.getresponse()
            return answer, answer.read().decode()


@contextmanager
def served(settings: Settings, *options: str, **environment: str) -> Iterator[Served]:
    """Svar on the test's database, by one process of gunicorn's."""
    with served_from(ROOT, settings, *options, **environment) as running:
        yield running


@contextmanager
def served_from(root: Path, settings: Settings, *options: str, **environment: str) -> Iterator[Served]:
    """The same, of the code in another folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    settings_given = {
        "SVAR_ENV": "development",
        "DATABASE_URL": settings.database_url,
        "SECRET_KEY": settings.secret_key,
        "SVAR_INSTANCE": str(settings.instance),
        "FIELD_KEYS": KEY,
        "PORT": str(port),
        "WEB_WORKERS": "1",
        "WEB_THREADS": "2",
    }
    command = [sys.executable, "-m", "gunicorn", "wsgi:app", "--log-level", "warning", *options]
    process = subprocess.Popen(command, cwd=root, env=os.environ | settings_given | environment)
    running = Served(process, port)
    try:
        _await(running)
        yield running
    finally:
        process.terminate()
        process.wait(40)


def _await(running: Served) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and running.process.poll() is None:
        try:
            if running.ask("GET", "/health/live")[0].status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not begin to answer")
