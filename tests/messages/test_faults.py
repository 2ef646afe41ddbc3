"""The faults of delivery, each by its number: exactly one text, or the books say why not."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.config import Settings
from app.core.audit import acting
from app.core.database import db, transaction
from app.messages import bounded_http, breaker
from app.messages.claiming import LEASE, Claim, claim
from app.messages.ledger import books
from app.messages.models import Attempt, Message, MessageState
from app.messages.outcomes import Outcome, Sent
from app.messages.prompts import queue_prompts
from app.messages.reconciling import NO_TRACE
from app.messages.settling import Result, settle
from app.messages.twilio import TwilioGateway
from app.participants.enrolment import change_phone, opt_out, withdraw
from app.participants.models import Contact, Participant, Task
from app.studies.models import Study
from tests.fake_twilio.callbacks import call_back
from tests.fake_twilio.server import Server
from tests.messages.people import INVITED, cohort, minutes, only

LATER = INVITED + LEASE + minutes(1)
GIVEN_UP = INVITED + minutes(17)


@pytest.fixture
def people(session: Session, provider: Server) -> list[Participant]:
    """Three people with one weekly visit each; the provider's clock stands at the hour of invitation."""
    found = cohort(3)
    for participant in found:
        only(participant, "d7")
    session.commit()
    provider.twilio.now = lambda: INVITED
    return found


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time limits of seconds, so that a test of them takes no longer."""
    monkeypatch.setattr(bounded_http, "READ_SECONDS", 1.0)
    monkeypatch.setattr(bounded_http, "TOTAL_SECONDS", 2.0)


def states(session: Session) -> list[MessageState]:
    session.expire_all()
    return list(session.scalars(select(Message.state).order_by(Message.id)))


def closed(session: Session, now: datetime) -> bool:
    study = session.scalars(select(Study)).one()
    return books(study, now=now).balanced


def claimed(gateway: TwilioGateway, now: datetime = INVITED) -> Claim:
    """Queue and claim, as a worker does before it sends."""
    with acting("clock"), transaction():
        queue_prompts(now)
    with acting("clock"), transaction():
        return claim(gateway, now, 100)


def test_f1_killed_between_the_attempt_and_the_request(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server
) -> None:
    claimed(twilio)
    tick(twilio, LATER)
    assert states(session) == [MessageState.UNKNOWN] * 3
    assert provider.twilio.log == []
    tick(twilio, GIVEN_UP)
    tick(twilio, GIVEN_UP + minutes(1))
    assert states(session) == [MessageState.ACCEPTED] * 3
    assert set(session.scalars(select(Message.possible_duplicate))) == {True}
    assert set(provider.twilio.times().values()) == {1}
    assert closed(session, GIVEN_UP)


def test_f2_killed_after_the_provider_took_it(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server, client: FlaskClient
) -> None:
    for one in claimed(twilio).claimed:
        assert twilio.send(one.text).outcome is Outcome.ACCEPTED
    call_back(client, provider.twilio.log[0], ["delivered"])
    tick(twilio, LATER)
    tick(twilio, GIVEN_UP)
    assert states(session) == [MessageState.DELIVERED, MessageState.ACCEPTED, MessageState.ACCEPTED]
    assert set(provider.twilio.times().values()) == {1}
    assert set(session.scalars(select(Message.possible_duplicate))) == {False}


def test_f4_a_worker_that_slept_cannot_write_over_its_successor(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server
) -> None:
    asleep = claimed(twilio).claimed
    tick(twilio, LATER)
    tick(twilio, GIVEN_UP)
    tick(twilio, GIVEN_UP + minutes(1))
    sids = session.scalars(select(Message.sid).order_by(Message.id)).all()
    with acting("clock"), transaction():
        settle([Result(one, Sent(Outcome.REFUSED, error_code="21211")) for one in asleep], twilio, GIVEN_UP)
    assert states(session) == [MessageState.ACCEPTED] * 3
    assert session.scalars(select(Message.sid).order_by(Message.id)).all() == sids


def test_f5_four_clocks_at_once_send_each_text_once(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server, app: Flask
) -> None:
    provider.twilio.delay = 0.05
    start = threading.Barrier(4)

    def work() -> None:
        with app.app_context():
            start.wait()
            tick(twilio, INVITED)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(provider.twilio.times().values()) == [1, 1, 1]
    assert states(session) == [MessageState.ACCEPTED] * 3


def test_f6_too_many_requests_waits_as_long_as_it_is_told(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server
) -> None:
    for participant in people[1:]:
        withdraw(participant, "no reason given", INVITED)
    session.commit()
    provider.twilio.script.extend(["busy:400"] * 5)
    now = INVITED
    for _ in range(6):
        tick(twilio, now)
        waits = session.scalars(select(Message.not_before)).one()
        session.rollback()
        assert waits >= now + timedelta(seconds=400) or states(session) == [MessageState.ACCEPTED]
        now = max(now, waits)
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


def test_f8_without_the_words_kept_the_hour_tells(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server, quick: None
) -> None:
    provider.twilio.keeps_words = False
    provider.twilio.script.append("drop-after")
    tick(twilio, INVITED)
    tick(twilio, INVITED + minutes(2))
    assert states(session) == [MessageState.ACCEPTED] * 3


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
    night, morning = INVITED + timedelta(hours=14), INVITED + timedelta(hours=23)
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
        ("status:400:29999", "29999", "not delivered", False, False),
        ("not-json:400", "400", "not delivered", False, False),
        ("empty:400", "400", "not delivered", False, False),
    ],
)
def test_f10_each_refusal_has_its_consequence_and_an_unknown_code_breaks_nothing(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server,
    fault: str, code: str, task: str, unusable: bool, opted_out: bool,
) -> None:  # fmt: skip
    provider.twilio.script.append(fault)
    tick(twilio, INVITED)
    failed = session.scalars(select(Message).filter_by(state=MessageState.FAILED)).one()
    assert failed.error_code == code
    contact = session.scalars(select(Contact).filter_by(participant_id=failed.participant_id)).one()
    assert (contact.unusable_since is not None, contact.opted_out_at is not None) == (unusable, opted_out)
    assert session.scalars(select(Task.kind).filter_by(participant_id=failed.participant_id)).all() == [task]
    assert states(session).count(MessageState.ACCEPTED) == 2


def test_f1_a_reminder_without_trace_is_not_sent_again(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server
) -> None:
    tick(twilio, INVITED)
    reminded = INVITED + timedelta(days=1, hours=8)
    claimed(twilio, reminded)
    tick(twilio, reminded + LEASE + minutes(1))
    tick(twilio, reminded + minutes(17))
    rows = session.execute(select(Message.state, Message.reason).filter_by(kind="reminder-1")).all()
    assert rows == [(MessageState.FAILED, NO_TRACE)] * 3
    assert len(provider.twilio.log) == 3
    assert len(session.scalars(select(Task)).all()) == 3


def withdrawn(participant: Participant) -> None:
    withdraw(participant, "no reason given", INVITED)


def said_stop(participant: Participant) -> None:
    opt_out(participant, INVITED)


def new_number(participant: Participant) -> None:
    change_phone(participant, "+4740008888")


@pytest.mark.parametrize(
    ("happens", "ends"),
    [(withdrawn, MessageState.SUPPRESSED), (said_stop, MessageState.SUPPRESSED), (new_number, MessageState.ACCEPTED)],
)
def test_f36_what_happens_between_queueing_and_claiming_is_seen(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server,
    happens: Callable[[Participant], None], ends: MessageState,
) -> None:  # fmt: skip
    queue_prompts(INVITED)
    message = session.scalars(select(Message).order_by(Message.id)).first()
    assert message is not None
    message.participant.contact.phone = "+4740001111"
    happens(message.participant)
    session.commit()
    tick(twilio, INVITED)
    assert states(session) == [ends, MessageState.ACCEPTED, MessageState.ACCEPTED]
    assert "+4740001111" not in {one.to for one in provider.twilio.log}


def test_the_network_is_never_touched_inside_a_transaction(
    session: Session,
    people: list[Participant],
    twilio: TwilioGateway,
    provider: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = []
    send = TwilioGateway.send
    twilio.threads = 0

    def watched(self: TwilioGateway, text: object) -> Sent:
        seen.append(db.session.in_transaction())
        return send(self, text)  # type: ignore[arg-type]

    monkeypatch.setattr(TwilioGateway, "send", watched)
    tick(twilio, INVITED)
    assert seen == [False] * 3
