"""What patients wrote in the time that a back-up does not cover: heard from the provider's log, or told to a person."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.core.crypto import keyring
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.gateways.twilio import TwilioGateway
from app.messages.models import Message, MessageState, Reply
from app.messages.queueing.prompts import queue_prompts
from app.messages.receiving import provider_log, restoring
from app.participants.models import Participant, Task
from app.rehearsal import carrier as carrying
from app.rehearsal.carrier import Carrier
from app.schedule.models import Assessment
from app.studies.protocol import Channel
from tests.fake_twilio.server import Rang, Server
from tests.messages.people import INVITED, enrolled, minutes

HER, NOBODY = "+4740000001", "+4740009999"
SINCE, NOW = INVITED - timedelta(hours=1), INVITED + timedelta(hours=1)


@pytest.fixture
def carrier() -> Carrier:
    return Carrier("http://localhost")


def rung(number: str, body: str) -> carrying.Rang:
    """A text of ours that rang in the gap."""
    return carrying.Rang(f"SM{len(body)}{number}", number, body, INVITED)


def confirmation(participant: Participant) -> str:
    return provider_log._confirmation(participant)


def notes(session: Session) -> list[str | None]:
    return list(session.scalars(select(Task.note).order_by(Task.id)))


def test_a_stop_of_the_gap_is_kept_and_then_heard(
    session: Session, participant: Participant, carrier: Carrier, gateway: SandboxGateway
) -> None:
    written = carrier.write(HER, "STOPP", INVITED)
    gap = provider_log.look(carrier, SINCE, NOW)
    assert (gap.heard, gap.stopped, gap.unread) == (1, (), ())
    assert restoring.unheard()
    kept = session.scalars(select(Reply)).one()
    assert (kept.sid, kept.received_at) == (written.sid, INVITED)
    session.rollback()
    tick(gateway, NOW)
    session.refresh(participant.contact)
    assert participant.contact.opted_out_at is not None
    assert not restoring.unheard()
    assert provider_log.look(carrier, SINCE, NOW).heard == 0, "it is kept once"


@pytest.mark.parametrize(("confirmed", "stopped", "unread"), [(True, ("01-001",), ()), (False, (), ("01-001",))])
def test_of_words_that_were_taken_out_our_own_confirmation_tells_or_a_person_calls(
    session: Session, participant: Participant, carrier: Carrier, confirmed: bool, stopped: object, unread: object
) -> None:
    carrier.redact(carrier.write(HER, "STOPP", INVITED).sid)
    if confirmed:
        carrier.rang.append(rung(HER, confirmation(participant)))
    session.commit()
    for _ in range(2):
        gap = provider_log.look(carrier, SINCE, NOW)
        assert (gap.heard, gap.stopped, gap.unread) == (0, stopped, unread)
    session.expire_all()
    assert participant.contact.opted_out_at == (INVITED if confirmed else None)
    assert notes(session) == ["Wrote STOP before the restore: gets no more texts." if confirmed else provider_log.LOST]


def test_stop_is_of_everybody_at_the_telephone(session: Session, carrier: Carrier) -> None:
    people = [enrolled(1), enrolled(1)]
    carrier.redact(carrier.write(HER, "STOPP", INVITED).sid)
    carrier.rang.append(rung(HER, confirmation(people[0])))
    session.commit()
    assert provider_log.look(carrier, SINCE, NOW).stopped == ("01-001", "01-002")


def test_what_came_before_the_back_up_or_is_known_is_left_alone(
    session: Session, participant: Participant, carrier: Carrier
) -> None:
    carrier.write(HER, "STOPP", SINCE - minutes(1))
    session.commit()
    gap = provider_log.look(carrier, SINCE, NOW)
    assert (gap.heard, gap.stopped, gap.unread, gap.strangers) == (0, (), (), 0)


def test_numbers_that_are_nobodys_now_are_counted(session: Session, participant: Participant, carrier: Carrier) -> None:
    for number in (HER, NOBODY, NOBODY, "+4740009998"):
        carrier.rang.append(rung(number, "Hei"))
    session.commit()
    assert provider_log.look(carrier, SINCE, NOW).strangers == 2


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
        (MessageState.QUEUED, Channel.EMAIL, True),  # nobody lists mails
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


def test_a_visit_that_fell_due_and_closed_within_the_gap_is_named(session: Session, assessment: Assessment) -> None:
    closed = assessment.closes_at
    session.commit()
    assert provider_log.may_have_answered(SINCE, closed - minutes(1)) == ()
    assert provider_log.may_have_answered(SINCE, closed) == ("01-001 d7",)


def test_twilios_log_is_read_both_ways(
    session: Session, participant: Participant, twilio: TwilioGateway, provider: Server
) -> None:
    provider.twilio.now = lambda: INVITED
    session.commit()
    tick(twilio, INVITED)
    for sid, at in (("SM" + "1" * 32, INVITED), ("SM" + "2" * 32, SINCE - minutes(2))):
        provider.twilio.log.append(Rang(sid, HER, "STOP", "", at, "", inbound=True))
    log = twilio.log(SINCE)
    assert [(line.number, line.inbound, line.at) for line in log] == [(HER, False, INVITED), (HER, True, INVITED)]
    assert log[1].body == "STOP"
    assert provider_log.look(twilio, SINCE, NOW).heard == 1
    session.rollback()
    assert session.scalars(select(Reply)).one().sender_fingerprint == keyring().fingerprint(HER)
