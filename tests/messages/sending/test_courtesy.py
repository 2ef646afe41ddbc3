"""A courtesy to who is owed nothing keeps nobody's text back, whatever breaks or hangs in it, and is told of."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.clock import tick
from app.core.database import db
from app.core.time import moved_clock
from app.messages.gateways.gateway import Gateway, Outgoing
from app.messages.gateways.outcomes import Outcome, Sent
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.models import Message, MessageState, Stranger
from app.messages.monitoring import heartbeats, holding
from app.messages.sending import delivery, unknown_numbers
from app.studies.protocol import Protocol
from tests.fake_twilio.callbacks import write_to_us
from tests.messages.erratic import Provider
from tests.messages.people import INVITED, enrolled, minutes, only

UNKNOWN = "+4799999990"


def got(gateway: SandboxGateway, number: str) -> list[str]:
    return [text.body for text in gateway.find(number, INVITED - timedelta(days=1))]


def strangers_write(session: Session, client: FlaskClient, count: int = 1) -> None:
    """One text is owed to a patient, and so many STOPs of unknown numbers are not answered yet."""
    only(enrolled(), "d7")
    session.commit()
    with moved_clock(lambda: INVITED):
        for number in range(count):
            write_to_us(client, f"{UNKNOWN[:-1]}{number}", "STOPP")


def refuses_strangers(text: Outgoing, now: datetime) -> Sent:
    """A gateway that breaks on whatever is in nobody's ledger."""
    if text.message_id == 0:
        raise RuntimeError(f"{text.to} cannot be told")
    return Sent(Outcome.ACCEPTED, sid=f"SM{text.message_id:032}", http_status=201)


def asks_when_patients_were_asked(text: Outgoing, now: datetime) -> Sent:
    """A gateway that hangs on a stranger: by then everything else must have left."""
    if text.message_id == 0:
        left = select(func.count()).where(Message.kind == "invitation", Message.state == MessageState.ACCEPTED)
        assert db.session.scalar(left) == 1
    return Sent(Outcome.ACCEPTED, sid=f"SM{text.message_id:032}", http_status=201)


def test_a_fault_in_the_answer_to_a_stranger_keeps_no_patient_s_text_back_and_is_told(
    session: Session, app: Flask, client: FlaskClient, gateway: SandboxGateway, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    strangers_write(session, client)
    monkeypatch.setattr(gateway, "send", refuses_strangers)
    holding.remember(app.extensions["settings"].instance, INVITED - timedelta(days=1))
    with moved_clock(lambda: INVITED):
        failed = clock.once(gateway, INVITED)
    session.expire_all()
    assert failed == ["courtesy"]
    assert session.scalars(select(Message.state)).all() == [MessageState.ACCEPTED]
    assert heartbeats.failing(heartbeats.last()) == ["courtesy"]
    assert UNKNOWN not in caplog.text


def test_a_stranger_is_answered_when_patients_were_asked(
    session: Session, client: FlaskClient, gateway: SandboxGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    strangers_write(session, client)
    monkeypatch.setattr(gateway, "send", asks_when_patients_were_asked)
    tick(gateway, INVITED)
    assert session.scalars(select(Stranger.answered_at)).all() != [None]


def test_a_stranger_whose_answer_breaks_keeps_none_from_the_next(
    session: Session, client: FlaskClient, gateway: SandboxGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(text: Outgoing, now: datetime) -> Sent:
        if text.to.endswith("0"):
            raise RuntimeError
        return SandboxGateway.send(gateway, text, now)

    strangers_write(session, client, 2)
    monkeypatch.setattr(gateway, "send", breaks)
    with pytest.raises(RuntimeError):
        tick(gateway, INVITED)
    assert len(got(gateway, "+4799999991")) == 1


def test_a_study_whose_words_break_keeps_no_other_from_answering(
    session: Session, client: FlaskClient, gateway: SandboxGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    strangers_write(session, client, 2)
    words, spoilt = unknown_numbers._words, [KeyError("sender")]

    def breaks_once(plan: Protocol) -> str:
        if spoilt:
            raise spoilt.pop()
        return words(plan)

    monkeypatch.setattr(unknown_numbers, "_words", breaks_once)
    with pytest.raises(KeyError):
        tick(gateway, INVITED)
    assert len(got(gateway, "+4799999991")) == 1
    tick(gateway, INVITED + minutes(1))
    assert len(got(gateway, UNKNOWN)) == 1


def test_a_carrier_whose_round_breaks_off_keeps_no_other_from_its_own(
    gateway: SandboxGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Provider(name="broken")
    rounds: list[str] = []

    def deliver(carrier: Gateway, now: datetime, note: delivery.Note, begun: float | None = None) -> int:
        rounds.append(carrier.name)
        if carrier is broken:
            raise RuntimeError
        return 0

    monkeypatch.setattr(delivery, "deliver", deliver)
    with pytest.raises(RuntimeError):
        delivery.deliver_by([broken, gateway], INVITED)
    assert rounds == ["broken", gateway.name]
