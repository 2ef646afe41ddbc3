"""Kari, whose second factor is asked for: her codes, and browsers half signed in."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Barrier
from time import time

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts.models import User
from app.core.time import moved_clock
from tests.factories import user, visitor
from tests.web.staff.test_signing_in import EMAIL, sign_in

WRONG, NEW_PASSWORD = "wrong password 123", "three elks read the paper"
OF_THE_LIBRARY = "ignore:Passing SelectField choices:DeprecationWarning"
"""Its own forms are drawn with what its toolkit will give up."""


@pytest.fixture
def kari(session: Session) -> User:
    someone = user(email=EMAIL)
    session.commit()
    return someone


@pytest.fixture
def secret(app: Flask, kari: User, session: Session, monkeypatch: pytest.MonkeyPatch) -> str:
    """Kari's second factor; its clock stands in the middle of a half minute, so that no code grows old on its way."""
    stands_at = time() // 30 * 30 + 15
    monkeypatch.setattr(app.extensions["security"].totp_factory._totp, "now", staticmethod(lambda: stands_at))
    made: str = app.extensions["security"].totp_factory.generate_totp_secret()
    app.extensions["security"].datastore.tf_set(kari, "authenticator", made)
    session.commit()
    return made


def code(app: Flask, secret: str, steps: int = 0) -> str:
    """The code of so many half minutes from now."""
    made = app.extensions["security"].totp_factory._totp.from_source(secret)
    return str(made.generate(made.now() + 30 * steps).token)


def wrong_code(app: Flask, secret: str) -> str:
    near = {code(app, secret, steps) for steps in range(-6, 7)}
    return next(guess for guess in ("000000", "111111", "222222", "333333") if guess not in near)


def half_in(app: Flask) -> FlaskClient:
    """Somebody who knows the password, and is asked for the code."""
    client = visitor(app)
    assert sign_in(client).location.startswith("/tf-validate")
    return client


def try_code(client: FlaskClient, guess: str, path: str = "/tf-validate") -> TestResponse:
    page = client.get(path)
    csrf = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    return client.post(path, data={"code": guess, "csrf_token": csrf[1] if csrf else ""})


def is_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


@contextmanager
def later(by: timedelta) -> Iterator[None]:
    """So much later; the authenticator's clock stays where it is."""
    with moved_clock(lambda: datetime.now(UTC) + by):
        yield


def copied(app: Flask, client: FlaskClient) -> FlaskClient:
    """Another browser, with a copy of this one's session."""
    other = visitor(app)
    with client.session_transaction() as held, other.session_transaction() as copy:
        copy.update(held)
    return other


def at_once(many: int, act: Callable[[int], TestResponse]) -> list[TestResponse]:
    """So many requests, sent together."""
    start = Barrier(many)

    def act_at(number: int) -> TestResponse:
        start.wait(10)
        return act(number)

    with ThreadPoolExecutor(many) as threads:
        return list(threads.map(act_at, range(many)))
