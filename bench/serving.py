"""What a page costs as it is served, beside gunicorn's own threads, in one run.

Both serve BackToBasic's day-154 visit from two processes of eight threads to eight lines, each kept open for many
pages, and each opened anew for one. What counts is the processor time of the serving processes for a page: nothing else
on the machine adds to it. Rounds alternate, and the best of each counts.
Run: `python -m bench.serving`.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path

from app.core.audit import acting
from app.core.database import transaction
from app.core.time import now
from app.schedule.links import token
from bench.patient import make_app
from bench.processor import used
from bench.promises import Bound, Promise, settle
from tests.factories import example, installed, scheduled, visit

ROUNDS, PAGES, LINES = 8, 40, 8
THREADS = ("--worker-class", "gthread", "--workers", "2", "--threads", "8")
"""How pages were served before `app.web.serving`."""
LEAST = 0.95


@dataclass(frozen=True)
class Server:
    """A server at work: its port, and its processes that serve."""

    port: int
    processes: tuple[Path, ...]

    def seconds(self) -> float:
        """Seconds on a processor that its threads took since they began."""
        return sum(used(thread) for process in self.processes for thread in (process / "task").iterdir())


def main() -> None:
    """Measure and print; exit code 1 where ours costs more."""
    with tempfile.TemporaryDirectory() as folder:
        app = make_app(Path(folder))
        with app.app_context(), acting("bench"), transaction():
            infused = now() - timedelta(days=154)
            early = infused - timedelta(days=30)
            someone = scheduled(installed(example(), early), infused, given_at=infused, now=early)
            path = f"/a/{token(visit(someone, 'd154'))}"
        with _serving(()) as ours, _serving(THREADS) as threads:
            kept, anew = (_compare(ours, threads, path, keep=keep) for keep in (True, False))
    for name, (mine, theirs) in (("kept", kept), ("anew", anew)):
        print(f"a page on a line {name}: {mine:.2f} ms of processor, by threads {theirs:.2f} ms")
    settle(
        Promise(f"a page on a line {name}, beside gunicorn's threads", theirs / mine, Bound.LEAST, LEAST, "%")
        for name, (mine, theirs) in (("kept", kept), ("anew", anew))
    )


@contextmanager
def _serving(options: tuple[str, ...]) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "wsgi:app", "--log-level", "warning", *options]
    process = subprocess.Popen(
        command, env=os.environ | {"SVAR_ENV": "development", "PORT": str(port)}, stderr=subprocess.DEVNULL
    )
    try:
        while not _answers(port):
            time.sleep(0.2)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("utf-8").split()
        yield Server(port, tuple(Path("/proc") / child for child in children))
    finally:
        process.terminate()
        process.wait(60)


def _answers(port: int) -> bool:
    try:
        return _pages(port, "/health/live", 1, keep=False) == 1
    except OSError:
        return False


def _compare(ours: Server, threads: Server, path: str, *, keep: bool) -> tuple[float, float]:
    """Milliseconds of processor for a page, ours and theirs."""
    rounds = [[_cost(server, path, keep=keep) for server in (ours, threads)] for _ in range(ROUNDS)]
    mine, theirs = map(min, zip(*rounds[1:], strict=True))
    return mine, theirs


def _cost(server: Server, path: str, *, keep: bool) -> float:
    began = server.seconds()
    with ThreadPoolExecutor(LINES) as lines:
        pages = sum(lines.map(lambda _: _pages(server.port, path, PAGES, keep=keep), range(LINES)))
    return (server.seconds() - began) / pages * 1000


def _pages(port: int, path: str, count: int, *, keep: bool) -> int:
    """Get a page so many times, on one line or each on its own."""
    line = HTTPConnection("127.0.0.1", port, timeout=30)
    for _ in range(count):
        line.request("GET", path, headers={"Accept-Encoding": "gzip", "Accept": "text/html"})
        answer = line.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        if not keep:
            line.close()
    line.close()
    return count


if __name__ == "__main__":
    main()
