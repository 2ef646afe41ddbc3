"""Through Debian's PgBouncer in transaction mode, with fewer connections than there are who ask."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import create_app
from app.config import Settings
from app.core.database import db, looking
from app.core.embedded import Embedded
from app.core.time import moved_clock
from app.messages.models import Message, MessageState
from app.messages.monitoring import heartbeats, holding
from app.participants.models import Participant
from app.studies.confining import confine
from tests.core.pooler import PGBOUNCER, pooled
from tests.factories import command, put_away
from tests.messages.people import INVITED, enrolled, only
from tests.web.patient.pages import D154, form, made, page, the_visit

pytestmark = pytest.mark.skipif(PGBOUNCER is None, reason="no pgbouncer (on Debian: apt install pgbouncer)")
ROUNDS = 20


@pytest.fixture
def participant(session: Session, settings: Settings) -> Participant:
    """Somebody whose text is due."""
    someone = enrolled()
    only(someone, "d7")
    heartbeats.beat(holding.REMEMBERING, INVITED)
    holding.remember(settings.instance, INVITED)
    session.commit()
    return someone


@pytest.fixture
def behind(server: Embedded, settings: Settings) -> Iterator[Flask]:
    """The application behind a pooler with two connections."""
    address = settings.database_url
    name = address.partition("@/")[2].partition("?")[0]
    with pooled(server, name, size=2) as through:
        app = create_app(replace(settings, database_url=through, prepared_statements=False))
        app.testing = True
        yield app
        put_away(app)


def people() -> int:
    return len(db.session.scalars(select(Participant.id).order_by(Participant.id)).all())


def test_f52_whose_rows_are_seen_is_never_anothers(behind: Flask, participant: Participant) -> None:
    """Three at a time over two connections: one of everybody, one of nobody, one that looks without a session."""
    together = Barrier(3)

    def everybody() -> int:
        with behind.app_context():
            return people()

    def nobody() -> int:
        with behind.app_context():
            confine([])
            return people()

    def look() -> int:
        with behind.app_context(), looking() as connection:
            return int(connection.execute(text("SELECT count(*) FROM participants")).scalar_one())

    def often(ask: object) -> set[int]:
        together.wait(10)
        return {ask() for _ in range(ROUNDS)}  # type: ignore[operator]

    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(often, (everybody, nobody, look))) == [{1}, {0}, {1}]


def test_nothing_that_was_said_on_a_connection_outlives_a_transaction(behind: Flask, participant: Participant) -> None:
    left = "SELECT coalesce(current_setting('svar.sites', true), ''), current_setting('lock_timeout')"
    with behind.app_context():
        assert people() == 1
        db.session.rollback()
        with closing(db.engine.raw_connection()) as line:
            cursor = line.cursor()
            cursor.execute(left)
            assert cursor.fetchall() == [("", "0")]


def test_who_only_looks_sees_what_there_is(behind: Flask, participant: Participant) -> None:
    with behind.app_context():
        db.only_look()
        assert people() == 1


def test_each_transaction_and_look_is_limited(behind: Flask) -> None:
    with behind.app_context():
        assert db.session.scalar(text("SHOW lock_timeout")) == "5s"
        with looking() as connection:
            assert connection.scalar(text("SHOW statement_timeout")) == "30s"


def test_f52_a_text_leaves_once_through_a_pooler(behind: Flask, session: Session, participant: Participant) -> None:
    with moved_clock(lambda: INVITED):
        for _ in range(2):
            done = command(behind, "clock", "--once")
            assert done.exit_code == 0, done.output
    assert session.scalars(select(Message.state).order_by(Message.id)).all() == [MessageState.ACCEPTED]


def test_a_visit_is_opened_saved_and_answered_through_a_pooler(behind: Flask, app: Flask) -> None:
    with moved_clock(lambda: D154):
        link, client = made(app, "d154"), behind.test_client()
        for _ in range(8):  # more often than a driver asks before it prepares
            assert client.get(link).status_code == 200
        assert client.post(link, data={"_act": "draft", "odi.lifting": "3"}).get_json() == {"saved": "11:00"}
        assert re.search(r'name="odi.lifting" value="3" checked', page(behind.test_client().get(link)))
        assert client.post(link, data=form(app)).status_code == 303
    with app.app_context():
        assert the_visit().submitted_at == D154
