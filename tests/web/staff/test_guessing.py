"""Guessing passwords by real requests: one by one, sixteen at once, from elsewhere, at whoever is signed in."""

import re

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import SignInTry, User
from app.core.audit import AuditEntry
from tests.factories import PASSWORD, Browser, user, visitor
from tests.web.staff.second_factor import NEW_PASSWORD, OF_THE_LIBRARY, WRONG, at_once
from tests.web.staff.second_factor import kari as kari
from tests.web.staff.test_signing_in import EMAIL, sign_in, token

ERROR = re.compile(r'error"[^>]*>(.*?)</(?:div|span)>', re.DOTALL)
pytestmark = [pytest.mark.filterwarnings(OF_THE_LIBRARY), pytest.mark.usefixtures("standing_clock")]


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


@pytest.mark.parametrize("path", ["/change", "/verify"])
def test_guesses_at_the_password_of_who_is_signed_in_are_counted_too(app: Flask, kari: User, path: str) -> None:
    browser = Browser(app, kari)
    new = {"new_password": "three elks read the paper", "new_password_confirm": "three elks read the paper"}
    for _ in range(5):
        assert browser.post(path, password=WRONG, **new).status_code == 200
    assert browser.post(path, password=PASSWORD, **new).status_code == 429
    assert sign_in(visitor(app)).status_code == 429, "at the front door as well"


def test_f46_strangers_do_not_keep_out_who_comes_from_a_known_device(app: Flask, kari: User) -> None:
    browser = visitor(app)
    sign_in(browser)
    browser.post("/logout", data={"csrf_token": token(browser.get("/desk/"))})
    stranger = visitor(app)
    for _ in range(5):
        sign_in(stranger, password=WRONG)
    assert sign_in(stranger).status_code == 429
    assert sign_in(browser).location == "/desk/"


def test_five_wrong_passwords_elsewhere_hold_up_nobody(app: Flask, kari: User) -> None:
    stranger, form = visitor(app), {"email": EMAIL, "password": WRONG}
    for _ in range(6):
        sent = {**form, "csrf_token": token(stranger.get("/login"))}
        answer = stranger.post("/login", data=sent, environ_overrides={"REMOTE_ADDR": "198.51.100.9"})
    assert answer.status_code == 429
    assert sign_in(visitor(app)).location == "/desk/"


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
