"""F-9 and F-10: no connection, refused credentials, refused texts."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.config import Settings
from app.core.time import moved_clock
from app.messages import breaker
from app.messages.gateways.outcomes import NUMBER_UNUSABLE
from app.messages.gateways.twilio import TwilioGateway
from app.messages.models import Message, MessageState
from app.participants.enrolment import opt_in
from app.participants.models import Contact, Participant, Task
from app.rehearsal.agenda import Agenda
from tests.fake_twilio.callbacks import call_back
from tests.fake_twilio.server import Server
from tests.messages.books import states
from tests.messages.people import INVITED, enrolled, minutes, only


def refused_connection(address: str) -> str:
    return "http://127.0.0.1:1"


def no_such_host(address: str) -> str:
    return "http://no-such-host.invalid"


def no_tls(address: str) -> str:
    return address.replace("http://", "https://")


@pytest.mark.parametrize("broken", [refused_connection, no_such_host, no_tls])
def test_f9_without_a_connection_the_queue_is_kept_and_one_alert_raised(
    session: Session,
    people: list[Participant],
    settings: Settings,
    twilio: TwilioGateway,
    provider: Server,
    broken: Callable[[str], str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    away = TwilioGateway(replace(settings, gateway="twilio", twilio_base_url=broken(provider.address)))
    with caplog.at_level(logging.ERROR, "svar.alert"):
        for later in (0, 0.2, 0.5, 2, 4):
            tick(away, INVITED + minutes(later))
    assert states(session) == [MessageState.QUEUED] * 3
    assert len(caplog.records) == 1
    for later in (6, 6.1):
        tick(twilio, INVITED + minutes(later))
    assert states(session) == [MessageState.ACCEPTED] * 3
    assert set(provider.twilio.times().values()) == {1}


@pytest.mark.parametrize("refusal", ["status:401:20003", "status:403:20003", "status:400:21606"])
def test_f9_refused_credentials_open_the_breaker_and_it_closes_in_waking_hours(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server, refusal: str
) -> None:
    provider.twilio.script.extend([refusal] * 3)
    tick(twilio, INVITED)
    assert breaker.standing("twilio", INVITED).halt is not None
    assert len(provider.twilio.requests) <= 3
    session.rollback()
    night, morning = INVITED + timedelta(hours=14), INVITED + timedelta(hours=24)
    tick(twilio, night)
    assert provider.twilio.log == []
    for later in (0, 0.1, 0.2):
        tick(twilio, morning + minutes(later))
    assert states(session) == [MessageState.ACCEPTED] * 3
    assert breaker.standing("twilio", morning).halt is None


@pytest.mark.parametrize(
    ("fault", "code", "task", "unusable", "opted_out"),
    [
        ("status:400:21211", "21211", "number unusable", True, False),
        ("status:400:21614", "21614", "number unusable", True, False),
        ("status:400:21610", "21610", "message received", False, True),
        ("status:403:21610", "21610", "message received", False, True),
        ("status:400:21617", "21617", "not delivered", False, False),
    ],
)
def test_f10_each_refusal_has_its_consequence(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server,
    fault: str, code: str, task: str, unusable: bool, opted_out: bool,
) -> None:  # fmt: skip
    provider.twilio.script.append(fault)
    tick(twilio, INVITED)
    failed = session.scalars(select(Message).filter_by(error_code=code)).one()
    assert failed.state is (MessageState.SUPPRESSED if opted_out else MessageState.FAILED)
    contact = session.scalars(select(Contact).filter_by(participant_id=failed.participant_id)).one()
    assert (contact.unusable_since is not None, contact.opted_out_at is not None) == (unusable, opted_out)
    assert session.scalars(select(Task.kind).filter_by(participant_id=failed.participant_id)).all() == [task]
    assert states(session).count(MessageState.ACCEPTED) == 2


@pytest.mark.parametrize(
    ("fault", "code", "task"),
    [
        ("status:400:29999", "29999", "not delivered"),
        ("status:400:30034", "30034", "not delivered"),
        ("status:400:21608", "21608", "not delivered"),
        ("status:400:21408", "21408", "number unusable"),  # others get through: it is the country of hers alone
        ("status:403:21408", "21408", "number unusable"),
        ("not-json:400", "400", "not delivered"),
        ("empty:400", "400", "not delivered"),
    ],
)
def test_f10_a_refusal_that_names_nobody_is_hers_at_the_second_try(
    session: Session,
    people: list[Participant],
    twilio: TwilioGateway,
    provider: Server,
    fault: str,
    code: str,
    task: str,
) -> None:
    for minute in (0, 1):
        provider.twilio.script.append(fault)
        tick(twilio, INVITED + minutes(minute))
        assert states(session).count(MessageState.ACCEPTED) == 2
    failed = session.scalars(select(Message).filter_by(error_code=code)).one()
    assert failed.state is MessageState.FAILED
    assert session.scalars(select(Task.kind).filter_by(participant_id=failed.participant_id)).all() == [task]
    assert failed.participant.contact.unusable_because == NUMBER_UNUSABLE.get(code)
    assert breaker.standing("twilio", INVITED + minutes(2)).halt is None


def test_start_owes_again_what_the_provider_refused_after_stop(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server
) -> None:
    """She said STOP to the provider, which did not tell us; her START reaches us, and the window is still open."""
    provider.twilio.script.append("status:400:21610")
    tick(twilio, INVITED)
    message = session.scalars(select(Message).filter_by(error_code="21610")).one()
    assert (message.state, message.reason) == (MessageState.SUPPRESSED, "opted out")
    opt_in(message.participant)
    session.commit()
    tick(twilio, INVITED + minutes(5))
    assert states(session) == [MessageState.ACCEPTED] * 3


def test_filtered_texts_raise_one_alert_by_their_rate(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server, client: FlaskClient,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """30007: one may happen; the third within three days is a filter, and is told of once in three days."""
    only(enrolled(9), "d7")
    session.commit()
    tick(twilio, INVITED)
    first, *others, delivered = provider.twilio.log
    with caplog.at_level(logging.ERROR, "svar.alert"):
        call_back(client, delivered, ["delivered"])
        call_back(client, first, ["undelivered"], 30007)
        tick(twilio, INVITED + minutes(1))
        assert caplog.records == []
        for text in others:
            call_back(client, text, ["undelivered"], 30007)
        for later in (2, 3):
            tick(twilio, INVITED + minutes(later))
        call_back(client, first, ["failed"], 30007)
        tick(twilio, INVITED + minutes(4))
    assert [record.getMessage()[:43] for record in caplog.records] == ["3 texts in 72 hours ended with 30007: a net"]


def test_filtered_texts_of_many_days_raise_none(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server, client: FlaskClient,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    tick(twilio, INVITED)
    with caplog.at_level(logging.ERROR, "svar.alert"):
        agenda = Agenda(INVITED)
        for days, text in enumerate(provider.twilio.log):
            agenda.move(INVITED + timedelta(hours=37 * days, minutes=1))
            with moved_clock(agenda.now):
                call_back(client, text, ["undelivered"], 30007)
            tick(twilio, agenda.now())
    assert caplog.records == []
