"""Visits that may have been answered in the time that a back-up does not cover are named."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.models import Message, MessageState
from app.messages.queueing.prompts import queue_prompts
from app.messages.receiving import provider_log
from app.participants.models import Participant
from app.schedule.models import Assessment
from app.studies.protocol import Channel
from tests.messages.mail.people import mailed
from tests.messages.people import INVITED, minutes
from tests.messages.receiving.gap import NOW, SINCE


def test_visits_that_may_have_been_answered_are_named(
    session: Session, participant: Participant, gateway: SandboxGateway
) -> None:
    session.commit()
    assert provider_log.may_have_answered(SINCE, NOW) == (), "nobody was asked yet"
    tick(gateway, INVITED)
    assert provider_log.may_have_answered(SINCE, NOW) == ("01-001 d7",)
    long_after = INVITED + timedelta(days=30)
    assert provider_log.may_have_answered(long_after, long_after) == ()


@pytest.mark.parametrize(
    ("state", "channel", "named"),
    [
        (MessageState.QUEUED, Channel.SMS, False),  # the provider's log does not have it
        (MessageState.UNKNOWN, Channel.SMS, True),
        (MessageState.ACCEPTED, Channel.SMS, True),
        (MessageState.DELIVERED, Channel.EMAIL, True),
        (MessageState.FAILED, Channel.SMS, False),
    ],
)
def test_a_visit_is_named_when_its_text_may_have_left(
    session: Session, assessment: Assessment, state: MessageState, channel: Channel, named: bool
) -> None:
    queue_prompts(INVITED)
    message = session.scalars(select(Message)).one()
    message.state, message.channel = state, channel
    session.commit()
    assert provider_log.may_have_answered(SINCE, NOW) == (("01-001 d7",) if named else ())


@pytest.mark.parametrize(
    ("channel", "changed", "in_doubt"),
    [
        ("", {}, True),
        ("", {"email_unusable_since": INVITED}, False),  # a text follows, which the provider's log would have
        ("sms", {}, False),
        ("sms", {"unusable_since": INVITED}, True),
        ("email", {}, True),
    ],
)
def test_a_waiting_mail_may_have_left(session: Session, channel: str, changed: dict[str, Any], in_doubt: bool) -> None:
    """By what it leaves is decided when it does; in the queue it says SMS."""
    kari = mailed(channel=channel)
    queue_prompts(INVITED)
    for name, value in changed.items():
        setattr(kari.contact, name, value)
    session.commit()
    assert session.scalars(select(Message.state)).one() == MessageState.QUEUED
    assert provider_log.may_have_answered(SINCE, NOW) == (("01-001 d7",) if in_doubt else ())
    assert provider_log.mails_in_doubt(NOW) == int(in_doubt)
    assert provider_log.mails_in_doubt(INVITED - minutes(1)) == 0, "not due yet"


def test_a_visit_that_fell_due_and_closed_within_the_gap_is_named(session: Session, assessment: Assessment) -> None:
    closed = assessment.closes_at
    session.commit()
    assert provider_log.may_have_answered(SINCE, closed - minutes(1)) == ()
    assert provider_log.may_have_answered(SINCE, closed) == ("01-001 d7",)
