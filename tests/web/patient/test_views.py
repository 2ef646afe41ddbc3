"""Who opens a link, when, and what leaves: robots, links too early or too late, headers, size, statements."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from app.core.audit import AuditEntry, acting
from app.core.database import db, transaction
from app.core.time import moved_clock
from app.participants.enrolment import withdraw
from app.participants.models import Participant
from app.schedule.links import reissue
from app.studies.models import StudyState
from tests.web.patient.pages import D154, counted, form, made, page, the_visit

pytestmark = pytest.mark.usefixtures("on_day_154")


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)",
        "WhatsApp/2.24",
        "facebookexternalhit/1.1",
        "SkypeUriPreview",
    ],
)
def test_looking_changes_nothing(app: Flask, client: FlaskClient, link: str, agent: str) -> None:
    before = counted(app, AuditEntry)
    for headers in ({"User-Agent": agent}, {"User-Agent": agent, "Purpose": "prefetch", "Sec-Purpose": "prefetch"}):
        assert client.head(link, headers=headers).status_code == 200
        assert client.get(link, headers=headers).status_code == 200
        assert client.get(link, headers=headers).status_code == 200
    assert counted(app, AuditEntry) == before
    with app.app_context():
        assert the_visit().opened_at is None


@pytest.mark.parametrize(
    ("method", "page_", "status"),
    [("GET", "", "IDLE"), ("HEAD", "", "IDLE"), ("GET", "/received", "IDLE"), ("POST", "", "INTRANS")],
)
def test_only_what_may_change_something_is_a_transaction(
    app: Flask, client: FlaskClient, link: str, method: str, page_: str, status: str
) -> None:
    seen: set[str] = set()
    with app.app_context():
        engine = db.engine

    def look(_: object, cursor: Any, *__: object) -> None:
        seen.add(cursor.connection.info.transaction_status.name)

    event.listen(engine, "after_cursor_execute", look)
    client.open(link + page_, method=method, data={"_act": "start"} if method == "POST" else None)
    event.remove(engine, "after_cursor_execute", look)
    assert seen == {status}


@pytest.mark.parametrize(
    ("moment", "status", "sentence"),
    [
        ("opens_at", 409, "ikke åpnet ennå"),
        ("grace_until", 410, "Fristen"),
    ],
)
def test_too_early_and_too_late_are_told_kindly(
    app: Flask, client: FlaskClient, link: str, moment: str, status: int, sentence: str
) -> None:
    with app.app_context():
        at: datetime = getattr(the_visit(), moment)
    with moved_clock(lambda: at - timedelta(seconds=1) if moment == "opens_at" else at):
        for answer in (client.get(link), client.post(link, data=form(app))):
            assert answer.status_code == status
            assert sentence in page(answer)
            assert "tel:+4721234561" in page(answer)


def test_who_left_is_asked_nothing(app: Flask, client: FlaskClient, link: str) -> None:
    with app.app_context(), acting("test"), transaction():
        withdraw(db.session.scalars(select(Participant)).one(), "no reason given", D154)
    answer = client.get(link)
    assert answer.status_code == 410
    assert "ikke lenger" in page(answer)


def test_a_replaced_link_says_so(app: Flask, client: FlaskClient, link: str) -> None:
    with app.app_context(), acting("test"), transaction():
        reissue(the_visit(), D154)
    answer = client.get(link)
    assert answer.status_code == 410
    assert "nyere lenke" in page(answer)
    assert 'href="tel:+4721234561"' in page(answer), "whom to call"
    assert "113" in page(answer).split('<p class="urgent"')[1]


def test_every_page_is_kept_from_robots_frames_and_caches(client: FlaskClient, link: str) -> None:
    answer = client.get(link)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers["Vary"]
    assert " style=" not in page(answer)
    assert not re.search(r" on[a-z]+=", page(answer))


@pytest.mark.parametrize("language", ["nb", "en"])
def test_the_first_view_is_small_in_each_language_of_the_study(client: FlaskClient, link: str, language: str) -> None:
    answer = client.get(f"{link}?lang={language}", headers={"Accept-Encoding": "gzip, deflate, br"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.get_data()) <= 14 * 1024
    html = page(answer)
    assert not re.search(r'(src|href)="(https?:|//|/static)', html)


def test_few_statements(app: Flask, client: FlaskClient, link: str) -> None:
    client.get(link)
    seen: list[str] = []
    fields = form(app)
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *arguments: seen.append(arguments[2][:60]))
    client.get(link)
    assert len(seen) <= 3, seen
    seen.clear()
    assert client.post(link, data=fields).status_code == 303
    assert len(seen) <= 8, seen


FOREIGN = {"Sec-Fetch-Site": "cross-site"}
ANSWERS: list[tuple[str, str, dict[str, Any], int]] = [
    ("GET", "", {}, 200),
    ("GET", "?blank=1", {}, 200),
    ("GET", "/received", {}, 302),
    ("GET", "/noted/call-me", {}, 302),
    ("POST", "", {"data": {"_act": "start"}}, 200),
    ("POST", "", {"data": {"_act": "draft", "nrs_leg.leg": "4"}}, 200),
    ("POST", "", {"data": {"_act": "links"}}, 200),
    ("POST", "", {"data": {"_act": "what"}}, 400),
    ("POST", "", {"data": {"nrs_leg.leg": "x" * 300_000}}, 400),
    ("POST", "", {"json": {}}, 415),
    ("POST", "", {"data": {"_act": "draft"}, "headers": FOREIGN}, 403),
]


@pytest.mark.parametrize(("method", "path", "how", "status"), ANSWERS)
def test_every_answer_behind_a_link_says_whose_it_is(
    client: FlaskClient, link: str, method: str, path: str, how: dict[str, Any], status: int
) -> None:
    answer = client.open(f"{link}{path}", method=method, **how)
    assert (answer.status_code, answer.headers.get("Svar")) == (status, f"svar:{link[3:15]}")


def test_so_does_what_tells_that_a_link_was_replaced(app: Flask, client: FlaskClient, link: str) -> None:
    with app.app_context(), acting("test"), transaction():
        reissue(the_visit(), D154)
    answer = client.post(link, data={"_act": "draft", "nrs_leg.leg": "4"})
    assert (answer.status_code, answer.headers.get("Svar")) == (410, f"svar:{link[3:15]}")


@pytest.mark.parametrize("path", ["/a/", "/a/worker.js", "/a/short", "/e/short", "/", f"/a/{'x%0A' * 34}"])
def test_what_is_behind_no_link_is_nobodys(client: FlaskClient, path: str) -> None:
    assert "Svar" not in client.get(path).headers


@pytest.mark.parametrize(("accept", "status"), [("application/json", 200), ("text/html", 303), ("*/*", 303)])
def test_the_script_is_told_where_the_receipt_is_and_a_form_is_led_there(
    app: Flask, client: FlaskClient, link: str, accept: str, status: int
) -> None:
    sent = client.post(f"{link}?lang=en", data=form(app), headers={"Accept": accept})
    receipt = f"{link}/received?lang=en"
    assert sent.status_code == status
    assert (sent.json if status == 200 else {"received": sent.headers["Location"]}) == {"received": receipt}


def test_the_worker_may_serve_every_patients_page(client: FlaskClient) -> None:
    answer = client.get("/a/worker.js")
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "no-cache"


def test_a_patients_page_has_no_session_whatever_cookie_comes(app: Flask, client: FlaskClient, link: str) -> None:
    with client.session_transaction() as session:
        session["_user_id"], session.permanent = "somebody", True
    assert "Cookie" in client.get("/desk/").headers["Vary"]
    answers = (client.get(link), client.post(link, data={"_act": "start"}), client.post(link, data=form(app)))
    for answer, status in zip(answers, (200, 200, 303), strict=True):
        assert answer.status_code == status
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")


def test_a_live_study_without_the_original_words_says_so_and_whom_to_call(app: Flask, client: FlaskClient) -> None:
    link = made(app, "d154")
    with app.app_context(), acting("test"), transaction():
        the_visit().participant.study.state = StudyState.LIVE
    for language, sentence in (("nb", "kan ikke besvares ennå"), ("en", "are not ready to be answered")):
        answer = client.get(f"{link}?lang={language}")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "3600")
        assert sentence in page(answer)
        assert "tel:+4721234561" in page(answer)


@pytest.mark.parametrize(
    ("wish", "said"), [("nb-NO,nb;q=0.9", "prøv igjen"), ("en-GB", "try again"), ("fi", "try again")]
)
def test_f23_a_database_out_of_reach_is_told_in_her_language(
    client: FlaskClient, link: str, monkeypatch: pytest.MonkeyPatch, wish: str, said: str
) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("select", {}, Exception("gone"))

    monkeypatch.setattr("app.web.patient.views.opening", away)
    browser = {"Accept-Language": wish}
    for answer in (client.get(link, headers=browser), client.post(link, data={"odi.lifting": "3"}, headers=browser)):
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
        assert said in page(answer)
