"""Which passwords are taken, and that a flood of them is hashed a few at a time."""

import threading
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest
from flask import Flask
from passlib.context import CryptContext

from app.accounts.passwords import TURNS, wrong_password
from tests.factories import PASSWORD

EMAIL = "kari.nordmann@hospital.example"


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        (PASSWORD, ""),
        ("tre blå elger leser avis", ""),
        ("ærlig måke under brua", ""),
        ("x" * 11, "at least 12"),
        ("", "at least 12"),
        ("v7#Kq!p2Zr9$" * 17, "at most 200"),
        (EMAIL, "e-mail address"),
        (f" {EMAIL.upper()} ", "e-mail address"),
        ("ola.hansen@sykehuset.no", "e-mail address"),
        ("passwordpassword", "first that are tried"),
        ("password1234", "first that are tried"),
        ("Password123!", "first that are tried"),
        ("P@ssw0rd1234", "first that are tried"),
        ("123456789012", "first that are tried"),
        ("qwertyuiop123", "first that are tried"),
        ("aaaaaaaaaaaaaaaa", "first that are tried"),
        ("abcabcabcabcabc", "first that are tried"),
        ("iloveyou1234", "first that are tried"),
        ("kari.nordmann1", "first that are tried"),
        ("KariNordmann1", "first that are tried"),
        ("Kari Nordmann", "first that are tried"),
        ("hospital.example", "first that are tried"),
        ("svarsvarsvarsvar", "first that are tried"),
        ("passwordpassword" * 12, "first that are tried"),
    ],
)
def test_a_password_is_long_nobodys_address_and_not_soon_guessed(password: str, sentence: str) -> None:
    wrong = wrong_password(password, EMAIL, "Kari Nordmann")
    assert sentence in wrong
    assert bool(sentence) == bool(wrong)


@pytest.fixture
def most_at_once(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many hashed together, as a list that grows; the hashing itself takes a moment and no memory."""
    busy, seen, guard = [0], [0], threading.Lock()

    def slow(*_: object, **__: object) -> bool:
        with guard:
            busy[0] += 1
            seen.append(busy[0])
        sleep(0.02)
        with guard:
            busy[0] -= 1
        return False

    monkeypatch.setattr(CryptContext, "verify", slow)
    monkeypatch.setattr(CryptContext, "hash", slow)
    return seen


@pytest.mark.parametrize("what", ["verify", "hash"])
def test_a_flood_of_sixteen_is_hashed_two_at_a_time(app: Flask, most_at_once: list[int], what: str) -> None:
    hashing = getattr(app.extensions["security"].pwd_context, what)
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda _: hashing("x", "y") if what == "verify" else hashing("x"), range(16)))
    assert (len(most_at_once) - 1, max(most_at_once)) == (16, TURNS.at_once)
