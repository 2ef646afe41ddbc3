"""How pages are served: gunicorn keeps the processes, and in each Waitress reads all requests with one thread.

A thread of ours is given a request once it is there as a whole, head and body, and leaves its answer with the reader.
Whoever sends or reads a byte a second costs a socket for a while, and nobody else anything. What is on its way has a
deadline; where there are more lines than we keep, those go first that have been at it longest.

Rejected: gunicorn's gthread (a thread for each slow line: as many as there are threads stop the service), gevent (a
password or an export that is reckoned would stop its loop), Waitress by itself (one process, and nobody to keep it).
"""

import logging
import os
import re
import time
from functools import partial
from typing import Any

from gunicorn.workers.base import Worker
from waitress import create_server, wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import BaseWSGIServer
from waitress.utilities import BadRequest

from app.request_size import LARGEST_BODY, SAID_IN_WORDS

HEAD_SECONDS, BODY_SECONDS = 20, 60
"""How long a request may be on its way: until its head is there, and until all of it is."""
IDLE_SECONDS, STALLED_SECONDS = 60, 30
"""How long an open line may be silent between two requests, and an answer lie without a byte of it being taken."""
SLOWEST_READER = 1024
"""So many bytes of an answer must be taken in a second, once it has lain for BODY_SECONDS: a byte now and then is not
reading it, and would keep a line for ever that the next one waits for."""
MOST_ASKED_AT_ONCE = 32
"""So many requests of one line are answered that came without waiting for an answer; nobody needs more."""
LINES_A_TURN = 64
FINISHING_SECONDS = 3
"""How long, once we are told to stop, what is still on its way may come."""
LOOK_EVERY = 0.25
SERVER_LIMITS: dict[str, Any] = {
    "max_request_header_size": 32 * 1024,
    "max_request_body_size": LARGEST_BODY + SAID_IN_WORDS,
    "inbuf_overflow": 2 * LARGEST_BODY,  # what a patient writes is never put into a file
    "outbuf_high_watermark": 128 * 1024 * 1024,  # so much of an answer waits in a file, not a thread
    "cleanup_interval": 10**9,  # we look after the lines ourselves
    "clear_untrusted_proxy_headers": False,  # the edge knows how many proxies are trusted
    "server_name": "localhost",
    "ident": None,
    "asyncore_use_poll": True,
}


class Request(HTTPRequestParser):  # type: ignore[misc]
    """A request that says once how long it is, so that nobody before us can take it for two."""

    empty: bool = False

    def received(self, data: bytes) -> int:
        """Take what belongs to it, and say how much that is. Blank lines are no request, and keep no line open."""
        taken = int(super().received(data))
        if self.completed and self.empty:
            self.empty, self.error = False, BadRequest("nothing was asked")
        return taken

    def parse_header(self, header_plus: bytes) -> None:
        """Read the head; ParsingError says what is wrong."""
        try:
            super().parse_header(quickly_read(header_plus))
        except ValueError as error:  # an address that is none, a length of thousands of digits
            raise ParsingError("the head cannot be read") from error
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("Content-Length and Transfer-Encoding are both there")


FIRST_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+ [^ ]+(?: HTTP/[0-9]\.[0-9])?")
"""As Waitress has it, but it is over each sign once."""


def quickly_read(head: bytes) -> bytes:
    """The head as Waitress reads it in a moment; ParsingError for one that it would read for minutes.

    Its patterns go over a long address that does not fit, and over blanks before a value, again and again: one head of
    30 kB would stop this process for as long. Lines that are folded, which nobody sends any more, bring such blanks.
    """
    first, *lines = head.split(b"\r\n")
    if not FIRST_LINE.fullmatch(first.rstrip()):
        raise ParsingError("the first line is no request")
    return b"\r\n".join([first.rstrip(), *map(_without_blanks, lines)])


def _without_blanks(line: bytes) -> bytes:
    if line[:1] in (b" ", b"\t"):
        raise ParsingError("a line of the head is folded")
    name, colon, value = line.partition(b":")
    return name + colon + value.strip(b" \t")


