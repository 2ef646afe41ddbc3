"""Whoever sends or reads a byte a second stops nobody: the server itself bears it, without a proxy before it."""

import re
import runpy
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from threading import Event, Thread

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.config import Settings
from app.core import crypto
from app.core.audit import acting
from app.core.database import db, transaction
from app.core.time import now
from app.core.usable_settings import SERVED
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.models import Message, MessageState
from app.request_size import LARGEST_BODY
from app.schedule.links import token
from app.schedule.models import Assessment
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


def assert_answered_quickly(running: Served, link: str) -> None:
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
            assert_answered_quickly(running, links[1])


def test_those_who_do_not_read_their_answers_keep_no_patient_waiting(running: Served, links: list[str]) -> None:
    request = f"GET {links[0]} HTTP/1.1\r\n{HOST}\r\n".encode()
    with ExitStack() as held:
        for _ in range(60):
            line = held.enter_context(socket.socket())
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            line.connect(("127.0.0.1", running.port))
            line.sendall(request * 20)
        assert_answered_quickly(running, links[1])


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
    (LIVE * 40, [200] * 32),
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
    (f"{GET}X: a\r\n b\r\n\r\n", [400]),
    ("\r\n\r\n" * 3, [400]),
    (f"\r\n{LIVE}", [200]),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [404]),
    (f"GET http://[x HTTP/1.1\r\n{HOST}\r\n", [400]),
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
        for number, line in enumerate(slow):
            line.sendall(head(links[0], 200) if number % 2 else b"GET / HTTP/1.1\r\n")
        assert_answered_quickly(running, links[3])
        fresh = held.enter_context(running.line())
        time.sleep(0.6)
        fresh.sendall(LIVE.encode())
        assert fresh.recv(100).startswith(b"HTTP/1.1 200 OK"), "who has just come needs a moment, and has it"
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


@pytest.mark.parametrize(
    ("sentence", "bind"),
    [
        ({}, "127.0.0.1:8000"),
        ({"PORT": "5000"}, "127.0.0.1:5000"),
        ({"WEB_BIND": "0.0.0.0"}, "0.0.0.0:8000"),  # noqa: S104 - told so
        ({"WEB_BIND": "[::1]", "PORT": "80"}, "[::1]:80"),
        (dict.fromkeys(SERVED, "") | {"PORT": ""}, "127.0.0.1:8000"),
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
