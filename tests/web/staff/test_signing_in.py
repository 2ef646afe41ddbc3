"""Signing in: passwords, second factor, CSRF, redirects, locking, what is tracked and what is logged."""

import base64
import logging
import re
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app import config, create_app
from app.accounts import users
from app.accounts.models import User
from app.core.audit import AuditEntry, acting
from tests.factories import NOW, PASSWORD, Browser, put_away, user, visitor

EMAIL = "kari@hospital.example"


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return visitor(app)


@pytest.fixture
def kari(session: Session) -> User:
    someone = user(email=EMAIL)
    session.commit()
    return someone


def token(page: TestResponse) -> str:
    match = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert match
    return match.group(1)


def sign_in(client: FlaskClient, email: str = EMAIL, password: str = PASSWORD, path: str = "/login") -> TestResponse:
    page = client.get(path)
    goes_on = re.search(r'name="next"[^>]*value="([^"]*)"', page.text)
    form = {"email": email, "password": password, "csrf_token": token(page), "next": goes_on[1] if goes_on else ""}
    return client.post(path, data=form)


def test_the_right_password_leads_to_the_desk_and_out_again(client: FlaskClient, kari: User) -> None:
    answer = sign_in(client)
    assert (answer.status_code, answer.location) == (302, "/desk/")
    page = client.get("/desk/")
    assert page.status_code == 200
    out = client.post("/logout", data={"csrf_token": token(page)})
    assert (out.status_code, out.location) == (302, "/")
    assert client.get("/desk/").location == "/login?next=/desk/"


def test_sign_ins_are_tracked_with_aware_instants_and_audited_as_the_user(
    client: FlaskClient, kari: User, session: Session
) -> None:
    sign_in(client)
    session.refresh(kari)
    assert kari.login_count == 1
    assert kari.current_login_at is not None
    assert abs((datetime.now(UTC) - kari.current_login_at).total_seconds()) < 60
    entry = session.scalars(select(AuditEntry).filter_by(table_name="public.users").order_by(AuditEntry.id)).all()[-1]
    assert (entry.actor, entry.action) == (f"user:{kari.id}", "update")


@pytest.mark.parametrize(
    ("email", "password"),
    [(EMAIL, "wrong password 123"), ("nobody@hospital.example", PASSWORD), (EMAIL, ""), ("kari", PASSWORD)],
)
def test_a_failed_sign_in_says_the_same_whoever_tried_and_logs_nobody(
    client: FlaskClient, kari: User, caplog: pytest.LogCaptureFixture, email: str, password: str
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = sign_in(client, email, password)
    assert answer.status_code == 200
    assert "Sign in" in answer.text
    assert "does not exist" not in answer.text
    assert client.get("/desk/").status_code == 302
    assert "sign-in failed" in caplog.text
    assert email not in caplog.text
    assert not password or password not in caplog.text


def test_unknown_address_and_wrong_password_read_alike(client: FlaskClient, kari: User) -> None:
    wrong = sign_in(client, EMAIL, "wrong password 123").text
    unknown = sign_in(client, "nobody@hospital.example", "wrong password 123").text
    shown = [re.findall(r'class="error">([^<]+)<|<p>([^<]+)</p>', page) for page in (wrong, unknown)]
    assert shown[0] == shown[1]
    assert "Authentication failed" in str(shown[0])


def test_f46_a_disabled_account_is_out_at_once(app: Flask, kari: User, session: Session) -> None:
    browser = Browser(app, kari)
    assert browser.get("/account").status_code == 200
    users.disable(kari, NOW)
    session.commit()
    assert browser.get("/account").status_code == 302
    assert sign_in(visitor(app)).status_code == 200


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/account", "/account"),
        ("https://evil.example/", "/desk/"),
        ("//evil.example/", "/desk/"),
        ("///evil.example", "/desk/"),
        ("/\\evil.example", "/desk/"),
        ("//[evil", "/desk/"),  # neither here nor there: no address at all
        ("/%0d%0aSet-Cookie:x", "/desk/"),
        ("http:/account", "/desk/"),
        ("account", "/desk/"),
        ("javascript:alert(1)", "/desk/"),
    ],
)
def test_after_signing_in_nobody_is_sent_elsewhere(client: FlaskClient, kari: User, wanted: str, reached: str) -> None:
    answer = sign_in(client, path=f"/login?next={wanted}")
    assert (answer.status_code, answer.location) == (302, reached)


def test_a_forged_form_leads_nowhere_else(client: FlaskClient, kari: User) -> None:
    form = {"email": EMAIL, "password": PASSWORD, "csrf_token": token(client.get("/login"))}
    for elsewhere in ("https://evil.example/", "//[evil", "/\\evil.example"):
        visit = visitor(client.application)
        form["csrf_token"] = token(visit.get("/login"))
        assert visit.post("/login?next=//[evil", data=form | {"next": elsewhere}).location == "/desk/"


def test_f46_a_form_without_its_token_changes_nothing(app: Flask, client: FlaskClient, kari: User) -> None:
    assert client.post("/login", data={"email": EMAIL, "password": PASSWORD}).status_code == 400
    browser = Browser(app, kari)
    refused = browser.client.post("/change", data={"password": PASSWORD})
    assert refused.status_code == 400
    assert "open for too long" in refused.text


def sign_in_over_https(app: Flask, base: str) -> tuple[FlaskClient, TestResponse, TestResponse]:
    client = visitor(app)
    page = client.get("/login", base_url=base)
    form = {"email": EMAIL, "password": PASSWORD, "csrf_token": token(page)}
    return client, page, client.post("/login", data=form, base_url=base)


