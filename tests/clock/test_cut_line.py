"""The line to the database is cut and healed at any moment of a round: no text is lost, and none rings twice."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, create_app
from app.config import Settings, settings_of
from app.core.embedded import Embedded
from app.core.time import moved_clock
from app.messages.gateways.gateway import Outgoing
from app.messages.gateways.outcomes import Sent
from app.messages.gateways.twilio import TwilioGateway
from app.messages.models import Message, MessageState
from app.messages.monitoring import heartbeats, holding
from app.schedule.links import token
from app.schedule.models import Assessment
from tests import conftest
from tests.clock.relay import PORT, Relay, relayed
from tests.factories import put_away
from tests.fake_twilio.server import Server
from tests.messages.people import INVITED, enrolled, only
from tests.responses.visits import answers_to

ROUND = ("plan", "queue", "deliver", "reconcile")
JOBS = {job.name: job for job in (*clock.JOBS, *clock.SLOW_JOBS)}


class Cutting(TwilioGateway):
    """Sends, and cuts the line to the database before or after, once."""

    def __init__(self, settings: Settings, before: Callable[[], None] | None, after: Callable[[], None] | None) -> None:
        super().__init__(settings)
        self.before, self.after = before, after

    def send(self, text: Outgoing, now: datetime) -> Sent:
        if self.before:
            self.before()
        sent = super().send(text, now)
        if self.after:
            self.after()
        self.before = self.after = None
        return sent


@pytest.fixture
def line(server: Embedded) -> Iterator[tuple[Relay, Path]]:
    (door,) = Path(server.socket).glob(".s.PGSQL.*[0-9]")
    with relayed(door) as made:
        yield made


@pytest.fixture
def relay(line: tuple[Relay, Path]) -> Relay:
    return line[0]


@pytest.fixture
def provider() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture
def afar(session: Session, settings: Settings, line: tuple[Relay, Path], provider: Server) -> Iterator[Flask]:
    """The service on another machine than its database; somebody's text is due."""
    only(enrolled(), "d7")
    heartbeats.beat(holding.REMEMBERING, INVITED)
    holding.remember(settings.instance, INVITED)
    session.commit()
    relay, folder = line
    address = f"{settings.database_url.partition('?')[0]}?host={folder}&port={PORT}"
    made = create_app(replace(settings, database_url=address, twilio_base_url=provider.address, gateway="twilio"))
    yield conftest.testing(made)
    relay.heal()
    put_away(made)


def round_at(app: Flask, gateway: TwilioGateway, minutes: int, jobs: Sequence[str] = ROUND) -> list[bool]:
    """One round of what moves texts, and whether each job ran to its end."""
    with moved_clock(lambda: INVITED + timedelta(minutes=minutes)), app.app_context():
        return [clock.take_turn(JOBS[name], gateway) for name in jobs]


@pytest.mark.parametrize("when", ["between two rounds", "before a text is handed over", "after it was handed over"])
def test_f51_a_line_that_is_cut_and_healed_loses_no_text_and_sends_none_twice(
    session: Session, afar: Flask, relay: Relay, provider: Server, when: str
) -> None:
    before, after = (relay.cut if when.startswith(word) else None for word in ("before", "after"))
    gateway = Cutting(settings_of(afar), before, after)
    if when == "between two rounds":
        relay.cut()
    cut = round_at(afar, gateway, 0)
    assert not all(cut)
    assert round_at(afar, gateway, 1) == [False] * len(ROUND), "while it is cut nothing runs, and nothing breaks down"
    relay.heal()
    for minutes in range(2, 32, 4):
        assert round_at(afar, gateway, minutes) == [True] * len(ROUND)
    assert list(provider.twilio.times().values()) == [1]
    session.rollback()
    assert session.scalars(select(Message.state).order_by(Message.id)).all() == [MessageState.ACCEPTED]


def test_a_load_balancer_is_told_while_the_line_is_cut(afar: Flask, relay: Relay) -> None:
    client = afar.test_client()
    codes = [client.get("/health/serving").status_code]
    relay.cut()
    codes.append(client.get("/health/serving").status_code)
    relay.heal()
    codes.append(client.get("/health/serving").status_code)
    assert codes == [200, 503, 200]


def form_of(due: Assessment) -> dict[str, str]:
    """What a browser sends for answers to everything."""
    return {f"{code}.{item}": str(value) for code, given in answers_to(due).items() for item, value in given.items()}


def test_a_patient_is_told_while_the_line_is_cut_and_her_answers_are_taken_after_it(
    session: Session, afar: Flask, relay: Relay
) -> None:
    """In production, where a connection is tried before it is used, and a new one made if it is dead."""
    due = session.scalars(select(Assessment)).one()
    app = conftest.testing(create_app(replace(settings_of(afar), production=True)))
    client, link, form = app.test_client(), f"/a/{token(due)}", form_of(due)
    with moved_clock(lambda: INVITED + timedelta(minutes=5)):
        codes = [client.get(link).status_code]
        relay.cut()
        codes += [client.get(link).status_code, *(client.post(link, data=form).status_code for _ in range(2))]
        relay.heal()
        codes += [client.post(link, data=form).status_code for _ in range(2)]
    assert codes == [200, 503, 503, 503, 303, 303]
    put_away(app)
