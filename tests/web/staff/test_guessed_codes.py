"""Guessing codes by real requests: half signed in, at once, held up by strangers, with the password or without."""

import hashlib
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security import MfRecoveryForm
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts import users
from app.accounts.models import SignInTry, User
from app.accounts.roles import Role
from app.studies.access import join
from app.studies.people import reset_second_factor
from tests.factories import NOW, PASSWORD, backtobasic, user, visitor
from tests.web.staff.second_factor import (
    NEW_PASSWORD,
    OF_THE_LIBRARY,
    WRONG,
    at_once,
    code,
    copied,
    half_in,
    is_in,
    later,
    try_code,
    wrong_code,
)
from tests.web.staff.second_factor import kari as kari
from tests.web.staff.second_factor import secret as secret
from tests.web.staff.test_signing_in import EMAIL, sign_in, token

pytestmark = [pytest.mark.filterwarnings(OF_THE_LIBRARY), pytest.mark.usefixtures("standing_clock")]


def test_one_code_sent_sixteen_times_at_once_opens_one_session(app: Flask, secret: str) -> None:
    half = [half_in(app) for _ in range(4)]
    right, clients = code(app, secret), [copied(app, client) for client in half for _ in range(4)]
    csrf = [token(client.get("/tf-validate")) for client in clients]
    at_once(16, lambda number: clients[number].post("/tf-validate", data={"code": right, "csrf_token": csrf[number]}))
    assert sum(is_in(client) for client in clients) == 1


def test_one_recovery_code_sent_by_four_at_once_opens_one_session(app: Flask, secret: str, session: Session) -> None:
    kari = session.scalars(select(User)).one()
    with app.test_request_context():
        (right, *_) = app.extensions["security"]._mf_recovery_codes_util.create_recovery_codes(kari)
    session.commit()
    clients = [half_in(app) for _ in range(4)]
    csrf = [token(client.get("/mf-recovery")) for client in clients]
    at_once(4, lambda number: clients[number].post("/mf-recovery", data={"code": right, "csrf_token": csrf[number]}))
    assert sum(is_in(client) for client in clients) == 1


