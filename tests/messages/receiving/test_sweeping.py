"""Reports that never came: asked for a day later, and shown as what they are."""

import random
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.clock import tick
from app.core.time import moved_clock
from app.messages.gateways.twilio import TwilioGateway
from app.messages.models import Message, MessageState
from app.messages.receiving.sweeping import sweep
from app.participants.models import Participant
from tests.factories import Browser, user
from tests.fake_twilio.callbacks import unruly
from tests.fake_twilio.server import Server
from tests.messages.books import states
from tests.messages.people import INVITED, minutes

NEXT_DAY = INVITED + timedelta(hours=24, minutes=1)


def test_f11_reports_shuffled_repeated_and_lost_come_to_the_same_end(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server, client: FlaskClient
) -> None:
    tick(twilio, INVITED)
    delivered = unruly(client, provider.twilio.log, random.Random(7))
    tick(twilio, INVITED + minutes(5))
    rows = session.scalars(select(Message.sid).filter_by(state=MessageState.DELIVERED)).all()
    assert set(rows) == delivered
    assert 0 < len(delivered) < 3, "some of each"


def test_a_day_later_the_provider_is_asked_about_texts_without_a_report(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server
) -> None:
    tick(twilio, INVITED)
    first, second, third = provider.twilio.log
    first.status, second.status, second.error_code = "delivered", "undelivered", 30003
    third.status = "sent"
    assert sweep(twilio, NEXT_DAY - minutes(5)) == 0, "not before a day has passed"
    assert sweep(twilio, NEXT_DAY) == 3
    assert sorted(states(session)) == ["accepted", "delivered", "failed"]
    assert sweep(twilio, NEXT_DAY + minutes(10)) == 0, "each is asked about once"


def test_nights_that_were_missed_are_caught_up_and_a_silent_provider_is_asked_again(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server
) -> None:
    tick(twilio, INVITED)
    sweep(twilio, NEXT_DAY - minutes(5))
    for text in provider.twilio.log:
        text.status = "delivered"
    provider.twilio.answers = False
    later = NEXT_DAY + timedelta(days=3)
    assert sweep(twilio, later) == 0
    provider.twilio.answers = True
    assert sweep(twilio, later + minutes(10)) == 3
    assert states(session) == [MessageState.DELIVERED] * 3


def test_what_the_provider_has_forgotten_is_left_as_it_is(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server
) -> None:
    tick(twilio, INVITED)
    provider.twilio.log.clear()
    assert sweep(twilio, NEXT_DAY) == 3
    assert states(session) == [MessageState.ACCEPTED] * 3


@pytest.mark.parametrize(("hours", "shown"), [(23, False), (24, True)])
def test_after_a_day_the_coordinator_reads_sent_not_confirmed(
    session: Session, people: list[Participant], twilio: TwilioGateway, app: Flask, hours: int, shown: bool
) -> None:
    tick(twilio, INVITED)
    browser = Browser(app, user(people[0].study, Role.COORDINATOR, "01"))
    session.commit()
    with moved_clock(lambda: INVITED + timedelta(hours=hours)):
        page = browser.get("/desk/backtobasic/messages/").text
    assert ("sent, not confirmed" in page) is shown
