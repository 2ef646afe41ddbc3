"""The edge: one commit, request ids, headers, problems for people and programs."""

from dataclasses import replace

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import config, create_app
from app.core.audit import acting
from app.core.crypto import Keyring, configure, keyring, new_key
from app.core.database import db
from app.core.problems import Conflict, TooMany
from app.request_size import LARGEST_BODY
from app.studies.models import Study, StudyState
from app.web.edge import wants_json
from app.web.staff.access import signed_in
from tests.factories import NOW, Browser, backtobasic, user, visitor
from tests.web.own_pages import app as app
from tests.web.own_pages import client as client
from tests.web.own_pages import public

JSON = {"Accept": "application/json"}


def add_study() -> str:
    db.session.add(Study(code="one", title="One", state=StudyState.SETUP, created_at=NOW))
    return "added"


def studies(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count(Study.id))) or 0


def test_a_request_that_succeeds_is_committed(app: Flask, client: FlaskClient) -> None:
    public(app, "/add", add_study)
    assert client.post("/add").status_code == 200
    assert studies(app) == 1


@pytest.mark.parametrize(("error", "status"), [(Conflict("Twice."), 409), (ZeroDivisionError(), 500)])
def test_a_request_that_fails_leaves_nothing(app: Flask, client: FlaskClient, error: Exception, status: int) -> None:
    def fail() -> str:
        add_study()
        db.session.flush()
        raise error

    public(app, "/fail", fail)
    assert client.post("/fail").status_code == status
    assert studies(app) == 0


def test_what_the_database_refuses_at_the_last_moment_is_a_problem_page(
    app: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    def twice() -> str:
        return add_study() and add_study()

    public(app, "/twice", twice)
    answer = client.post("/twice")
    assert answer.status_code == 500
    assert "nothing of this request was stored" in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "One" not in caplog.text
    assert studies(app) == 0


def test_the_request_id_is_given_back_shown_and_never_trusted_blindly(client: FlaskClient) -> None:
    ours = client.get("/nowhere")
    assert len(ours.headers["X-Request-ID"]) == 16
    assert ours.headers["X-Request-ID"] in ours.text
    assert client.get("/", headers={"X-Request-ID": "abcd-1234"}).headers["X-Request-ID"] == "abcd-1234"
    for bad in ("short", "x" * 65, "<script>alert</script>", "with space in"):
        assert client.get("/", headers={"X-Request-ID": bad}).headers["X-Request-ID"] != bad


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/", "no-store"),
        ("/login", "no-store"),
        ("/nowhere", "no-store"),
        ("/desk/", "no-store"),
        ("/static/svar.css", "no-cache"),
        ("/a/x", "no-store"),
    ],
)
def test_every_answer_carries_the_strict_headers(client: FlaskClient, path: str, kept: str) -> None:
    with client.get(path) as answer:
        headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"] == "noindex"
    assert "Strict-Transport-Security" not in headers
    assert kept in headers["Cache-Control"]


def test_https_is_remembered(client: FlaskClient) -> None:
    headers = client.get("/", base_url="https://localhost").headers
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_an_unknown_host_is_refused(client: FlaskClient) -> None:
    answer = client.get("/", base_url="http://evil.example")
    assert answer.status_code == 400
    assert "does not belong to this service" in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status", "sentence"),
    [
        ("GET", "/nowhere", 404, "There is nothing at this address"),
        ("POST", "/", 405, "not used in that way"),
        ("POST", "/login", 413, "too large"),
    ],
)
def test_a_problem_is_a_page_for_people_and_json_for_programs(
    client: FlaskClient, method: str, path: str, status: int, sentence: str
) -> None:
    data = {"email": "x" * (LARGEST_BODY + 1000)} if status == 413 else None
    page = client.open(path, method=method, data=data)
    assert (page.status_code, page.mimetype) == (status, "text/html")
    assert sentence in page.text
    assert "Traceback" not in page.text
    answer = client.open(path, method=method, data=data, headers=JSON)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    body = answer.get_json()
    assert (body["status"], body["request_id"]) == (status, answer.headers["X-Request-ID"])
    assert sentence in body["detail"]


