"""PgBouncer is killed and begun again under processes that go on: nothing is lost, and no text leaves twice."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import create_app
from app.clock import tick
from app.config import Settings
from app.core.database import db
from app.core.embedded import Embedded
from app.core.time import moved_clock
from app.flask_config import flask_config
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.models import Attempt
from app.messages.monitoring import heartbeats, holding
from app.responses.models import Response
from tests.core.pooler import PGBOUNCER, Pooler
from tests.factories import put_away
from tests.messages.people import INVITED, enrolled, only
from tests.web.patient.pages import D154, counted, form, made

pytestmark = pytest.mark.skipif(PGBOUNCER is None, reason="no pgbouncer (on Debian: apt install pgbouncer)")


@dataclass(frozen=True)
class Behind:
    """The application, as production keeps its connections, and the pooler before its database."""

    app: Flask
    pooler: Pooler


@pytest.fixture
def behind(server: Embedded, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Behind]:
    name = settings.database_url.partition("@/")[2].partition("?")[0]
    pooler = Pooler(server, 4)
    pooler.start()
    monkeypatch.setattr("app.flask_config.flask_config", lambda given: flask_config(replace(given, production=True)))
    app = create_app(replace(settings, database_url=pooler.address(server, name), prepared_statements=False))
    app.testing = True
    yield Behind(app, pooler)
    put_away(app)
    pooler.stop()


def test_f52_a_visit_is_answered_once_the_pooler_is_back(behind: Behind, app: Flask) -> None:
    link = made(app, "d154")
    with moved_clock(lambda: D154):
        client, fields = behind.app.test_client(), form(app)
        assert client.get(link).status_code == 200, "a connection is kept from here on"
        behind.pooler.kill()
        behind.pooler.start()
        assert client.get(link).status_code == 200, "nobody asked meanwhile, so nobody notices"
        behind.pooler.kill()
        away = client.post(link, data=fields)
        assert (away.status_code, "Retry-After" in away.headers) == (503, True)
        assert client.get("/health/serving").status_code == 503
        behind.pooler.start()
        assert client.post(link, data=fields).status_code == 303
        assert client.get("/health/serving").status_code == 200
    assert counted(app, Response) == 1


def test_f52_a_clock_goes_on_once_the_pooler_is_back(behind: Behind, session: Session, settings: Settings) -> None:
    only(enrolled(), "d7")
    heartbeats.beat(holding.REMEMBERING, INVITED)
    holding.remember(settings.instance, INVITED)
    session.commit()
    gateway = SandboxGateway(settings)
    with behind.app.app_context():
        assert heartbeats.last()
        db.session.rollback()
        behind.pooler.kill()
        with pytest.raises(OperationalError):
            tick(gateway, INVITED)
        db.session.rollback()
        behind.pooler.start()
        for _ in range(2):
            tick(gateway, INVITED)
    session.expire_all()
    assert len(session.scalars(select(Attempt.id)).all()) == 1
