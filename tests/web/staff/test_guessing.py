"""Guessing passwords and codes by real requests: one by one, sixteen at once, from elsewhere, half signed in."""

import hashlib
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
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
from app.core.audit import AuditEntry
from app.core.time import moved_clock
from app.studies.access import join
from app.studies.people import reset_second_factor
from tests.factories import NOW, PASSWORD, Browser, backtobasic, user, visitor
from tests.web.staff.test_signing_in import EMAIL, sign_in, token

WRONG, NEW_PASSWORD = "wrong password 123", "three elks read the paper"
OF_THE_LIBRARY = "ignore:Passing SelectField choices:DeprecationWarning"
"""Its own forms are drawn with what its toolkit will give up."""
ERROR = re.compile(r'error"[^>]*>(.*?)</(?:div|span)>', re.DOTALL)
pytestmark = pytest.mark.filterwarnings(OF_THE_LIBRARY)


@pytest.fixture
def kari(session: Session) -> User:
    someone = user(email=EMAIL)
    session.commit()
    return someone


@pytest.fixture
def secret(app: Flask, kari: User, session: Session) -> str:
    """Kari's second factor."""
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


def test_f46_sixteen_wrong_passwords_at_once_are_not_two(app: Flask, kari: User, session: Session) -> None:
    clients = [visitor(app) for _ in range(16)]
    forms = [{"email": EMAIL, "password": WRONG, "csrf_token": token(client.get("/login"))} for client in clients]
    answers = at_once(16, lambda number: clients[number].post("/login", data=forms[number]))
    heard = sorted(answer.status_code for answer in answers)
    assert heard[:5] == [200] * 5
    assert set(heard[5:]) == {429}, "after five the others wait, and nobody looks at what they sent"
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert "Wait" in refused.text
    assert int(refused.headers["Retry-After"]) >= 1


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


@pytest.mark.parametrize("path", ["/change", "/verify"])
def test_guesses_at_the_password_of_who_is_signed_in_are_counted_too(app: Flask, kari: User, path: str) -> None:
    browser = Browser(app, kari)
    new = {"new_password": "three elks read the paper", "new_password_confirm": "three elks read the paper"}
    for _ in range(5):
        assert browser.post(path, password=WRONG, **new).status_code == 200
    assert browser.post(path, password=PASSWORD, **new).status_code == 429
    assert sign_in(visitor(app)).status_code == 429, "at the front door as well"


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


def test_f46_strangers_do_not_keep_out_who_comes_from_a_known_device(app: Flask, kari: User) -> None:
    browser = visitor(app)
    sign_in(browser)
    browser.post("/logout", data={"csrf_token": token(browser.get("/desk/"))})
    stranger = visitor(app)
    for _ in range(5):
        sign_in(stranger, password=WRONG)
    assert sign_in(stranger).status_code == 429
    assert sign_in(browser).location == "/desk/"


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


def test_five_wrong_passwords_elsewhere_hold_up_nobody(app: Flask, kari: User) -> None:
    stranger, form = visitor(app), {"email": EMAIL, "password": WRONG}
    for _ in range(6):
        sent = {**form, "csrf_token": token(stranger.get("/login"))}
        answer = stranger.post("/login", data=sent, environ_overrides={"REMOTE_ADDR": "198.51.100.9"})
    assert answer.status_code == 429
    assert sign_in(visitor(app)).location == "/desk/"


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
    try_code(client, code(app, secret))
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
    try_code(client, right, "/mf-recovery")
    assert is_in(client)


def test_a_known_device_is_known_for_who_used_it_and_has_its_own_tries(
    app: Flask, kari: User, session: Session
) -> None:
    other = user(email="ola@hospital.example")
    session.commit()
    browser = visitor(app)
    sign_in(browser)
    browser.post("/logout", data={"csrf_token": token(browser.get("/desk/"))})
    for _ in range(5):
        assert sign_in(browser, password=WRONG).status_code == 200
    assert sign_in(browser).status_code == 429, "a stolen device guesses no faster"
    assert sign_in(visitor(app)).location == "/desk/", "and holds up no other"
    for _ in range(5):
        sign_in(browser, other.email, WRONG)
    subjects = {row.split(":")[0] for row in session.scalars(select(SignInTry.subject).order_by(SignInTry.subject))}
    assert subjects == {"account", "account at", "address", "device"}


