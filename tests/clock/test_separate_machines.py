"""Web and clock on machines of their own, the cable to the database pulled and put back: nothing lost, nothing twice.

Unlike a line that breaks off (`test_cut_line.py`), a cable that is pulled says nothing: whoever waits must give up.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import make_url, select
from sqlalchemy.orm import Session

from app import create_app
from app.config import Settings, settings_of
from app.core.embedded import Embedded
from app.core.time import moved_clock
from app.messages.models import Message, MessageState
from app.messages.monitoring import heartbeats, holding
from app.responses.models import Response
from app.schedule.links import token
from app.schedule.models import Assessment
from tests import conftest
from tests.clock.hosts import PORT, Host, machines, possible
from tests.clock.running import until
from tests.clock.test_cut_line import Cutting, form_of, round_at
from tests.factories import put_away
from tests.fake_twilio.server import Server
from tests.messages.people import INVITED, enrolled, minutes, only

pytestmark = pytest.mark.skipif(not possible(), reason="network namespaces need root on a Linux that allows them")
IMPATIENT = "connect_timeout=2&tcp_user_timeout=2500&keepalives_idle=1&keepalives_interval=1&keepalives_count=1"


@pytest.fixture
def hosts(server: Embedded) -> Iterator[list[Host]]:
    (door,) = Path(server.socket).glob(".s.PGSQL.*[0-9]")
    with machines(door, "web", "clock") as made:
        yield made


@pytest.fixture
def due(session: Session, settings: Settings) -> Assessment:
    """Somebody's visit whose text is due, and a clock that knows the database."""
    person = enrolled()
    only(person, "d7")
    heartbeats.beat(holding.REMEMBERING, INVITED)
    holding.remember(settings.instance, INVITED)
    session.commit()
    return session.scalars(select(Assessment).filter_by(participant_id=person.id)).one()


def on(host: Host, settings: Settings, **changes: Any) -> Flask:
    """The service on this machine, in production, but that it gives up on a dead line sooner."""
    url = make_url(settings.database_url).set(host=host.database_at, port=PORT, query={}).update_query_string(IMPATIENT)
    address = url.render_as_string(hide_password=False)
    there = replace(settings, production=True, database_url=address, **changes)
    return conftest.testing(host.does(lambda: create_app(there)))


def texts(session: Session) -> list[str]:
    session.rollback()
    return list(session.scalars(select(Message.state).order_by(Message.id)))


@pytest.mark.parametrize("when", ["before a text is handed over", "after it was handed over"])
def test_f51_a_clock_whose_cable_is_pulled_loses_no_text_and_sends_none_twice(
    session: Session, settings: Settings, due: Assessment, hosts: list[Host], when: str
) -> None:
    _, clock = hosts
    provider = clock.does(Server)
    app = on(clock, settings, twilio_base_url=provider.address, gateway="twilio")
    before, after = (clock.cut if when.startswith(word) else None for word in ("before", "after"))
    gateway = Cutting(settings_of(app), before, after)
    begun = time.monotonic()
    *ready, delivered = clock.does(lambda: round_at(app, gateway, 0, ("plan", "queue", "deliver")))
    assert (ready, delivered, time.monotonic() - begun < 20) == ([True, True], False, True)
    clock.heal()
    _, *rounds = [clock.does(partial(round_at, app, gateway, later)) for later in range(2, 32, 6)]
    assert all(map(all, rounds)), "the first one may meet what is left of the dead line"
    assert list(provider.twilio.times().values()) == [1]
    assert texts(session) == [MessageState.ACCEPTED]
    clock.does(lambda: put_away(app))
    provider.close()


def test_a_page_whose_cable_is_pulled_says_so_soon_and_takes_the_answers_once_it_is_back(
    session: Session, settings: Settings, due: Assessment, hosts: list[Host]
) -> None:
    web, _ = hosts
    app, link, form = on(web, settings), f"/a/{token(due)}", form_of(due)
    client, codes = app.test_client(), []
    with moved_clock(lambda: INVITED + minutes(5)):
        codes.append(web.does(lambda: client.get("/health/serving").status_code))
        web.cut()
        begun = time.monotonic()
        codes.append(web.does(lambda: client.post(link, data=form).status_code))
        assert time.monotonic() - begun < 15, "nobody is left waiting"
        codes.append(web.does(lambda: client.get("/health/serving").status_code))
        web.heal()
        until(lambda: web.does(lambda: client.post(link, data=form).status_code) == 303, 30)
        codes.append(web.does(lambda: client.post(link, data=form).status_code))
    assert codes == [200, 503, 503, 303]
    session.rollback()
    assert len(session.scalars(select(Response)).all()) == 1
    web.does(lambda: put_away(app))
