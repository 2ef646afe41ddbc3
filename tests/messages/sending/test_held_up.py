"""What was held up: by an outage, a storm of 429, the daily cap, a clock that stood still."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.messages import breaker
from app.messages.gate import AWAKE
from app.messages.gateways.outcomes import Outcome
from app.messages.gateways.sandbox import SandboxGateway, texts_of
from app.messages.gateways.twilio import TwilioGateway
from app.messages.models import Message, MessageState
from app.messages.queueing.coordinating import send_test
from app.messages.queueing.prompts import queue_prompts
from app.messages.receiving.replies import keep
from app.messages.sending.claiming import claim
from app.participants.models import Participant
from tests.fake_twilio.server import Server
from tests.messages.books import states
from tests.messages.erratic import Provider
from tests.messages.people import INVITED, PROTOCOL, answered, enrolled, minutes, only, visit, weekly

EVENING = INVITED + timedelta(hours=10, minutes=50)
"""19:50 in Oslo, ten minutes before quiet hours."""
MORNING = INVITED + timedelta(hours=23)
"""08:00 in Oslo on the next day, when they end."""


@pytest.fixture
def participant(session: Session) -> Participant:
    """Somebody with nothing planned that week."""
    person = enrolled()
    only(person, "d35")
    session.commit()
    return person


def wrote(session: Session, words: str) -> None:
    """She wrote in the evening."""
    keep({"MessageSid": "SMheld", "From": "+4740000001", "Body": words}, EVENING)
    session.commit()


def test_what_answers_her_late_waits_for_the_morning(
    session: Session, participant: Participant, gateway: SandboxGateway
) -> None:
    breaker.hold("trying something", EVENING)
    wrote(session, "HJELP")
    tick(gateway, EVENING)
    breaker.release()
    session.commit()
    for later in (timedelta(hours=6), timedelta(hours=12)):
        tick(gateway, EVENING + later)
        assert states(session) == [MessageState.QUEUED]
    tick(gateway, MORNING)
    assert states(session) == [MessageState.ACCEPTED]


def test_what_answers_her_at_once_may_come_in_the_evening(
    session: Session, participant: Participant, gateway: SandboxGateway
) -> None:
    wrote(session, "HJELP")
    tick(gateway, EVENING + AWAKE)
    assert states(session) == [MessageState.ACCEPTED]


def test_a_text_heard_late_was_received_when_it_came(
    session: Session, participant: Participant, gateway: SandboxGateway
) -> None:
    """The clock stood still from the evening to the morning; the text may not say that hers came in the morning."""
    wrote(session, "STOPP")
    tick(gateway, EVENING + timedelta(hours=6))
    tick(gateway, MORNING)
    assert session.execute(select(Message.owed_at, Message.sent_at)).all() == [(EVENING, MORNING)]


def test_tries_that_were_not_taken_do_not_use_up_the_day(
    session: Session, provider: Server, twilio: TwilioGateway
) -> None:
    weekly(2, text=PROTOCOL.read_text("utf-8").replace("daily_cap: 500", "daily_cap: 3"))
    provider.twilio.script.extend(["busy:1"] * 4)
    for later in (0, 2, 6):
        tick(twilio, INVITED + minutes(later))
    assert states(session) == [MessageState.ACCEPTED] * 2


def test_the_probe_is_a_text_that_may_leave_and_not_the_first_in_the_queue(session: Session, app: Flask) -> None:
    """During the outage the first two answered from an earlier text: theirs would never tell whether it is over."""
    people, gateway = weekly(4), Provider()
    queue_prompts(INVITED)
    breaker.trip(gateway.name, Outcome.HALTED, "20003", INVITED)
    for each in people[:2]:
        answered(visit(each, "d7"), INVITED)
    session.commit()
    for later in (6, 6.1):
        tick(gateway, INVITED + minutes(later))
    assert states(session) == [MessageState.SUPPRESSED] * 2 + [MessageState.ACCEPTED] * 2


def test_two_clocks_probe_once(session: Session, app: Flask) -> None:
    weekly(2)
    gateway = Provider()
    queue_prompts(INVITED)
    breaker.trip(gateway.name, Outcome.HALTED, "20003", INVITED)
    session.commit()
    at = INVITED + minutes(6)
    assert breaker.probe(gateway.name, at)
    assert not breaker.probe(gateway.name, at), "its clock has asked before the first one committed"
    session.rollback()
    first = claim(gateway, at, 100)
    assert (first.decided, len(first.claimed)) == (1, 1)
    assert claim(gateway, at, 100).claimed == ()


def test_a_lost_text_without_a_link_is_not_found_in_one_that_has_one(session: Session, app: Flask) -> None:
    """Both were tried in the same minute, to the same number; the provider has only the invitation."""
    someone, gateway = enrolled(), Provider(faults=["broken-before", "broken-after"])
    only(someone, "d7")
    send_test(someone, INVITED - minutes(1))
    session.commit()
    for later in (0, 2, 20):
        tick(gateway, INVITED + minutes(later))
    rows = session.execute(select(Message.kind, Message.state, Message.possible_duplicate).order_by(Message.id)).all()
    assert rows == [("test", MessageState.FAILED, False), ("invitation", MessageState.ACCEPTED, False)]


def test_a_test_text_is_sent_at_once_and_not_at_night(
    session: Session, participant: Participant, gateway: SandboxGateway
) -> None:
    send_test(participant, EVENING + timedelta(hours=1))
    session.commit()
    tick(gateway, EVENING + timedelta(hours=1))
    assert len(texts_of(participant)) == 1, "she stands beside the coordinator"