def test_a_forged_device_is_no_device(app: Flask, kari: User) -> None:
    client = visitor(app)
    client.set_cookie("svar-device", "WyJ4Il0.forged")
    for _ in range(5):
        sign_in(client, password=WRONG)
    assert sign_in(client).status_code == 429


def test_an_address_that_tries_many_accounts_waits(app: Flask, kari: User) -> None:
    client = visitor(app)
    for number in range(20):
        assert sign_in(client, f"person{number}@hospital.example", WRONG).status_code == 200
    assert sign_in(client).status_code == 429
    elsewhere = {"REMOTE_ADDR": "10.9.9.9"}
    form = {"email": EMAIL, "password": PASSWORD, "csrf_token": token(client.get("/login"))}
    assert client.post("/login", data=form, environ_overrides=elsewhere).location == "/desk/"


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "address:192.0.2.7"),
        ("::ffff:192.0.2.7", "address:192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "address:2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "address:2001:db8:1:2::"),
        ("2001:db8:1:3::1", "address:2001:db8:1:3::"),
        ("", "address:unknown"),
    ],
)
def test_of_a_long_address_the_network_counts(app: Flask, session: Session, address: str, counted: str) -> None:
    client = visitor(app)
    form = {"email": EMAIL, "password": WRONG, "csrf_token": token(client.get("/login"))}
    client.post("/login", data=form, environ_overrides={"REMOTE_ADDR": address})
    assert counted in session.scalars(select(SignInTry.subject).order_by(SignInTry.subject)).all()


def test_who_has_no_account_waits_as_long_as_who_has_one(app: Flask, kari: User) -> None:
    for email in (EMAIL, "nobody@hospital.example"):
        client = visitor(app)
        assert [sign_in(client, email, WRONG).status_code for _ in range(6)] == [200] * 5 + [429]


@pytest.mark.parametrize("written", ["kari@hospital.example", "KARI@hospital.example", "kari@HOSPITAL.EXAMPLE"])
def test_an_address_is_the_same_however_it_is_written(app: Flask, kari: User, session: Session, written: str) -> None:
    sign_in(visitor(app), password=WRONG)
    sign_in(visitor(app), written, WRONG)
    accounts = select(SignInTry.tries).where(SignInTry.subject.startswith("account:"))
    assert session.scalars(accounts).all() == [2]


def test_wrong_passwords_add_nothing_to_the_audit_trail(app: Flask, kari: User, session: Session) -> None:
    before = session.scalars(select(AuditEntry.id).order_by(AuditEntry.id)).all()
    for _ in range(8):
        sign_in(visitor(app), password=WRONG)
    assert session.scalars(select(AuditEntry.id).order_by(AuditEntry.id)).all() == before


def test_a_form_without_its_token_is_no_try(app: Flask, kari: User, session: Session) -> None:
    for _ in range(8):
        visitor(app).post("/login", data={"email": EMAIL, "password": WRONG})
    assert session.scalars(select(SignInTry)).all() == []


@pytest.mark.parametrize("email", [EMAIL, "nobody@hospital.example", "x" * 5000])
@pytest.mark.parametrize("sent", ["x" * 5000, "æ" * 3000, PASSWORD + " " * 5000, "a\0b" * 9])
def test_a_password_that_nobody_can_have_is_wrong_like_any_other(app: Flask, kari: User, email: str, sent: str) -> None:
    usual, answer = sign_in(visitor(app), "nobody.else@hospital.example", WRONG), sign_in(visitor(app), email, sent)
    assert answer.status_code == 200
    assert ERROR.findall(answer.text) == ERROR.findall(usual.text) != []


@pytest.mark.parametrize(
    ("path", "field"), [("/change", "password"), ("/change", "new_password"), ("/verify", "password")]
)
def test_nor_is_it_our_mistake_where_she_is_asked_again(app: Flask, kari: User, path: str, field: str) -> None:
    browser = Browser(app, kari)
    long = "three elks read " * 400
    sent = {"password": PASSWORD, "new_password": NEW_PASSWORD, "new_password_confirm": NEW_PASSWORD, field: long}
    if field == "new_password":
        sent["new_password_confirm"] = long
    assert browser.post(path, **sent).status_code == 200
    assert sign_in(visitor(app)).status_code == 302
