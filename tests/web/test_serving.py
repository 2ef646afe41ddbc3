"""Whoever sends or reads a byte a second stops nobody: the server itself bears it, without a proxy before it."""

import re
import runpy
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from threading import Event, Lock, Thread
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from waitress.adjustments import Adjustments

from app import clock
from app.config import Settings
from app.core import crypto
from app.core.audit import acting
from app.core.database import db, transaction
from app.core.time import now
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.models import Message, MessageState
from app.request_size import LARGEST_BODY
from app.schedule.links import token
from app.schedule.models import Assessment
from app.web.serving import (
    BODY_SECONDS,
    HEAD_SECONDS,
    IDLE_SECONDS,
    SLOWEST_READER,
    STALLED_SECONDS,
    Connection,
    close_late,
)
from tests.databases import Reused
from tests.factories import example, installed, put_away, scheduled, visit
from tests.web.serving import ROOT, Served, served

HOST = "Host: localhost\r\n"
BEGUN = "_act=start"


@pytest.fixture(scope="module")
def links(worker_app: Flask, worker_settings: Settings, reused: Reused) -> Iterator[list[str]]:
    """Addresses of open visits, of people whose invitation has not left."""
    reused.empty()
    crypto.configure(worker_settings.keyring)
    infused = now() - timedelta(days=155)
    early = infused - timedelta(days=30)
    with worker_app.app_context(), acting("test"), transaction():
        protocol = installed(example(), early)
        people = [scheduled(protocol, infused, given_at=infused, now=early) for _ in range(4)]
        made = [f"/a/{token(visit(someone, 'd154'))}" for someone in people]
    yield made
    put_away(worker_app)


@pytest.fixture(scope="module")
def running(links: list[str], worker_settings: Settings) -> Iterator[Served]:
    """Two threads, so that three lines that hold one would stop it."""
    with served(worker_settings) as made:
        yield made


def head(path: str, length: int) -> bytes:
    form = "Content-Type: application/x-www-form-urlencoded\r\n"
    return f"POST {path} HTTP/1.1\r\n{HOST}{form}Content-Length: {length}\r\n\r\n".encode()


@contextmanager
def dripping(lines: list[socket.socket], every: float = 0.2) -> Iterator[None]:
    """Meanwhile each of these lines sends a byte at a time."""
    stop = Event()

    def drip() -> None:
        while not stop.wait(every):
            for line in lines:
                line.sendall(b"x")

    thread = Thread(target=drip)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def answers_quickly(running: Served, link: str) -> None:
    """A patient opens her questions and begins, a few times; each within a second, however busy the machine."""
    seconds = []
    for _ in range(5):
        began = time.monotonic()
        assert running.ask("GET", link)[0].status == 200
        begun = running.ask("POST", link, BEGUN, Content_Type="application/x-www-form-urlencoded")
        assert begun[0].status == 200, begun[1]
        seconds.append(time.monotonic() - began)
    assert sorted(seconds)[2] < 1, seconds


def test_sixty_slow_lines_keep_no_patient_waiting(running: Served, links: list[str]) -> None:
    with ExitStack() as held:
        lines = [held.enter_context(running.line()) for _ in range(60)]
        for number, line in enumerate(lines):
            line.sendall(head(links[0], 200) if number % 2 else b"GET / HTTP/1.1\r\nX-Slow: ")
        with dripping(lines):
            answers_quickly(running, links[1])


def test_those_who_do_not_read_their_answers_keep_no_patient_waiting(running: Served, links: list[str]) -> None:
    request = f"GET {links[0]} HTTP/1.1\r\n{HOST}\r\n".encode()
    with ExitStack() as held:
        for _ in range(60):
            line = held.enter_context(socket.socket())
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            line.connect(("127.0.0.1", running.port))
            line.sendall(request * 20)
        answers_quickly(running, links[1])


def test_whoever_stops_sending_still_gets_the_answer(running: Served, links: list[str]) -> None:
    with running.line() as line:
        line.sendall(head(links[0], len(BEGUN)) + BEGUN.encode())
        line.shutdown(socket.SHUT_WR)
        assert line.recv(100).startswith(b"HTTP/1.1 200 OK")


def test_texts_leave_while_an_answer_trickles_in(worker_app: Flask, running: Served, links: list[str]) -> None:
    gateway = SandboxGateway(worker_app.extensions["settings"])
    with running.line() as line, worker_app.app_context():
        line.sendall(head(links[2], 200) + b"_act=")
        with dripping([line], every=0.1):
            time.sleep(0.5)
            due = db.session.scalars(select(Assessment.send_at).filter_by(visit="d154").limit(1)).one()
            db.session.rollback()
            began = time.monotonic()
            clock.tick(gateway, due + timedelta(minutes=1))
            assert time.monotonic() - began < 4, "less than a lock is waited for"
        query = select(Message.state).join(Assessment, Assessment.id == Message.assessment_id).order_by(Message.id)
        states = db.session.scalars(query.where(Assessment.visit == "d154")).all()
        db.session.rollback()
    assert (len(states), set(states)) == (len(links), {MessageState.ACCEPTED})