def test_forms_work_over_https_although_no_referrer_is_sent(production: config.Settings, kari: User) -> None:
    app = create_app(production)
    app.config["SECURITY_TWO_FACTOR_REQUIRED"] = False
    _, page, answer = sign_in_over_https(app, production.public_base_url)
    cookie = page.headers["Set-Cookie"]
    assert cookie.startswith("__Host-svar=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert (answer.status_code, answer.location) == (302, "/desk/")
    put_away(app)


def test_production_asks_everybody_for_a_second_factor(production: config.Settings, kari: User) -> None:
    app = create_app(production)
    client, _, answer = sign_in_over_https(app, production.public_base_url)
    assert answer.location == "/tf-setup"
    assert client.get("/desk/", base_url=production.public_base_url).location.startswith("/login")
    put_away(app)


def code_for(app: Flask, secret: str) -> str:
    totp = app.extensions["security"].totp_factory
    made: str = totp.generate_totp_password(secret)
    return made


@pytest.mark.filterwarnings("ignore:Passing SelectField choices:DeprecationWarning")  # the library's own forms
def test_f46_the_second_factor_is_set_up_asked_for_and_works_once(
    app: Flask, kari: User, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        monkeypatch.setattr(app.extensions["security"].totp_factory._totp, "now", staticmethod(lambda: 1_800_000_000.0))
    client = visitor(app)
    sign_in(client)
    page = client.post("/tf-setup", data={"setup": "authenticator", "csrf_token": token(client.get("/tf-setup"))})
    assert "data:image/svg+xml" in page.text
    validate = re.search(r'action="(/tf-setup/[^"]+)"', page.text)
    assert validate
    with client.session_transaction() as kept:
        secret = kept["tf_totp_secret"]
    done = client.post(validate.group(1), data={"code": code_for(app, secret), "csrf_token": token(page)})
    assert done.location.endswith("/account")
    session.refresh(kari)
    assert kari.tf_primary_method == "authenticator"
    plain = app.extensions["security"].totp_factory.get_totp_b32_key(secret)
    assert plain not in str(kari.tf_totp_secret), "the secret is closed with a key of the ring"

    second = visitor(app)
    assert sign_in(second).location.startswith("/tf-validate")
    assert second.get("/desk/").status_code == 302
    again = {"code": code_for(app, secret), "csrf_token": token(second.get("/tf-validate"))}
    assert second.post("/tf-validate", data=again).status_code == 200, "the code was used a moment ago"
    assert second.get("/desk/").status_code == 302
    kari.totp_counter = None
    session.commit()
    assert second.post("/tf-validate", data=again).status_code == 302
    assert second.get("/desk/").status_code == 200


def test_a_recovery_code_replaces_the_second_factor_once(app: Flask, kari: User, session: Session) -> None:
    with app.test_request_context():
        security = app.extensions["security"]
        security.datastore.tf_set(kari, "authenticator", security.totp_factory.generate_totp_secret())
        (code, *others) = security._mf_recovery_codes_util.create_recovery_codes(kari)
    session.commit()
    assert len(others) == 4
    assert code not in str(kari.mf_recovery_codes)
    for expected in ("/desk/", None):
        client = visitor(app)
        sign_in(client)
        page = client.get("/mf-recovery")
        answer = client.post("/mf-recovery", data={"code": code, "csrf_token": token(page)})
        assert answer.location == expected
    session.refresh(kari)
    assert len(kari.mf_recovery_codes or []) == 4


def test_changing_the_password_needs_the_old_one_and_a_long_new_one(app: Flask, kari: User, session: Session) -> None:
    browser = Browser(app, kari)
    new = "three elks read the paper"
    wrong = browser.post("/change", password="not it at all", new_password=new, new_password_confirm=new)
    assert wrong.status_code == 200
    short = browser.post("/change", password=PASSWORD, new_password="short", new_password_confirm="short")
    assert short.status_code == 200
    assert browser.post("/change", password=PASSWORD, new_password=new, new_password_confirm=new).status_code == 302
    session.expire_all()
    assert sign_in(visitor(app), password=new).status_code == 302


def test_the_account_page_says_whether_a_second_factor_is_on(app: Flask, kari: User, session: Session) -> None:
    browser = Browser(app, kari)
    assert 'class="care">off<' in browser.get("/account").text
    kari.tf_primary_method, kari.tf_totp_secret = "authenticator", "x"
    session.commit()
    assert 'class="good">on<' in browser.get("/account").text


def test_a_session_ends_after_an_idle_hour(app: Flask) -> None:
    assert app.permanent_session_lifetime.total_seconds() == 3600


def test_programs_cannot_sign_in_with_the_librarys_own_tokens(app: Flask, kari: User) -> None:
    with app.test_request_context():
        text = str(kari.get_auth_token())
    client = visitor(app)
    assert client.get("/desk/", headers={"Authentication-Token": text}).status_code == 302
    assert client.get(f"/desk/?auth_token={text}").status_code == 302
    basic = base64.b64encode(f"{EMAIL}:{PASSWORD}".encode()).decode()
    assert client.get("/desk/", headers={"Authorization": f"Basic {basic}"}).status_code == 302


def test_a_program_without_sign_in_gets_a_problem_not_a_page(client: FlaskClient) -> None:
    answer = client.get("/desk/", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"


def test_who_acts_is_the_signed_in_user(app: Flask, session: Session, kari: User) -> None:
    with acting("test"):
        session.commit()
    Browser(app, kari).post(
        "/change", password=PASSWORD, new_password=PASSWORD + "x", new_password_confirm=PASSWORD + "x"
    )
    last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert last is not None
    assert last.actor == f"user:{kari.id}"
