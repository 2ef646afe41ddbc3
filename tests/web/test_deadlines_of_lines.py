"""When a line is given up, by what stands on it and since when: a rule without a server."""

from dataclasses import dataclass
from threading import Lock
from types import SimpleNamespace
from typing import Any

import pytest
from waitress.adjustments import Adjustments

from app.web.serving import (
    BODY_SECONDS,
    HEAD_SECONDS,
    IDLE_SECONDS,
    SLOWEST_READER,
    STALLED_SECONDS,
    Connection,
    accept_waiting,
    close_late,
)


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


@pytest.mark.parametrize(("requests", "kept"), [(1, 1), (32, 32), (33, 32), (455, 32)])
def test_of_very_many_requests_at_once_the_first_are_answered_and_the_line_closed(requests: int, kept: int) -> None:
    tasks: list[Connection] = []
    connection = line(adj=Adjustments(), requests_lock=Lock(), server=SimpleNamespace(add_task=tasks.append))
    connection.received(b"GET / HTTP/1.1\r\n\r\n" * requests)
    last = connection.requests[-1].headers.get("CONNECTION")
    assert (len(connection.requests), last, len(tasks)) == (kept, "close" if requests > kept else None, 1)


@pytest.mark.parametrize(("waiting", "taken"), [(0, 0), (1, 1), (64, 64), (100, 64)])
def test_lines_that_wait_are_taken_in_together(waiting: int, taken: int) -> None:
    class Server:
        """Takes in one line at a time, as Waitress does."""

        def __init__(self) -> None:
            self.active_channels: list[int] = []

        def handle_accept(self) -> None:
            if len(self.active_channels) < waiting:
                self.active_channels.append(1)

    server = Server()
    accept_waiting(server)
    assert len(server.active_channels) == taken


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
    ("stands", "since"),
    [
        ({"creation_time": AT}, AT),  # opened, and nothing came
        ({}, AT),
        ({"request": Request(headers_finished=False)}, AT - 5),
        ({"request": Request(headers_finished=True)}, AT - 5),
        ({"total_outbufs_len": 9}, AT),
        ({"total_outbufs_len": 9, "lies_since": AT - 50, "request": Request(headers_finished=True)}, AT - 50),
    ],
)
def test_bytes_do_not_make_a_line_younger(stands: dict[str, Any], since: float) -> None:
    assert line(**stands).since() == since


@pytest.mark.parametrize(
    ("lines", "most", "closed"),
    [
        ([(9, 1), (11, 2), (12, 3)], 10, [1]),  # its time is over
        ([(10, 1), (11, 2)], 10, [1]),
        ([(11, 1), (12, 2), (13, 3)], 2, [1]),
        ([(11, 3), (12, 2), (13, 1)], 1, [1, 2]),  # the last has just come, though she has least time
        ([(9, 3), (12, 2), (13, 1)], 2, [3]),
        ([(9, 3), (12, 2), (13, 1)], 1, [3, 1]),
        ([(NEVER, 1), (11, 2), (NEVER, 3)], 1, [2]),  # nobody to whom we owe an answer
        ([(NEVER, 1), (NEVER, 2)], 0, []),
        ([], 0, []),
    ],
)
def test_late_lines_are_closed_and_of_too_many_those_that_have_been_longest_at_it(
    monkeypatch: pytest.MonkeyPatch, lines: list[tuple[float, float]], most: int, closed: list[float]
) -> None:
    gone: list[float] = []
    monkeypatch.setattr(Connection, "patience_ends", lambda self: self.lies_since)
    monkeypatch.setattr(Connection, "since", lambda self: self.began)
    monkeypatch.setattr(Connection, "handle_close", lambda self: gone.append(self.began))
    close_late([line(lies_since=ends, began=since) for ends, since in lines], 10, most)
    assert gone == closed