GET = f"GET /health/live HTTP/1.1\r\n{HOST}"
LIVE = f"{GET}\r\n"
POST = f"POST /login HTTP/1.1\r\n{HOST}"
RAW = [
    (LIVE, [200]),
    (LIVE + LIVE, [200, 200]),
    (LIVE + "junk\r\n\r\n", [200, 400]),
    ("\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", [400]),
    (f"{POST}Content-Length: 301000000\r\n\r\n", [413]),
    (f"{POST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", [400]),
    (f"{POST}Content-Length: +5\r\n\r\nabcde", [400]),
    (f"{POST}Content-Length: -5\r\n\r\nabcde", [400]),
    (f"{POST}Content-Length: 5, 5\r\n\r\nabcde", [400]),
    (f"{POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", [501]),
    (f"{POST}Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n", [400]),
    (f"{POST}Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n", [400]),
    (f"{POST}Content_Length: 5\r\nHost : x\r\n\r\n", [400]),
    (f"{GET}X: a\r\n b\r\n\r\n", [200]),
    (f"GET /health/live HTTP/1.1\r\n{HOST}X: a\nY: b\r\n\r\n", [400]),
]


def all_of(line: socket.socket) -> bytes:
    """What comes until it is closed, in whichever way."""
    answers = b""
    with suppress(ConnectionResetError):
        while taken := line.recv(65536):
            answers += taken
    return answers


@pytest.mark.parametrize(("sent", "statuses"), RAW, ids=range(len(RAW)))
def test_what_is_no_request_is_refused_and_never_taken_for_two(running: Served, sent: str, statuses: list[int]) -> None:
    with running.line() as line:
        line.sendall(sent.encode("latin-1"))
        line.shutdown(socket.SHUT_WR)
        answers = all_of(line)
    assert [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3})", answers)] == statuses, answers


@pytest.mark.parametrize(
    "name", ["SCRIPT_NAME", "Script-Name", "X-Forwarded-Prefix", "X_Forwarded_Prefix", "X-Script-Name"]
)
def test_no_header_moves_the_figures_to_an_address_that_a_proxy_lets_through(running: Served, name: str) -> None:
    with running.line() as line:
        line.sendall(f"GET /x/metrics HTTP/1.1\r\n{HOST}{name}: /x\r\n\r\n".encode())
        assert line.recv(100).startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize("sent", [f"{GET}X: {'x' * 10**6}\r\n\r\n", f"GET /{'x' * 10**6} HTTP/1.1\r\n{HOST}\r\n"])
def test_a_head_without_end_is_not_listened_to(running: Served, sent: str) -> None:
    answers = b""
    with running.line() as line, suppress(ConnectionError):
        line.sendall(sent.encode())
        answers = all_of(line)
    assert not answers or b" 431 " in answers[:20]


def test_two_ways_to_tell_a_bodys_length_never_make_a_second_request_of_it(running: Served) -> None:
    hidden = f"0\r\n\r\n{GET}\r\n"
    with running.line() as line:
        line.sendall(f"{POST}Content-Length: {len(hidden)}\r\nTransfer-Encoding: chunked\r\n\r\n{hidden}".encode())
        line.shutdown(socket.SHUT_WR)
        answers = all_of(line)
    assert answers.startswith(b"HTTP/1.1 400 Bad Request")
    assert b"alive" not in answers


def test_what_is_a_little_too_large_is_refused_in_words(running: Served) -> None:
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    answer, text = running.ask("POST", "/login", "x" * (LARGEST_BODY + 1000), **form)
    assert (answer.status, "What was sent is too large" in text) == (413, True)


def test_what_has_begun_is_answered_before_it_stops_and_slow_lines_hold_nothing_up(
    links: list[str], worker_settings: Settings
) -> None:
    with served(worker_settings, WEB_CONNECTIONS="10") as running, ExitStack() as held:
        slow = [held.enter_context(running.line()) for _ in range(30)]
        for line in slow:
            line.sendall(b"GET / HTTP/1.1\r\n")
        answers_quickly(running, links[3])
        time.sleep(0.6)
        late = running.line()
        late.sendall(head(links[3], len(BEGUN)) + BEGUN[:3].encode())
        assert sum(is_closed(line) for line in slow) >= 20, "of too many lines, those go first that take longest"
        time.sleep(0.4)
        began = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        late.sendall(BEGUN[3:].encode())
        assert late.recv(100).startswith(b"HTTP/1.1 200 OK")
        late.close()
        assert running.process.wait(20) == 0
        assert time.monotonic() - began < 15


def is_closed(line: socket.socket) -> bool:
    line.setblocking(False)
    try:
        return line.recv(1) == b""
    except BlockingIOError:
        return False


@dataclass
class Request:
    """A request on its way."""

    headers_finished: bool


AT = 1000.0
NEVER = float("inf")


