"""Somebody who gets e-mails, and a service that texts through a fake Twilio and mails through a fake server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from app.participants.models import Participant
    from tests.fake_twilio.server import Server
    from tests.messages.gateways.conformance.carriers import OnMail
    from tests.messages.mail.service import Service


@pytest.fixture
def kari(session: Session) -> Participant:
    """Somebody who is written e-mails first."""
    from tests.messages.mail.people import mailed

    return mailed()


@pytest.fixture
def mails(app: Flask) -> Iterator[OnMail]:
    """The mail server, in the settings of the application."""
    from tests.messages.gateways.conformance.carriers import OnMail

    kept = app.extensions["settings"]
    carrier = OnMail(kept)
    app.extensions["settings"] = replace(carrier.made, gateway="twilio")
    yield carrier
    app.extensions["settings"] = kept
    carrier.close()


@pytest.fixture
def service(app: Flask, provider: Server, mails: OnMail) -> Service:
    """Both, and the clock that uses them."""
    from tests.messages.mail.service import Service

    return Service(app, provider, mails)
