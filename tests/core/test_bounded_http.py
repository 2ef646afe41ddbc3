"""Requests that end: in time whatever the other side does, and no larger than they may be."""

import time
from collections.abc import Iterator

import pytest
import requests

from app.core import bounded_http
from app.core.bounded_http import TooLarge, bound, bounded_session, deadline, exchange
from tests.fake_oidc.server import Provider

PATH = "/some/where"


@pytest.fixture
def server() -> Iterator[Provider]:
    """Answers without a length, and closes: the connection forgets its socket before the body is read."""
    made = Provider()
    yield made
    made.close()


def test_an_answer_without_a_length_that_drips_is_left_in_time(
    server: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_http, "TOTAL_SECONDS", 0.4)
    server.oidc.drips.add(PATH)
    began = time.monotonic()
    assert set(exchange(bounded_session(1), "GET", server.issuer + PATH).text) <= {" "}
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(("size", "is_read"), [(0, True), (1000, True), (1001, False), (100_000, False)])
def test_an_answer_is_read_as_far_as_it_may_be_large(server: Provider, size: int, is_read: bool) -> None:
    server.oidc.answers[PATH] = (200, b"x" * size)
    with deadline(), bound(requests.Session(), largest=1000) as session:
        if is_read:
            assert session.get(server.issuer + PATH).content == b"x" * size
        else:
            with pytest.raises(TooLarge):
                session.get(server.issuer + PATH)
    assert exchange(bounded_session(1), "GET", server.issuer + PATH).text == "x" * size