def line(**stands: Any) -> Connection:
    """A line that was opened at 0 and last heard of at AT."""
    made = Connection.__new__(Connection)
    stand_in = {"creation_time": 0.0, "last_activity": AT, "requests": [], "request": None, "total_outbufs_len": 0}
    made.__dict__.update(stand_in | {"began": AT - 5} | stands)
    return made


@pytest.mark.parametrize(
    ("stands", "until"),
    [
        ({"creation_time": AT}, AT + HEAD_SECONDS),  # opened, and nothing came
        ({}, AT + IDLE_SECONDS),  # between two requests
        ({"request": Request(headers_finished=False)}, AT - 5 + HEAD_SECONDS),
        ({"request": Request(headers_finished=True)}, AT - 5 + BODY_SECONDS),
        ({"requests": ["one"]}, NEVER),  # it is our turn
        ({"requests": ["one"], "total_outbufs_len": 9}, AT + STALLED_SECONDS),
        ({"total_outbufs_len": 9}, AT + STALLED_SECONDS),
        ({"total_outbufs_len": 9, "lies_since": AT - 50}, AT - 50 + BODY_SECONDS),  # read a byte at a time
        ({"total_outbufs_len": 9, "lies_since": AT - 50, "taken": 5 * SLOWEST_READER}, AT - 50 + BODY_SECONDS + 5),
        ({"total_outbufs_len": 9, "lies_since": AT - 50, "taken": 5 << 20}, AT + STALLED_SECONDS),  # a large file
        ({"total_outbufs_len": 9, "request": Request(headers_finished=True)}, AT + STALLED_SECONDS),
    ],
)
def test_what_is_on_its_way_has_a_deadline_that_bytes_do_not_put_off(stands: dict[str, Any], until: float) -> None:
    assert line(**stands).patience_ends() == until


def test_the_time_of_a_request_begins_with_its_first_byte_and_with_no_later_one() -> None:
    tasks: list[Connection] = []
    connection = line(adj=Adjustments(), requests_lock=Lock(), server=SimpleNamespace(add_task=tasks.append))
    began = []
    for at, sent in enumerate([b"GET / HT", b"TP/1.1\r\n", b"A: b\r\n", b"\r\nGET / HTTP/1.1\r\n", b"A: b\r\n"]):
        connection.last_activity = AT + at
        connection.received(sent)
        began.append(connection.began - AT)
    assert began == [0, 0, 0, 3, 3]
    assert tasks == [connection]


def test_the_time_of_an_answer_begins_where_it_lies_and_is_over_once_all_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    takes: list[int] = []
    connection = line(socket=SimpleNamespace(send=lambda _: takes.pop(0)))
    noted = []
    for at, (lies, taken) in enumerate([(9, 9), (9, 0), (9, 2), (7, 1), (6, 6), (9, 3)]):
        monkeypatch.setattr("app.web.serving.time.time", lambda at=at: AT + at)
        takes.append(taken)
        connection.total_outbufs_len = lies
        connection.send(b"123456789")
        noted.append((connection.lies_since and connection.lies_since - AT, connection.taken))
    assert noted == [(0, 0), (1, 0), (1, 2), (1, 3), (0, 0), (5, 3)]


@pytest.mark.parametrize(
    ("ends", "most", "closed"),
    [
        ([9, 11, 12], 10, [9]),
        ([10, 11], 10, [10]),
        ([11, 12, 13], 2, [11]),
        ([13, 11, 12], 1, [11, 12]),
        ([NEVER, 11, NEVER], 1, [11]),
        ([NEVER, NEVER], 0, []),
        ([], 0, []),
    ],
)
def test_late_lines_are_closed_and_of_too_many_those_that_would_be_next(
    monkeypatch: pytest.MonkeyPatch, ends: list[float], most: int, closed: list[float]
) -> None:
    gone: list[float] = []
    monkeypatch.setattr(Connection, "patience_ends", lambda self: self.began)
    monkeypatch.setattr(Connection, "handle_close", lambda self: gone.append(self.began))
    close_late([line(began=end) for end in ends], 10, most)
    assert gone == closed


@pytest.mark.parametrize(
    ("sentence", "bind"),
    [
        ({}, "127.0.0.1:8000"),
        ({"PORT": "5000"}, "127.0.0.1:5000"),
        ({"WEB_BIND": "0.0.0.0"}, "0.0.0.0:8000"),  # noqa: S104 - told so
        ({"WEB_BIND": "[::1]", "PORT": "80"}, "[::1]:80"),
    ],
)
def test_only_this_machine_is_listened_to_unless_told(
    monkeypatch: pytest.MonkeyPatch, sentence: dict[str, str], bind: str
) -> None:
    for name in ("WEB_BIND", "PORT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in sentence.items():
        monkeypatch.setenv(name, value)
    assert runpy.run_path(str(ROOT / "gunicorn.conf.py"))["bind"] == bind
    assert "bind" not in (ROOT / "Procfile").read_text("utf-8")