def test_an_api_path_always_answers_as_a_program_expects(client: FlaskClient) -> None:
    answer = client.get("/api/nowhere", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_too_many_tries_says_when_to_come_back(app: Flask, client: FlaskClient) -> None:
    def fail() -> str:
        raise TooMany("Wait.", retry_after=30)

    public(app, "/fail", fail)
    answer = client.get("/fail")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")


def test_f23_a_database_that_is_away_is_said_so_and_when_to_come_back(settings: config.Settings) -> None:
    gone = settings.database_url.replace("?host=", "?host=/nowhere")
    client = visitor(create_app(replace(settings, database_url=gone)))
    assert client.get("/").status_code == 200
    page = client.get("/login")
    form = {"csrf_token": page.text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]}
    answer = client.post("/login", data=form | {"email": "kari@hospital.example", "password": "long enough it is"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "cannot reach its database" in answer.text


def test_an_error_page_tells_a_code_and_no_inside(app: Flask, client: FlaskClient) -> None:
    def fail() -> str:
        raise RuntimeError("secret inside")

    public(app, "/fail", fail)
    answer = client.get("/fail")
    assert answer.status_code == 500
    assert "secret inside" not in answer.text
    assert answer.headers["X-Request-ID"] in answer.text


def test_html_in_what_is_shown_again_is_text(app: Flask, session: Session) -> None:
    someone = user(backtobasic().study)
    session.commit()

    def fail() -> str:
        raise Conflict(request.args["told"])

    app.add_url_rule("/fail", "fail", signed_in(fail))
    assert "<script>" not in Browser(app, someone).get("/fail?told=<script>alert(1)</script>").text


def test_two_applications_may_follow_each_other(settings: config.Settings) -> None:
    with acting("test"):
        create_app(replace(settings, keyring=Keyring.parse(new_key(2))))
        assert keyring() != settings.keyring
        configure(settings.keyring)
    assert keyring() == settings.keyring


def test_a_method_that_is_not_taken_names_those_that_are(client: FlaskClient) -> None:
    assert "GET" in client.delete("/a/x").headers["Allow"]


@pytest.mark.parametrize(
    ("path", "accept", "program"),
    [
        ("/", None, False),
        ("/", "text/html", False),
        ("/", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
        ("/", "*/*", False),
        ("/", "application/json", True),
        ("/", "application/json, text/html;q=0.9", True),
        ("/", "text/html, application/json;q=0.9", False),
        ("/", "image/png", False),
        ("/a/x", "application/json", True),
        ("/a/x", "text/html", False),
        ("/api/studies", "text/html", True),
        ("/webhooks/twilio/inbound", None, True),
        ("/health/ready", "text/html", True),
        ("/healthy", "text/html", False),
        ("/apis", "text/html", False),
    ],
)
def test_a_program_is_known_by_the_address_or_by_what_it_takes(
    app: Flask, path: str, accept: str | None, program: bool
) -> None:
    with app.test_request_context(path, headers={"Accept": accept} if accept else {}):
        assert wants_json() is program


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("abcd-1234", True),
        ("a" * 8, True),
        ("A" * 64, True),
        ("a" * 7, False),
        ("a" * 65, False),
        ("", False),
        ("abcd_1234", False),
        ("abcd 1234", False),
        ("abcd1234\u00e9", False),
    ],
)
def test_a_request_id_is_kept_only_in_its_form(client: FlaskClient, given: str, kept: bool) -> None:
    assert (client.get("/", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given) is kept


@pytest.mark.parametrize(
    ("path", "cached"),
    [("/", "no-store"), ("/nowhere", "no-store"), ("/robots.txt", "no-store"), ("/a/worker.js", "no-cache")],
)
def test_nothing_of_a_page_is_kept_by_a_cache(client: FlaskClient, path: str, cached: str) -> None:
    assert client.get(path).headers["Cache-Control"] == cached
