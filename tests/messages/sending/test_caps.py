"""The daily cap: more texts than that must be a mistake, so they wait until tomorrow."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.models import Message, MessageState
from app.schedule.models import Assessment
from tests.messages.books import states
from tests.messages.people import INVITED, PROTOCOL, cohort, minutes, only

TEXT = PROTOCOL.read_text("utf-8")


def test_f40_more_texts_than_the_cap_wait_until_tomorrow(session: Session, gateway: SandboxGateway) -> None:
    for participant in cohort(5, text=TEXT.replace("daily_cap: 500", "daily_cap: 3")):
        only(participant, "d7")
    session.commit()
    tick(gateway, INVITED)
    tick(gateway, INVITED + minutes(10))
    assert sorted(states(session)) == ["accepted"] * 3 + ["queued"] * 2
    tick(gateway, INVITED + timedelta(hours=22, minutes=59))
    assert states(session).count(MessageState.ACCEPTED) == 3, "not before the morning either"
    tick(gateway, INVITED + timedelta(hours=23))
    assert states(session) == [MessageState.ACCEPTED] * 5


def test_f40_a_number_outside_the_allowed_countries_gets_nothing(
    session: Session, assessment: Assessment, gateway: SandboxGateway
) -> None:
    assessment.participant.contact.phone = "+12025550123"
    session.commit()
    tick(gateway, INVITED)
    assert session.execute(select(Message.state, Message.reason)).one() == ("suppressed", "country not allowed")
