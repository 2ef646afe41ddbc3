"""Sessions: a copied cookie dies with its session, each end ends it, and what matters asks for the password anew."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import sessions, users
from app.accounts.models import Ended, StaffSession, User
from app.accounts.roles import Role
from app.core.time import moved_clock
from app.studies.access import join
from tests.factories import NOW, PASSWORD, Browser, backtobasic, user, visitor
from tests.web.staff.second_factor import (
    OF_THE_LIBRARY,
    WRONG,
    code,
    copied,
    half_in,
    is_in,
    kari,
    later,
    secret,
    try_code,
)
from tests.web.staff.test_signing_in import EMAIL, sign_in, token

__all__ = ["kari", "secret"]
pytestmark = pytest.mark.filterwarnings(OF_THE_LIBRARY)
NEW = "three elks read the paper"


@pytest.fixture
def signed(app: Flask, kari: User) -> FlaskClient:
    """A browser in which Kari is signed in."""
    client = visitor(app)
    sign_in(client)
    assert is_in(client)
    return client


def at(moment: datetime) -> AbstractContextManager[None]:
    return moved_clock(lambda: moment)


def sign_out(client: FlaskClient) -> None:
    client.post("/logout", data={"csrf_token": token(client.get("/account"))})


def change_password(client: FlaskClient) -> None:
    form = {"password": PASSWORD, "new_password": NEW, "new_password_confirm": NEW}
    assert client.post("/change", data={**form, "csrf_token": token(client.get("/change"))}).status_code == 302


def test_f46_a_copied_cookie_is_dead_after_sign_out(app: Flask, signed: FlaskClient, session: Session) -> None:
    thief = copied(app, signed)
    assert is_in(thief)
    sign_out(signed)
    assert not is_in(thief)
    ended = session.scalars(select(StaffSession)).one()
    assert ended.ended_because is Ended.SIGNED_OUT


@pytest.mark.parametrize("path", ["/static/desk.js", "/static/svar.css", "/static/none.css", "/static/"])
def test_a_file_that_comes_late_brings_no_cookie_back(signed: FlaskClient, path: str) -> None:
    assert "Set-Cookie" in signed.get("/account").headers
    with signed.get(path) as file:
        assert "Set-Cookie" not in file.headers


def test_a_copied_cookie_is_dead_after_a_new_password_and_the_one_who_changed_it_stays(
    app: Flask, signed: FlaskClient, session: Session
) -> None:
    elsewhere, thief = visitor(app), copied(app, signed)
    sign_in(elsewhere)
    change_password(signed)
    assert is_in(signed)
    assert not is_in(thief)
    assert not is_in(elsewhere)
    because = session.scalars(select(StaffSession.ended_because).order_by(StaffSession.id)).all()
    assert because == [Ended.SIGNED_IN_ANEW, Ended.NEW_PASSWORD, None]


@pytest.mark.parametrize(
    ("act", "because"),
    [
        (lambda kari: users.set_password(kari, NEW, NOW), Ended.NEW_PASSWORD),
        (lambda kari: users.disable(kari, NOW), Ended.DISABLED),
        (lambda kari: sessions.end_all(kari, Ended.ROLE, NOW), Ended.ROLE),
    ],
)
def test_what_others_do_to_an_account_ends_its_sessions(
    signed: FlaskClient, session: Session, kari: User, act: Callable[[User], None], because: Ended
) -> None:
    act(kari)
    session.commit()
    assert not is_in(signed)
    assert session.scalars(select(StaffSession.ended_because)).all() == [because]


def test_signing_in_anew_in_the_same_browser_ends_the_session_before(app: Flask, signed: FlaskClient) -> None:
    before = copied(app, signed)
    with signed.session_transaction() as kept:
        kept.pop("_user_id")
    sign_in(signed)
    assert is_in(signed)
    assert not is_in(before)


@pytest.mark.parametrize(
    ("minutes_of_visits", "alive"),
    [
        ([59], True),
        ([61], False),
        ([50, 100, 150], True),  # each page begins the hour anew
        (list(range(50, 720, 50)), True),
        ([*range(50, 720, 50), 721], False),  # but not for more than twelve hours
    ],
)
def test_a_session_ends_after_an_idle_hour_and_after_twelve_in_any_case(
    app: Flask, signed: FlaskClient, minutes_of_visits: list[int], alive: bool
) -> None:
    began = datetime.now(UTC)
    answers = []
    for minutes in minutes_of_visits:
        with at(began + timedelta(minutes=minutes)):
            answers.append(is_in(signed))
    assert answers == [True] * (len(answers) - 1) + [alive]


def test_one_sees_where_one_is_signed_in_and_ends_it_from_there(app: Flask, signed: FlaskClient) -> None:
    elsewhere = visitor(app)
    page = elsewhere.get("/login")
    form = {"email": EMAIL, "password": PASSWORD, "csrf_token": token(page)}
    elsewhere.post("/login", data=form, headers={"User-Agent": "Library computer"})
    shown = signed.get("/account").text
    assert "Library computer" in shown
    assert shown.count("this browser") == 1
    (end,) = re.findall(r'action="(/account/sessions/\d+/end)"', shown)
    assert signed.post(end, data={"csrf_token": token(signed.get("/account"))}).location == "/account"
    assert is_in(signed)
    assert not is_in(elsewhere)
    assert signed.post(end, data={"csrf_token": token(signed.get("/account"))}).status_code == 404


def test_nobody_ends_another_persons_session(app: Flask, signed: FlaskClient, session: Session) -> None:
    other = user(email="ola@hospital.example")
    session.commit()
    (hers,) = session.scalars(select(StaffSession.id)).all()
    assert Browser(app, other).post(f"/account/sessions/{hers}/end").status_code == 404
    assert is_in(signed)


@pytest.mark.parametrize("key", ["", "x", "0" * 43])
def test_a_signed_cookie_without_a_session_of_ours_opens_nothing(app: Flask, kari: User, key: str) -> None:
    client = visitor(app)
    with client.session_transaction() as cookie:
        cookie.update({"_user_id": kari.fs_uniquifier, "_fresh": True, "session_key": key})
    assert not is_in(client)


def test_a_key_opens_its_own_users_session_only(app: Flask, signed: FlaskClient, session: Session) -> None:
    other = user(email="ola@hospital.example")
    session.commit()
    with signed.session_transaction() as cookie:
        cookie["_user_id"] = other.fs_uniquifier
    assert not is_in(signed)


def test_the_database_holds_no_key(signed: FlaskClient, session: Session) -> None:
    with signed.session_transaction() as cookie:
        key = cookie["session_key"]
    row = session.scalars(select(StaffSession)).one()
    assert key.encode() not in row.key_sha256
    assert row.key_sha256.hex() not in key


def test_pages_note_once_a_minute_that_she_was_there(signed: FlaskClient, session: Session) -> None:
    begun = session.scalars(select(StaffSession.seen_at)).one()
    with later(timedelta(seconds=50)):
        is_in(signed)
    session.rollback()
    assert session.scalars(select(StaffSession.seen_at)).one() == begun
    with later(timedelta(seconds=70)):
        is_in(signed)
    session.rollback()
    assert session.scalars(select(StaffSession.seen_at)).one() > begun


def test_a_page_that_fetches_itself_anew_keeps_nobody_signed_in(signed: FlaskClient, session: Session) -> None:
    begun = session.scalars(select(StaffSession.seen_at)).one()
    with later(timedelta(minutes=30)):
        assert signed.get("/account", headers={"HX-Request": "true"}).status_code == 200
    session.rollback()
    assert session.scalars(select(StaffSession.seen_at)).one() == begun


def test_old_sessions_are_forgotten_at_the_next_sign_in(signed: FlaskClient, app: Flask, session: Session) -> None:
    row = session.scalars(select(StaffSession)).one()
    row.expires_at = datetime.now(UTC) - timedelta(days=91)
    session.commit()
    sign_in(visitor(app))
    assert len(session.scalars(select(StaffSession)).all()) == 1


NEEDS_CONFIRMING = ("/tf-setup", "/mf-recovery-codes")


@pytest.mark.parametrize("path", NEEDS_CONFIRMING)
def test_what_matters_asks_again_after_five_minutes(signed: FlaskClient, path: str) -> None:
    with later(timedelta(minutes=4, seconds=50)):
        assert signed.get(path).status_code == 200, "she has just signed in"
    with later(timedelta(minutes=5, seconds=1)):
        assert signed.get(path).location == f"/verify?next={path}"
        assert signed.post(path, data={"csrf_token": token(signed.get("/account"))}).location == "/verify"
        page = signed.get(f"/verify?next={path}")
        wrong = signed.post(f"/verify?next={path}", data={"password": WRONG, "csrf_token": token(page)})
        assert wrong.status_code == 200
        assert signed.get(path).status_code == 302
        right = signed.post(f"/verify?next={path}", data={"password": PASSWORD, "csrf_token": token(page)})
        assert right.location == path
        assert signed.get(path).status_code == 200
    with later(timedelta(minutes=10, seconds=5)):
        assert signed.get(path).status_code == 302


@pytest.mark.parametrize(("guess", "passes"), [("right", True), ("used", False), ("wrong", False), ("", False)])
def test_who_has_a_second_factor_confirms_with_password_and_code(
    app: Flask, secret: str, guess: str, passes: bool
) -> None:
    client = half_in(app)
    used = code(app, secret)
    try_code(client, used)
    codes = {"right": code(app, secret, 1), "used": used, "wrong": "12345", "": ""}
    with later(timedelta(minutes=6)):
        page = client.get("/verify")
        assert 'name="code"' in page.text
        form = {"password": PASSWORD, "code": codes[guess], "csrf_token": token(page)}
        assert (client.post("/verify", data=form).status_code == 302) is passes
        assert (client.get("/mf-recovery-codes").status_code == 200) is passes


def test_the_right_code_does_not_make_up_for_the_password(app: Flask, secret: str) -> None:
    client = half_in(app)
    try_code(client, code(app, secret))
    with later(timedelta(minutes=6)):
        form = {"password": WRONG, "code": code(app, secret, 1), "csrf_token": token(client.get("/verify"))}
        assert client.post("/verify", data=form).status_code == 200
        assert client.get("/mf-recovery-codes").status_code == 302


def test_a_program_is_told_where_to_confirm(signed: FlaskClient) -> None:
    with later(timedelta(minutes=6)):
        answer = signed.get("/mf-recovery-codes", headers={"Accept": "application/json"})
    assert answer.status_code == 403
    assert "/verify" in answer.get_json()["detail"]


@pytest.mark.parametrize("path", ["/tf-validate", "/tf-setup", "/tf-select", "/mf-recovery", "/tf-rescue", "/login"])
def test_looking_at_a_page_signs_nobody_out(signed: FlaskClient, path: str) -> None:
    signed.get(path)
    assert is_in(signed)


@pytest.mark.parametrize("path", ["/login", "/tf-setup", "/tf-select", "/tf-rescue", "/mf-recovery"])
def test_looking_at_a_page_ends_no_half_finished_sign_in(app: Flask, secret: str, path: str) -> None:
    client = half_in(app)
    client.get(path)
    assert try_code(client, code(app, secret)).location == "/desk/"


@pytest.mark.parametrize(
    "path", ["/login", "/tf-validate", "/mf-recovery", "/change", "/verify", "/tf-setup", "/account"]
)
def test_no_page_about_signing_in_is_kept_anywhere(app: Flask, signed: FlaskClient, path: str) -> None:
    for client in (signed, visitor(app)):
        assert client.get(path).headers["Cache-Control"] == "no-store"


def test_instants_of_ones_account_are_those_of_the_study_and_say_of_where(
    signed: FlaskClient, kari: User, session: Session
) -> None:
    assert "Times are those of UTC." in signed.get("/account").text
    join(kari, backtobasic().study, Role.MONITOR)
    session.commit()
    shown = signed.get("/account").text
    begun_at = session.scalars(select(StaffSession.begun_at)).one()
    since = f"{begun_at.astimezone(ZoneInfo('Europe/Oslo')):%H:%M}</th>"
    assert ("Times are those of Europe/Oslo." in shown, since in shown) == (True, True)