class Connection(HTTPChannel):  # type: ignore[misc]
    """A connection that knows since when its request is on its way."""

    parser_class = Request
    began = 0.0
    lies_since = 0.0
    """Since when an answer lies here, or 0; and how much of it was taken since."""
    taken = 0

    def received(self, data: bytes) -> bool:
        """Take what came; what begins a request begins its time."""
        before = self.request
        taken = bool(super().received(data))
        if self.request is not before:
            self.began = self.last_activity
        self._drop_the_rest()
        return taken

    def _drop_the_rest(self) -> None:
        """Of very many requests at once keep the first; the line is closed once they are answered."""
        with self.requests_lock:
            rest = self.requests[MOST_ASKED_AT_ONCE:]
            if rest:
                del self.requests[MOST_ASKED_AT_ONCE:]
                self.requests[-1].headers["CONNECTION"] = "close"
        for request in rest:
            request.close()

    def writable(self) -> bool:
        """Whether the reader may send: not while a thread does (it then says so), or both would turn in circles."""
        if not super().writable():
            return False
        if not self.outbuf_lock.acquire(False):
            return False
        self.outbuf_lock.release()
        return True

    def write_soon(self, data: Any) -> int:
        """Send what can be sent at once, and leave the rest with the reader."""
        taken = int(super().write_soon(data))
        if self.total_outbufs_len:
            self.server.pull_trigger()
        return taken

    def send(self, data: bytes, do_close: bool = True) -> int:
        """Send what the other side takes of it; the time of an answer begins when it does not take all of it."""
        before, sent = self.lies_since, int(super().send(data, do_close))
        if sent == self.total_outbufs_len:
            self.lies_since, self.taken = 0.0, 0
        else:
            self.lies_since, self.taken = before or time.time(), self.taken + sent
        return sent

    def is_idle(self) -> bool:
        """Whether nothing is on its way, in either direction."""
        return self.request is None and not self.requests and not self.total_outbufs_len

    def patience_ends(self) -> float:
        """When it is closed unless something comes or goes before; never while it is our turn."""
        if self.total_outbufs_len:
            return float(min(self.last_activity + STALLED_SECONDS, self._read_by()))
        if self.requests:
            return float("inf")
        if self.request is None:
            silent = HEAD_SECONDS if self.last_activity == self.creation_time else IDLE_SECONDS
            return float(self.last_activity + silent)
        return self.began + (BODY_SECONDS if self.request.headers_finished else HEAD_SECONDS)

    def since(self) -> float:
        """Since when it is at what it is at: sending a request, taking an answer, or nothing."""
        if self.total_outbufs_len:
            return float(self.lies_since or self.last_activity)
        return float(self.last_activity if self.request is None else self.began)

    def _read_by(self) -> float:
        """When an answer is given up that is taken too slowly."""
        since = self.lies_since or self.last_activity
        return float(since + BODY_SECONDS + self.taken / SLOWEST_READER)


class Reader(Worker):  # type: ignore[misc]
    """A process of gunicorn's in which Waitress reads."""

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Refuse what it cannot do, before anybody relies on it."""
        if cfg.is_ssl:
            raise SystemExit(
                "Svar does not speak TLS itself: put a proxy before it, and leave certfile and keyfile out."
            )

    looked_at = 0.0

    def run(self) -> None:
        """Serve until gunicorn says stop; what has begun is brought to its end first."""
        logging.getLogger("waitress").setLevel(logging.ERROR)
        self.lines: dict[int, Any] = {}
        settings = SERVER_LIMITS | {
            "connection_limit": 2 * self.cfg.worker_connections
        }  # what is over is closed before
        sockets = [listener.sock for listener in self.sockets]
        server = create_server(self.wsgi, map=self.lines, sockets=sockets, threads=self.cfg.threads, **settings)
        self.servers = [each for each in self.lines.values() if isinstance(each, BaseWSGIServer)]
        for each in self.servers:
            each.channel_class = Connection
            each.handle_accept = partial(accept_waiting, each)
        while self.alive and self.ppid == os.getppid():
            self._turn()
        self._finish()
        server.task_dispatcher.shutdown()

    def _turn(self) -> None:
        """Wait for whatever comes, at most a second, and look after the lines."""
        wasyncore.poll2(LOOK_EVERY, self.lines)
        if (now := time.time()) >= self.looked_at + LOOK_EVERY:
            self.looked_at = now
            self.notify()
            close_late(self._open(), now, self.cfg.worker_connections)

    def _finish(self) -> None:
        """Take no new line; answer what is here, or soon is, as long as gunicorn lets us."""
        for each in self.servers:
            each.accepting = False
            each.del_channel()
            each.socket.close()
        began, most = time.monotonic(), self.cfg.graceful_timeout - 2
        while (passed := time.monotonic() - began) < most and self._open():
            for line in self._open():
                if line.is_idle() or (passed > FINISHING_SECONDS and not line.requests and line.request is not None):
                    line.handle_close()
            self._turn()

    def _open(self) -> list[Connection]:
        return [line for line in self.lines.values() if isinstance(line, Connection)]


def accept_waiting(server: BaseWSGIServer) -> None:
    """Take in the lines that wait: one a turn, as Waitress does, would let a patient wait for all who came before."""
    for _ in range(LINES_A_TURN):
        before = len(server.active_channels)
        type(server).handle_accept(server)
        if len(server.active_channels) == before:
            return


def close_late(lines: list[Connection], now: float, most: int) -> None:
    """Close the lines whose time is over; of too many also those that have been longest at what they are at.

    Whoever has just come is the last to go: she may be a patient, whose request needs a moment over a slow network.
    """
    late = [line for line in lines if line.patience_ends() <= now]
    rest = sorted((line for line in lines if now < line.patience_ends() < float("inf")), key=Connection.since)
    over = max(0, len(lines) - len(late) - most)
    for line in (*late, *rest[:over]):
        line.handle_close()
