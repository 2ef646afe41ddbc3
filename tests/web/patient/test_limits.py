"""Guessing at links: each address by itself, in any minute, and nothing of it for who has a link."""

import time
from collections.abc import Iterable

import pytest
import time_machine
from flask import Flask

from tests.factories import visitor

pytestmark = pytest.mark.usefixtures("on_day_154")
START = time.time() + 86_400
"""Ahead of the true time: to that the limiter's own thread clears away, between two guesses, what is older than it."""


def guess(app: Flask, address: str = "192.0.2.1", link: str = "/a/x", after: float = 0.0) -> int:
    """The status that somebody at this address gets, so many seconds after the start."""
    with time_machine.travel(START + after, tick=False):
        return visitor(app).get(link, environ_base={"REMOTE_ADDR": address}).status_code


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        ([0.0] * 19, 0.0, 404),
        ([0.0] * 20, 0.0, 429),
        ([0.0] * 20, 59.0, 429),
        ([0.0] * 20, 61.0, 404),
        ([0.0] * 10 + [50.0] * 10, 55.0, 429),
        ([0.0] * 10 + [50.0] * 10, 61.0, 404),  # no fixed minute: those of the last one count
        ([0.0] * 10 + [50.0] * 9 + [61.0] * 11, 62.0, 429),
    ],
)
def test_twenty_wrong_links_in_any_minute_are_answered_and_no_more(
    app: Flask, before: Iterable[float], after: float, status: int
) -> None:
    assert {guess(app, after=moment) for moment in before} == {404}
    assert guess(app, after=after) == status


@pytest.mark.parametrize(
    ("address", "status"), [("192.0.2.1", 429), ("192.0.2.2", 404), ("2001:db8::1", 404), ("", 404)]
)
def test_each_address_guesses_for_itself(app: Flask, address: str, status: int) -> None:
    for _ in range(20):
        guess(app)
    assert guess(app, address) == status


@pytest.mark.parametrize(
    ("address", "status"),
    [("2001:db8:1:2:ffff::1", 429), ("2001:db8:1:3::1", 404), ("::ffff:192.0.2.9", 404)],
)
def test_of_ipv6_a_network_guesses_as_one_since_one_person_has_all_of_it(app: Flask, address: str, status: int) -> None:
    for number in range(20):
        guess(app, f"2001:db8:1:2::{number:x}")
    assert guess(app, address) == status


def test_links_that_are_not_ours_count_in_whichever_form(app: Flask) -> None:
    forms = ("/a/x", "/a/", "/a/x/y/z", "/a/" + "A" * 34, "/a/" + "A" * 34 + "/received")
    assert [guess(app, link=forms[number % len(forms)]) for number in range(21)] == [404] * 20 + [429]


def test_a_real_link_is_no_guess_and_opens_for_who_guessed_before(app: Flask, link: str) -> None:
    assert {guess(app, link=link) for _ in range(30)} == {200}
    assert [guess(app) for _ in range(21)] == [404] * 20 + [429]
    assert guess(app, link=link) == 200
