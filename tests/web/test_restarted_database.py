"""PostgreSQL is restarted at once while patients send: what was acknowledged is there once, and nothing by half."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from http.client import HTTPException
from pathlib import Path

import psycopg
import pytest

from app import create_app
from app.config import Settings
from app.core import embedded, migrating
from app.core.audit import acting
from app.core.database import transaction
from app.core.time import now
from app.schedule.links import token
from tests.clock.test_cut_line import form_of
from tests.factories import example, installed, put_away, scheduled, visit
from tests.web.serving import Served, served

PEOPLE, AT_ONCE, BEFORE = 24, 4, 4
"""So many send, so many of them at a time; the first restart comes when so many are through."""
RESTARTS = 2
LONGEST = 120
TAKEN = 303
DURABLE = "fsync = on\nsynchronous_commit = on\nfull_page_writes = on\n"
"""As PostgreSQL is unless somebody changes it, and a server of tests is not: that would lose acknowledged answers."""
FORM = {"Content_Type": "application/x-www-form-urlencoded"}
KEPT = """
    SELECT r.assessment_id, count(DISTINCT r.id), count(a.id)
    FROM responses r LEFT JOIN answers a ON a.response_id = r.id
    GROUP BY r.assessment_id ORDER BY r.assessment_id
"""


def restart(home: Path, how: str = "immediate") -> None:
    """At once (`immediate`): nobody is asked, nothing is written out, and the log is played again."""
    place = embedded._place(home)
    started = ("-l", str(place / "log"), "-o", f"-k {embedded._socket(place)}")
    embedded._pg_ctl(place, "restart", "-m", how, *started)


@dataclass(frozen=True)
class Trial:
    """A server of its own, and visits that are open now: their ids, with links and whole answers."""

    home: Path
    settings: Settings
    address: str
    visits: dict[int, tuple[str, str]]

    def kept(self) -> dict[int, tuple[int, int]]:
        """By visit: how many responses it has, and how many answers these."""
        with psycopg.connect(self.address) as connection:
            return {visit_id: (responses, answers) for visit_id, responses, answers in connection.execute(KEPT)}


@pytest.fixture
def trial(worker_settings: Settings, tmp_path: Path) -> Iterator[Trial]:
    server = embedded.start(tmp_path / "postgres")
    with (embedded._place(tmp_path / "postgres") / "data" / "postgresql.conf").open("a", encoding="utf-8") as conf:
        conf.write(DURABLE)
    restart(tmp_path / "postgres", "fast")  # what was written until now is not durable
    server.ensure_database("svar")
    settings = replace(
        worker_settings,
        database_url=server.url("svar_app", "svar"),
        owner_url=server.url("svar_owner", "svar"),
        instance=tmp_path / "instance",
        exports=tmp_path / "exports",
    )
    migrating.upgrade(settings.owner_url)
    app, infused = create_app(settings), now() - timedelta(days=155)
    early, visits = infused - timedelta(days=30), {}
    with app.app_context(), acting("test"), transaction():
        protocol = installed(example(), early)
        for _ in range(PEOPLE):
            due = visit(scheduled(protocol, infused, given_at=infused, now=early), "d154")
            visits[due.id] = f"/a/{token(due)}", "&".join(f"{name}={value}" for name, value in form_of(due).items())
    put_away(app)
    yield Trial(tmp_path / "postgres", settings, server.url("postgres", "svar").replace("+psycopg", ""), visits)
    embedded.discard(tmp_path / "postgres")


def tried(running: Served, link: str, form: str) -> bool:
    """Whether her answers were acknowledged; an error, a page that says why not, or a line that broke are all no."""
    try:
        return running.ask("POST", link, form, **FORM)[0].status == TAKEN
    except (OSError, HTTPException):
        return False


@contextmanager
def restarted(trial: Trial, acknowledged: list[int]) -> Iterator[list[int]]:
    """Meanwhile the server is restarted, each time when some more are through; yields how many were by then."""
    through: list[int] = []

    def restart_often() -> None:
        for number in range(1, RESTARTS + 1):
            end = time.monotonic() + LONGEST
            while len(acknowledged) < number * BEFORE and time.monotonic() < end:
                time.sleep(0.005)
            restart(trial.home)
            through.append(len(acknowledged))

    thread = threading.Thread(target=restart_often)
    thread.start()
    try:
        yield through
    finally:
        thread.join(LONGEST)


def test_f21_what_was_acknowledged_before_and_after_a_restart_is_there_once_and_whole(trial: Trial) -> None:
    acknowledged: list[int] = []
    refused: list[int] = []

    def send(visit_id: int) -> None:
        end = time.monotonic() + LONGEST
        while not tried(running, *trial.visits[visit_id]):
            assert time.monotonic() < end, "her answers were never taken"
            refused.append(visit_id)
            time.sleep(0.05)
        acknowledged.append(visit_id)

    with (
        served(trial.settings) as running,
        restarted(trial, acknowledged) as through,
        ThreadPoolExecutor(AT_ONCE) as threads,
    ):
        list(threads.map(send, trial.visits))
    assert len(through) == RESTARTS
    assert max(through) < PEOPLE, "somebody sent after it"
    assert refused, "somebody met it"
    assert sorted(acknowledged) == sorted(trial.visits)
    kept = trial.kept()
    assert kept.keys() == trial.visits.keys()
    assert len(set(kept.values())) == 1, "one response each, and all as many answers"
    ((responses, answers),) = set(kept.values())
    assert (responses, answers > 30) == (1, True)
