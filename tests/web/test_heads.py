"""One head stops nobody: whatever is in it is read in a moment. A rule without a server; the reader has one thread."""

import pytest
from waitress.adjustments import Adjustments

from app.web.serving import SERVER_LIMITS, Request
from tests.timing import lasting_less_than

GET = b"GET / HTTP/1.1\r\n"
N = 30_000
HOSTILE = {
    "blanks before a value": GET + b"A:" + b" " * N + b"x",
    "blanks before what is no value": GET + b"A:" + b" " * N + b"\x01",
    "tabs before what is no value": GET + b"A: " + b"\t " * (N // 2) + b"\x7f",
    "blanks in a folded line": GET + b"A:\r\n" + b" " * N + b"x",
    "blanks after a value": GET + b"A: x" + b" " * N + b"\x01",
    "blanks between": GET + b"A: " + b"x  " * (N // 3) + b"\x01",
    "a name of blanks": GET + b"A" + b" " * N + b": x",
    "digits after a host": b"GET http://" + b"1" * N + b" HTTP/1.1 \r\nA: b",
    "digits, and a blank more": b"GET http://" + b"1" * N + b"  HTTP/1.1\r\nA: b",
    "digits, and no version": b"GET http://" + b"1" * N + b" HTTP/11\r\nA: b",
    "a long scheme": b"GET " + b"a" * (N // 2) + b"://" + b"1" * (N // 2) + b" HTTP/1.1 x\r\nA: b",
    "an address that is too long for a line": b"GET " + b"a" * N + b" x\r\nA: b",
    "a name and no more": b"G" * N + b"\r\nA: b",
    "many lines": GET + b"a:b\r\n" * (N // 5) + b"A: b",
}


def parsed(head: bytes) -> Request:
    request = Request(Adjustments(**{name: SERVER_LIMITS[name] for name in ("max_request_header_size",)}))
    request.received(head + b"\r\n\r\n")
    return request


@pytest.mark.parametrize("head", HOSTILE.values(), ids=HOSTILE)
def test_no_head_takes_longer_than_a_moment_to_read(head: bytes) -> None:
    with lasting_less_than(0.5):
        assert parsed(head).completed


@pytest.mark.parametrize(
    ("head", "error"),
    [
        (b"", "nothing was asked"),
        (b"GET http://[x/ HTTP/1.1", "cannot be read"),
        (GET + b"Content-Length: " + b"1" * 5000, "cannot be read"),
        (GET + b"A: b\r\n c", "folded"),
        (GET + b"A: b\r\n\t", "folded"),
        (b"GET / HTTP/1.1 x", "first line"),
        (b"GET  / HTTP/1.1", "first line"),
        (b"GET / HTTP/10", "first line"),
        (b"GET", "first line"),
        (GET + b"A : b", "Invalid header"),
        (GET + b"A", "Invalid header"),
        (GET + b"A: \x01", "Invalid header"),
    ],
)
def test_what_is_no_head_is_refused(head: bytes, error: str) -> None:
    refused = parsed(head).error
    assert (refused.code, error in refused.body) == (400, True), refused.body


@pytest.mark.parametrize(
    ("head", "path", "headers"),
    [
        (b"\r\n" + GET + b"A: b", "/", {"A": "b"}),  # a blank line too many, after the body before
        (b"GET / HTTP/1.1 \r\nA:b", "/", {"A": "b"}),
        (GET + b"A: \t b c\t d \t", "/", {"A": "b c\t d"}),
        (GET + b"A:\r\nB: c:d", "/", {"A": "", "B": "c:d"}),
        (GET + b"A: b\r\nA: c", "/", {"A": "b, c"}),
        (GET + b"A: \xe6", "/", {"A": "\xe6"}),
        (b"GET http://localhost:80/a?b HTTP/1.1\r\nA: b", "/a", {"A": "b"}),
        (b"OPTIONS * HTTP/1.1", "*", {}),
        (b"M-SEARCH /a%20b HTTP/1.0", "/a b", {}),
    ],
)
def test_what_is_one_is_understood_as_ever(head: bytes, path: str, headers: dict[str, str]) -> None:
    request = parsed(head)
    assert (request.error, request.path, request.headers) == (None, path, headers)