def test_while_one_recovery_code_is_looked_at_nobody_else_looks(
    app: Flask, secret: str, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are let find the code right before either has used it up, unless one waits for the other."""
    kari = session.scalars(select(User)).one()
    with app.test_request_context():
        (right, *_) = app.extensions["security"]._mf_recovery_codes_util.create_recovery_codes(kari)
    session.commit()
    both, looked = Barrier(2), MfRecoveryForm.validate

    def looks(form: MfRecoveryForm, **kwargs: Any) -> bool:
        valid = bool(looked(form, **kwargs))
        with suppress(BrokenBarrierError):
            both.wait(1)
        return valid

    monkeypatch.setattr(MfRecoveryForm, "validate", looks)
    clients = [half_in(app), half_in(app)]
    csrf = [token(client.get("/mf-recovery")) for client in clients]
    at_once(2, lambda number: clients[number].post("/mf-recovery", data={"code": right, "csrf_token": csrf[number]}))
    assert sum(is_in(client) for client in clients) == 1


@pytest.mark.parametrize(
    ("steps", "works"), [(-4, False), (-2, False), (-1, True), (0, True), (1, True), (2, False), (4, False)]
)
def test_three_codes_are_valid_at_a_time(app: Flask, secret: str, steps: int, works: bool) -> None:
    client = half_in(app)
    try_code(client, code(app, secret, steps))
    assert is_in(client) is works


@pytest.mark.parametrize("path", ["/tf-validate", "/mf-recovery"])
def test_f46_a_half_finished_sign_in_ends_after_five_wrong_codes(app: Flask, secret: str, path: str) -> None:
    client = half_in(app)
    copy = copied(app, client)
    wrong = wrong_code(app, secret)
    statuses = [try_code(client, wrong, path).status_code for _ in range(5)]
    assert statuses == [200] * 5
    with later(timedelta(minutes=1)):
        over = try_code(copy, code(app, secret))
    assert over.status_code == 401, "nor does a copy of its cookie go on"
    assert "from the beginning" in over.text
    assert not is_in(copy)


def test_wrong_codes_of_several_sign_ins_count_together(app: Flask, secret: str) -> None:
    wrong, first, second = wrong_code(app, secret), half_in(app), half_in(app)
    assert [try_code(first, wrong).status_code for _ in range(3)] == [200] * 3
    assert [try_code(second, wrong).status_code for _ in range(2)] == [200] * 2
    waits = try_code(half_in(app), code(app, secret))
    assert waits.status_code == 429
    assert "Wait 1 seconds" in waits.text


def test_a_half_finished_sign_in_ends_by_itself(app: Flask, secret: str) -> None:
    client = half_in(app)
    with later(timedelta(minutes=16)):
        assert try_code(client, code(app, secret)).status_code == 401
    assert not is_in(client)


def _off_and_on(kari: User) -> None:
    users.disable(kari, NOW)
    users.enable(kari)


def _reset(kari: User) -> None:
    study = backtobasic().study
    join(kari, study, Role.MONITOR)
    reset_second_factor(kari, user(study, Role.ADMINISTRATOR), "Her telephone is lost", NOW)


@pytest.mark.parametrize("act", [_off_and_on, _reset, lambda kari: users.set_password(kari, NEW_PASSWORD, NOW)])
def test_a_half_finished_sign_in_ends_with_what_others_do_to_the_account(
    app: Flask, secret: str, session: Session, kari: User, act: Callable[[User], None]
) -> None:
    client = half_in(app)
    act(kari)
    session.commit()
    try_code(client, code(app, secret))
    assert not is_in(client)


def test_a_right_old_password_does_not_make_up_for_wrong_codes(app: Flask, secret: str) -> None:
    client = half_in(app)
    try_code(client, code(app, secret, -1))
    wrong = {"password": PASSWORD, "code": "000000"}
    for _ in range(3):
        client.post("/verify", data={**wrong, "csrf_token": token(client.get("/verify"))})
    new = {"password": PASSWORD, "new_password": NEW_PASSWORD, "new_password_confirm": NEW_PASSWORD}
    assert client.post("/change", data={**new, "csrf_token": token(client.get("/change"))}).status_code == 302
    wrong["password"] = NEW_PASSWORD
    statuses = [
        client.post("/verify", data={**wrong, "csrf_token": token(client.get("/verify"))}).status_code for _ in range(3)
    ]
    assert statuses[-1] == 429


def test_right_passwords_and_codes_are_not_held_against_anybody(app: Flask, secret: str) -> None:
    client = half_in(app)
    try_code(client, wrong_code(app, secret))
    try_code(client, code(app, secret, -1))
    assert is_in(client)
    browsers = [half_in(app) for _ in range(4)]
    assert try_code(browsers[3], code(app, secret)).status_code == 302


def held_up(session: Session, *subjects: str) -> None:
    """Strangers tried these as often as they could, and go on."""
    until = datetime.now(UTC) + timedelta(seconds=30)
    session.add_all(SignInTry(subject=subject, tries=500, last_at=until, waits_until=until) for subject in subjects)
    session.commit()


def everywhere(email: str = EMAIL) -> list[str]:
    """What is counted of her tries at a new device."""
    person = hashlib.sha256(email.encode()).hexdigest()[:32]
    return [f"account:{person}", f"account at:{person}:127.0.0.1", "address:127.0.0.1"]


def with_code(client: FlaskClient, guess: str, password: str = PASSWORD, email: str = EMAIL) -> TestResponse:
    form = {"email": email, "password": password, "code": guess, "csrf_token": token(client.get("/login"))}
    return client.post("/login", data=form)


def read_without_what_differs(page: TestResponse) -> str:
    return re.sub(r'value="[^"]*"|nonce="[^"]*"', "", page.text)


@pytest.mark.parametrize("by_whom", ["from many addresses", "from hers"])
def test_whoever_is_held_up_by_strangers_comes_in_with_a_code(
    app: Flask, secret: str, session: Session, by_whom: str
) -> None:
    held_up(session, *(everywhere()[:1] if by_whom == "from many addresses" else everywhere()[1:]))
    client = visitor(app)
    waits = sign_in(client)
    assert (waits.status_code, 1 <= int(waits.headers["Retry-After"]) <= 30) == (429, True)
    assert 'name="code"' in waits.text
    assert with_code(client, code(app, secret)).location.startswith("/tf-validate")
    try_code(client, code(app, secret, 1))
    assert is_in(client)


@pytest.mark.parametrize(
    ("email", "password", "right_code"),
    [(EMAIL, PASSWORD, False), (EMAIL, WRONG, False), (EMAIL, WRONG, True), ("nobody@hospital.example", WRONG, True)],
)
def test_a_wrong_code_and_a_wrong_password_read_alike(
    app: Flask, secret: str, session: Session, email: str, password: str, right_code: bool
) -> None:
    held_up(session, *everywhere(email))
    guess = code(app, secret) if right_code else wrong_code(app, secret)
    page = with_code(visitor(app), guess, password, email)
    plain = with_code(visitor(app), "no code", WRONG)
    assert page.status_code == 200
    assert read_without_what_differs(page) == read_without_what_differs(plain)


@pytest.mark.parametrize(
    "guess", ["000", "12345678", "abcdef", "\u0661\u0662\u0663\u0664\u0665\u0666", "\uff11" * 6, "1" * 5000]
)
def test_what_is_no_code_is_a_wrong_one(app: Flask, secret: str, guess: str) -> None:
    assert with_code(visitor(app), guess).status_code == 200


def test_who_has_no_second_factor_shows_nothing_by_a_code(app: Flask, kari: User, session: Session) -> None:
    held_up(session, *everywhere())
    assert with_code(visitor(app), "123456").status_code == 200
    with later(timedelta(seconds=31)):
        assert sign_in(visitor(app)).location == "/desk/", "half a minute is what strangers can cost her"


def test_a_code_shows_once_whose_try_it_is(app: Flask, secret: str) -> None:
    right = code(app, secret)
    assert with_code(visitor(app), right, WRONG).status_code == 200
    assert with_code(visitor(app), right).status_code == 200


def test_guessed_codes_are_counted_by_themselves(app: Flask, secret: str, session: Session) -> None:
    client, wrong = visitor(app), wrong_code(app, secret)
    assert [with_code(client, wrong).status_code for _ in range(6)] == [200] * 5 + [429]
    subjects = [row.split(":")[0] for row in session.scalars(select(SignInTry.subject).order_by(SignInTry.subject))]
    assert subjects == ["proving"]
    assert half_in(app), "nor do they keep her from her second factor"


def test_who_has_her_password_does_not_use_up_the_codes_of_her_own_device(app: Flask, secret: str) -> None:
    owner, thief, wrong = half_in(app), half_in(app), wrong_code(app, secret)
    try_code(owner, code(app, secret, -1))
    owner.post("/logout", data={"csrf_token": token(owner.get("/account"))})
    assert [try_code(thief, wrong).status_code for _ in range(5)] == [200] * 5
    assert try_code(half_in(app), code(app, secret)).status_code == 429
    sign_in(owner)
    try_code(owner, code(app, secret))
    assert is_in(owner)


def test_who_has_her_password_does_not_use_up_her_recovery_codes(app: Flask, secret: str, session: Session) -> None:
    kari = session.scalars(select(User)).one()
    with app.test_request_context():
        (right, *_) = app.extensions["security"]._mf_recovery_codes_util.create_recovery_codes(kari)
    held_up(session, f"code:{kari.id}")
    client = half_in(app)
    try_code(client, f" {right.upper()}".replace("-", " "), "/mf-recovery")
    assert is_in(client)
