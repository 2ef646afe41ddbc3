"""Codes as they are typed, what each is worth, and clocks of machines that are ahead of one another."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app.accounts.models import User
from app.core.time import moved_clock
from app.web.staff import second_factors
from tests.factories import visitor
from tests.web.staff.second_factor import OF_THE_LIBRARY, code, half_in, is_in, kari, later, secret, try_code
from tests.web.staff.test_guessed_codes import with_code
from tests.web.staff.test_signing_in import sign_in

__all__ = ["kari", "secret"]
pytestmark = [pytest.mark.filterwarnings(OF_THE_LIBRARY), pytest.mark.usefixtures("standing_clock")]


def test_a_code_that_was_guessed_there_opens_nothing(app: Flask, secret: str) -> None:
    """Who knows the password would guess there as often as she likes from many addresses, and come in with a hit."""
    thief, right = visitor(app), code(app, secret)
    assert with_code(thief, right).location.startswith("/tf-validate")
    try_code(thief, right)
    assert not is_in(thief)


def test_a_code_that_was_used_shows_nothing(app: Flask, secret: str) -> None:
    owner, right = half_in(app), code(app, secret)
    try_code(owner, right)
    assert is_in(owner)
    assert with_code(visitor(app), right).status_code == 200


@pytest.mark.parametrize(
    "typed",
    [
        lambda code: f"{code[:3]} {code[3:]}",
        lambda code: f"{code[:3]}\u00a0{code[3:]}\n",
        lambda code: "".join(chr(0x660 + int(digit)) for digit in code),
        lambda code: "\u200e" + "".join(chr(0xFF10 + int(digit)) for digit in code),
    ],
)
def test_a_code_is_read_as_any_keyboard_writes_it(app: Flask, secret: str, typed: Callable[[str], str]) -> None:
    client = half_in(app)
    try_code(client, typed(code(app, secret)))
    assert is_in(client)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("a1b2-c3d4-e5f6", "a1b2-c3d4-e5f6"),
        ("A1B2-C3D4-E5F6", "a1b2-c3d4-e5f6"),
        (" a1b2 c3d4 e5f6\n", "a1b2-c3d4-e5f6"),
        ("a1b2c3d4e5f6", "a1b2-c3d4-e5f6"),
        ("a1b2\u2011c3d4\u2013e5f6\u200b", "a1b2-c3d4-e5f6"),
        ("\uff11\u0662b2", "12b2"),
        ("", ""),
        ("a1b2-c3d4-e5f60", "a1b2-c3d4-e5f6-0"),
    ],
)
def test_a_recovery_code_is_read_as_it_was_copied(written: str, code: str) -> None:
    assert second_factors.recovery_code(written) == code


@pytest.mark.parametrize(("ahead", "comes_in"), [(110, True), (130, False)])
def test_a_sign_in_goes_on_at_a_machine_whose_clock_is_behind(
    app: Flask, secret: str, ahead: int, comes_in: bool
) -> None:
    with later(timedelta(seconds=ahead)):
        client = half_in(app)
    try_code(client, code(app, secret))
    assert is_in(client) is comes_in


@pytest.mark.parametrize(("ahead", "alive"), [(timedelta(seconds=110), True), (timedelta(days=30), False)])
def test_a_session_of_a_clock_that_was_ahead_ends_as_that_is_put_right(
    app: Flask, kari: User, ahead: timedelta, alive: bool
) -> None:
    """Or it would last for as much longer, and ask for no code either; another machine may be a little ahead."""
    client, began_at = visitor(app), datetime.now(UTC)
    with moved_clock(lambda: began_at + ahead):
        sign_in(client)
        assert is_in(client)
    with moved_clock(lambda: began_at):
        assert is_in(client) is alive
