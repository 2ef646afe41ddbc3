"""The telephone of somebody who was just asked; a file whose tests begin otherwise makes its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session

    from app.messages.gateways.sandbox import SandboxGateway
    from tests.messages.phones import Phone


@pytest.fixture
def phone(session: Session, client: FlaskClient, gateway: SandboxGateway) -> Phone:
    """Somebody with one weekly visit who agreed to answer by SMS, just invited."""
    from app.clock import tick
    from tests.messages.people import enrolled, only
    from tests.messages.phones import BY_SMS, SENT, Phone

    participant = enrolled(text=BY_SMS, sms_answers=True)
    only(participant, "d21")
    session.commit()
    tick(gateway, SENT)
    return Phone(client, gateway, participant)
