"""F-1 to F-5 and F-36: workers that die, sleep or run at once, and what happens while a text waits."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.core.audit import acting
from app.core.database import db, transaction
from app.messages.gateways.gateway import Outgoing
from app.messages.gateways.outcomes import Outcome, Sent
from app.messages.gateways.twilio import TwilioGateway
from app.messages.kinds import Reason
from app.messages.models import Message, MessageState
from app.messages.queueing.prompts import queue_prompts
from app.messages.sending.claiming import LEASE
from app.messages.sending.settling import settle
from app.messages.sending.weighing import Attempted
from app.participants.enrolment import change_phone, opt_out, withdraw
from app.participants.models import Participant, Task
from tests.fake_twilio.callbacks import call_back
from tests.fake_twilio.server import Server
from tests.messages.books import GIVEN_UP, LATER, claimed, closed, states
from tests.messages.people import INVITED, answered, minutes, visit


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


def test_f1_a_reminder_without_trace_is_not_sent_again(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server
) -> None:
    tick(twilio, INVITED)
    reminded = INVITED + timedelta(days=1, hours=8)
    claimed(twilio, reminded)
    tick(twilio, reminded + LEASE + minutes(1))
    tick(twilio, reminded + minutes(17))
    rows = session.execute(select(Message.state, Message.reason).filter_by(kind="reminder-1")).all()
    assert rows == [(MessageState.FAILED, Reason.NO_TRACE)] * 3
    assert len(provider.twilio.log) == 3
    assert len(session.scalars(select(Task)).all()) == 3


def test_f1_an_invitation_without_trace_is_sent_once_more_with_the_same_link_and_only_once(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server
) -> None:
    provider.twilio.script.extend(["lost-after"] * 9)
    for later in (0, 5, 17, 18, 35, 36, 60, 70, 90, 110, 130):
        tick(twilio, INVITED + minutes(later))
    assert states(session) == [MessageState.FAILED] * 3
    assert set(provider.twilio.times().values()) == {2}, "the same words, so the same link"
    assert set(session.scalars(select(Message.possible_duplicate))) == {True}
    assert session.scalars(select(Task.note)).all() == ["A text left no trace."] * 3
    assert closed(session, INVITED + minutes(90))


def test_f2_killed_after_the_provider_took_it(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server, client: FlaskClient
) -> None:
    for claim in claimed(twilio).claimed:
        assert twilio.send(claim.text, INVITED).outcome is Outcome.ACCEPTED
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
    claimed(twilio, GIVEN_UP + minutes(1))
    with acting("clock"), transaction():
        settle([Attempted(claim, Sent(Outcome.BUSY)) for claim in asleep], twilio, GIVEN_UP + minutes(1))
    assert states(session) == [MessageState.SENDING] * 3, "its successor is sending; the epoch says so"
    for later in (5, 20):
        tick(twilio, GIVEN_UP + minutes(later))
    assert states(session) == [MessageState.FAILED] * 3, "sent once more, and only once"
    sids = session.scalars(select(Message.sid).order_by(Message.id)).all()
    with acting("clock"), transaction():
        settle([Attempted(claim, Sent(Outcome.REFUSED, error_code="21211")) for claim in asleep], twilio, GIVEN_UP)
    assert states(session) == [MessageState.FAILED] * 3
    assert session.scalars(select(Message.sid).order_by(Message.id)).all() == sids
    assert set(session.scalars(select(Message.reason))) == {Reason.NO_TRACE}


def test_f4_what_a_late_worker_learnt_of_the_person_counts_and_the_text_stays_its_successors(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server
) -> None:
    asleep = claimed(twilio).claimed
    for at in (LATER, GIVEN_UP):
        tick(twilio, at)
    claimed(twilio, GIVEN_UP + minutes(1))
    with acting("clock"), transaction():
        settle([Attempted(claim, Sent(Outcome.REFUSED, error_code="21610")) for claim in asleep], twilio, GIVEN_UP)
    assert states(session) == [MessageState.SENDING] * 3
    assert all(participant.contact.opted_out_at is not None for participant in people)


def test_f4_a_late_refusal_of_the_old_number_says_nothing_of_the_new_one(
    session: Session, people: list[Participant], twilio: TwilioGateway, provider: Server
) -> None:
    asleep = claimed(twilio).claimed
    for at in (LATER, GIVEN_UP):
        tick(twilio, at)
    for participant in people:
        change_phone(participant, f"+474000888{participant.id % 10}")
    session.commit()
    claimed(twilio, GIVEN_UP + minutes(1))
    with acting("clock"), transaction():
        settle([Attempted(claim, Sent(Outcome.REFUSED, error_code="21211")) for claim in asleep], twilio, GIVEN_UP)
    assert states(session) == [MessageState.SENDING] * 3
    assert all(participant.contact.unusable_since is None for participant in people)


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


def withdrawn(participant: Participant) -> None:
    withdraw(participant, "no reason given", INVITED)


def said_stop(participant: Participant) -> None:
    opt_out(participant, INVITED)


def has_answered(participant: Participant) -> None:
    answered(visit(participant, "d7"), INVITED)


def new_number(participant: Participant) -> None:
    change_phone(participant, "+4740008888")


@pytest.mark.parametrize(
    ("happens", "ends"),
    [
        (withdrawn, MessageState.SUPPRESSED),
        (said_stop, MessageState.SUPPRESSED),
        (has_answered, MessageState.SUPPRESSED),
        (new_number, MessageState.ACCEPTED),
    ],
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
    assert "+4740001111" not in {text.to for text in provider.twilio.log}


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

    def watched(self: TwilioGateway, text: Outgoing, now: datetime) -> Sent:
        seen.append(db.session.in_transaction())
        return send(self, text, now)

    monkeypatch.setattr(TwilioGateway, "send", watched)
    tick(twilio, INVITED)
    assert seen == [False] * 3
