"""The gateways of a test: the sandbox, and Twilio's own client against a fake Twilio."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.config import Settings
    from app.messages.gateways.sandbox import SandboxGateway
    from app.messages.gateways.twilio import TwilioGateway
    from app.participants.models import Participant
    from app.schedule.models import Assessment
    from tests.fake_twilio.server import Server


@pytest.fixture
def gateway(settings: Settings) -> SandboxGateway:
    from app.messages.gateways.sandbox import SandboxGateway

    return SandboxGateway(settings)


@pytest.fixture
def provider() -> Iterator[Server]:
    """A fake Twilio at an address of its own."""
    from tests.fake_twilio.server import Server

    server = Server()
    yield server
    server.close()


@pytest.fixture
def twilio(provider: Server, settings: Settings) -> TwilioGateway:
    """The product's gateway, pointed at the fake."""
    from app.messages.gateways.twilio import TwilioGateway

    return TwilioGateway(replace(settings, gateway="twilio", twilio_base_url=provider.address))


@pytest.fixture
def keys(settings: Settings) -> str:
    """The field keys of the test, written as settings want them."""
    return ",".join(f"{id_}:{base64.b64encode(key).decode()}" for id_, key in settings.keyring.keys)


@pytest.fixture
def participant(session: Session) -> Participant:
    """Somebody with one weekly visit."""
    from tests.messages.people import weekly

    (somebody,) = weekly(1)
    return somebody


@pytest.fixture
def assessment(participant: Participant) -> Assessment:
    """Her weekly visit."""
    from tests.messages.people import visit

    return visit(participant, "d7")


@pytest.fixture
def people(session: Session, provider: Server) -> list[Participant]:
    """Three people with one weekly visit each; the provider's clock stands at the hour of invitation."""
    from tests.messages.people import INVITED, weekly

    provider.twilio.now = lambda: INVITED
    return weekly(3)
