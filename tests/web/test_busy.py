"""Whoever meets a row that somebody holds is told so in a moment, and loses nothing; texts do not wait for it."""

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from flask import Flask
from psycopg import errors
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError
from sqlalchemy.orm import Session

from app import create_app
from app.config import Settings
from app.core.database import db
from app.core.time import moved_clock
from app.permitting import Anybody, guarded
from app.responses.opening import opening
from app.web.edge import BUSY_PAGE
from tests.factories import Browser, put_away, visitor
from tests.reading import without_tokens
from tests.web.patient.pages import D154, form, made, page


@pytest.fixture(autouse=True)
def on_day_154() -> Iterator[None]:
    """The clock stands on the visit's day."""
    with moved_clock(lambda: D154):
        yield


@pytest.fixture
def hasty(settings: Settings) -> Iterator[Flask]:
    """The service as its operator made it give up after a fifth of a second."""
    app = create_app(replace(settings, database_url=f"{settings.database_url}&options=-c%20lock_timeout%3D200ms"))
    yield app
    put_away(app)


def test_a_visit_that_somebody_holds_is_busy_and_nothing_typed_is_lost(hasty: Flask) -> None:
    link = made(hasty, "d154")
    fields = form(hasty, _asked="1")
    with hasty.app_context():
        opening(link.removeprefix("/a/"), hold=True)
        answer = visitor(hasty).post(link, data=fields, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    shown = page(answer)
    assert all(f'<input type="hidden" name="{name}" value="{value}">' in shown for name, value in fields.items())
    assert visitor(hasty).post(link, data=fields).status_code == 303


def test_a_visit_that_somebody_holds_stops_no_text_about_it(app: Flask, settings: Settings) -> None:
    link = made(app, "d154")
    refers = "SELECT id FROM assessments ORDER BY id FOR KEY SHARE NOWAIT"
    with app.app_context(), psycopg.connect(settings.database_url.replace("+psycopg", "")) as clock:
        clock.execute("SET svar.sites = '*'")
        opening(link.removeprefix("/a/"), hold=True)
        assert clock.execute(refers).fetchall()
        with pytest.raises(errors.LockNotAvailable):
            clock.execute(refers.replace("KEY SHARE", "UPDATE"))


def fails(error: Exception | None = None, statement: str = "SELECT pg_sleep(9)") -> str:
    """A page whose transaction may take a tenth of a second."""
    if error is not None:
        raise error
    db.session.execute(text("SET LOCAL statement_timeout = '100ms'"))
    return str(db.session.execute(text(statement)))


STATEMENTS = {
    "takes too long": "SELECT pg_sleep(9)",
    "stood still too long": "DO $$ BEGIN RAISE 'x' USING ERRCODE = '25P03'; END $$",
    "was overtaken": "DO $$ BEGIN RAISE 'x' USING ERRCODE = '40001'; END $$",
    "met a deadlock": "DO $$ BEGIN RAISE 'x' USING ERRCODE = '40P01'; END $$",
    "found no connection": "DO $$ BEGIN RAISE 'x' USING ERRCODE = '53300'; END $$",
}


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_what_takes_too_long_is_said_to_be_busy(own_app: Flask, statement: str) -> None:
    own_app.add_url_rule("/x", "x", guarded(lambda: fails(statement=statement), Anybody.SIGNED_IN), methods=["POST"])
    answer = visitor(own_app).post("/x", data={"typed": "<b>long</b>", "other": "2", "_pin": "1234"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert BUSY_PAGE in answer.text
    assert '<input type="hidden" name="typed" value="&lt;b&gt;long&lt;/b&gt;">' in answer.text
    assert 'action="/x"' in answer.text
    assert "1234" not in without_tokens(answer.text)


def test_a_pool_without_a_connection_left_is_busy_too(own_app: Flask) -> None:
    own_app.add_url_rule("/x", "x", guarded(lambda: fails(TimeoutError("pool")), Anybody.SIGNED_IN))
    answer = visitor(own_app).get("/x", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.headers["Retry-After"], answer.get_json()["detail"]) == (503, "5", BUSY_PAGE)


def test_a_password_is_not_put_into_the_page_that_says_busy(own_app: Flask, session: Session) -> None:
    def busy() -> str:
        raise TimeoutError("pool")

    own_app.view_functions["security.login"] = busy
    answer = Browser(own_app).post("/login", email="kari@hospital.example", password="canary-password")
    assert answer.status_code == 503
    assert "canary-password" not in answer.text
    assert "<form" not in answer.text
