"""Turns: who has one needs no second, and who waits too long is told so."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.core.problems import Unavailable
from app.core.turns import Turns


def tried(turns: Turns) -> str:
    """What comes of asking for a turn."""
    try:
        with turns.take():
            return "in"
    except Unavailable as busy:
        return busy.detail


def test_who_has_a_turn_needs_no_second_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.turns.TURN_SECONDS", 0.01)
    turns = Turns(1)
    with ThreadPoolExecutor(1) as elsewhere:
        with turns.take(), turns.take():
            assert tried(turns) == "in"
            assert elsewhere.submit(tried, turns).result(5) != "in", "hers is the only one, whoever else asks"
        assert elsewhere.submit(tried, turns).result(5) == "in", "and it was given back"


def test_who_waits_too_long_for_a_turn_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.turns.TURN_SECONDS", 0.01)
    turns = Turns(2)

    with ThreadPoolExecutor(1) as elsewhere, ThreadPoolExecutor(1) as third, turns.take():
        held, go = threading.Event(), threading.Event()

        def hold() -> None:
            with turns.take():
                held.set()
                go.wait(5)

        other = elsewhere.submit(hold)
        held.wait(5)
        assert "Try again in a moment" in third.submit(tried, turns).result()
        go.set()
        other.result()
        assert third.submit(tried, turns).result() == "in"
