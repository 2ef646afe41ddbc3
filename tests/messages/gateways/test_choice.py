"""The gateway of an installation, and what each does with the instant it is given."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.config import Settings
from app.messages.gateways.choice import gateway_for
from app.messages.gateways.gateway import Outgoing
from app.messages.gateways.outcomes import Outcome
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.models import SandboxText
from app.schedule.models import Assessment
from tests.messages.books import claimed
from tests.messages.people import INVITED


@pytest.mark.parametrize(("gateway", "real"), [("twilio", True), ("sandbox", False)])
def test_the_settings_choose_the_gateway(settings: Settings, gateway: str, real: bool) -> None:
    chosen = gateway_for(replace(settings, gateway=gateway))
    assert (chosen.name, chosen.real, chosen.base) == (gateway, real, settings.public_base_url)


def test_the_sandbox_notes_the_instant_it_is_given_and_not_the_clock_of_the_machine(
    session: Session, assessment: Assessment, gateway: SandboxGateway
) -> None:
    text = claimed(gateway).claimed[0].text
    assert gateway.send(text, INVITED + timedelta(days=400)).outcome is Outcome.ACCEPTED
    assert session.scalars(select(SandboxText.given_at)).all() == [INVITED + timedelta(days=400)]


def test_the_sandbox_lists_what_was_given_since_newest_first(
    session: Session, assessment: Assessment, gateway: SandboxGateway
) -> None:
    text = claimed(gateway).claimed[0].text
    for minutes_later in (0, 1, 2):
        gateway.send(text, INVITED + timedelta(minutes=minutes_later))
    listed = gateway.find(text.to, INVITED + timedelta(minutes=1))
    assert [rung.at for rung in listed] == [INVITED + timedelta(minutes=later) for later in (2, 1)]
    assert gateway.find("+4799999999", INVITED) == []


def test_a_text_on_its_way_shows_neither_number_nor_words() -> None:
    assert repr(Outgoing(7, "+4740000001", "secret words")) == "Outgoing(message_id=7)"
