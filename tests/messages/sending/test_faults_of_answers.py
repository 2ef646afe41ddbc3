"""F-6 to F-8: answers of the provider that come late, broken or not at all."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.config import Settings
from app.core import bounded_http
from app.messages.gateways.twilio import TwilioGateway
from app.messages.models import Attempt, Message, MessageState
from app.participants.enrolment import withdraw
from app.participants.models import Participant
from tests.fake_twilio.server import Server
from tests.messages.books import GIVEN_UP, states
from tests.messages.people import INVITED, minutes


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time limits of seconds, so that a test of them takes no longer."""
    monkeypatch.setattr(bounded_http, "READ_SECONDS", 1.0)
    monkeypatch.setattr(bounded_http, "TOTAL_SECONDS", 2.0)


def test_f6_too_many_requests_waits_as_long_as_it_is_told(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server
) -> None:
    for participant in people[1:]:
        withdraw(participant, "no reason given", INVITED)
    session.commit()
    provider.twilio.script.extend(["busy:400"] * 5)
    now = INVITED
    for _ in range(5):
        tick(twilio, now)
        waits = session.scalars(select(Message.not_before)).one()
        session.rollback()
        assert timedelta(seconds=400) <= waits - now <= timedelta(minutes=40)
        assert states(session) == [MessageState.QUEUED]
        now = waits
    tick(twilio, now)
    assert states(session) == [MessageState.ACCEPTED]
    outcomes = session.scalars(select(Attempt.outcome).order_by(Attempt.number)).all()
    assert outcomes == ["busy"] * 5 + ["accepted"]
    assert len(provider.twilio.log) == 1


@pytest.mark.parametrize(("fault", "flagged"), [("broken-before", True), ("broken-after", False)])
def test_f7_a_server_error_is_unknown_and_not_repeated_blindly(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server, fault: str, flagged: bool
) -> None:
    provider.twilio.script.append(fault)
    tick(twilio, INVITED)
    assert sorted(states(session)) == ["accepted", "accepted", "unknown"]
    tick(twilio, INVITED + minutes(2))
    assert (MessageState.UNKNOWN in states(session)) is flagged
    tick(twilio, GIVEN_UP)
    tick(twilio, GIVEN_UP + minutes(1))
    assert states(session) == [MessageState.ACCEPTED] * 3
    assert set(provider.twilio.times().values()) == {1}
    assert sorted(session.scalars(select(Message.possible_duplicate))) == [False, False, flagged]


@pytest.mark.parametrize("fault", ["hang-after", "drop-after", "drip-after", "not-json:201", "no-sid"])
def test_f8_an_answer_that_never_comes_blocks_nobody_and_rings_once(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server, fault: str, quick: None
) -> None:
    provider.twilio.script.append(fault)
    began = time.monotonic()
    tick(twilio, INVITED)
    assert time.monotonic() - began < 15
    assert sorted(states(session)) == ["accepted", "accepted", "unknown"]
    tick(twilio, INVITED + minutes(2))
    assert states(session) == [MessageState.ACCEPTED] * 3
    assert set(provider.twilio.times().values()) == {1}


@pytest.fixture
def forgetful(provider: Server, settings: Settings) -> TwilioGateway:
    """A gateway that lets the provider keep no words."""
    chosen = replace(settings, gateway="twilio", twilio_base_url=provider.address, twilio_content_retention="discard")
    return TwilioGateway(replace(chosen, twilio_threads=2))


def test_f8_without_the_words_kept_the_number_and_the_hour_tell(
    session: Session, people: list[Participant], forgetful: TwilioGateway, provider: Server
) -> None:
    provider.twilio.script.append("drop-after")
    tick(forgetful, INVITED)
    assert sorted(states(session)) == ["accepted", "accepted", "unknown"]
    assert {text.retained for text in provider.twilio.log} == {False}
    tick(forgetful, INVITED + minutes(2))
    assert states(session) == [MessageState.ACCEPTED] * 3
    assert set(provider.twilio.times().values()) == {1}


def test_f8_without_the_words_kept_a_text_of_another_hour_is_not_taken_for_it(
    session: Session, people: list[Participant], forgetful: TwilioGateway, provider: Server
) -> None:
    provider.twilio.script.append("broken-before")
    tick(forgetful, INVITED)
    provider.twilio.now = lambda: INVITED + minutes(10)
    for participant in people:
        provider.twilio.take({"To": participant.contact.phone or "", "Body": "", "ContentRetention": "discard"})
    tick(forgetful, INVITED + minutes(11))
    assert sorted(states(session)) == ["accepted", "accepted", "unknown"]


def test_f8_while_the_provider_cannot_be_asked_nothing_is_sent_again(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server
) -> None:
    provider.twilio.script.append("broken-after")
    provider.twilio.lists = False
    tick(twilio, INVITED)
    tick(twilio, GIVEN_UP)
    assert sorted(states(session)) == ["accepted", "accepted", "unknown"]
    provider.twilio.lists = True
    tick(twilio, GIVEN_UP + minutes(3))
    assert states(session) == [MessageState.ACCEPTED] * 3
