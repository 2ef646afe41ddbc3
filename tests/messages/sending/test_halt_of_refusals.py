"""A halt that refusals began: no refused number keeps it up, and one text that is taken ends it."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.core.audit import acting
from app.core.database import transaction
from app.messages import breaker
from app.messages.gateways.outcomes import Outcome, Sent
from app.messages.models import Message
from app.messages.queueing.prompts import queue_prompts
from app.messages.sending.claiming import Claimed, claim
from app.messages.sending.settling import settle
from app.messages.sending.weighing import Attempted
from tests.messages.erratic import Provider
from tests.messages.people import INVITED, minutes
from tests.messages.sending.numbers import group


def trip_by_refusals(gateway: Provider) -> None:
    breaker.trip(gateway.name, Outcome.HALTED, "20003", INVITED)


def trip_by_silence(gateway: Provider) -> None:
    breaker.trip(gateway.name, Outcome.UNREACHABLE, "no answer", INVITED)


@pytest.mark.parametrize("trip", [trip_by_refusals, trip_by_silence])
def test_a_refused_number_that_is_first_in_the_queue_keeps_no_breaker_open(
    session: Session, app: Flask, trip: Callable[[Provider], None]
) -> None:
    hers, *others = group(session, 4)
    gateway = Provider(refusing=lambda number: "21612" if number == hers else "")
    trip(gateway)
    session.commit()
    for minute in (5, 5.1, 5.2):
        tick(gateway, INVITED + minutes(minute))
    assert [gateway.tries[number] for number in others] == [1, 1, 1]
    assert breaker.standing(gateway.name, INVITED + minutes(6)).halt is None


def under_way(gateway: Provider) -> list[Claimed]:
    """Everybody's text, claimed and not settled yet."""
    with acting("clock"), transaction():
        queue_prompts(INVITED)
    with acting("clock"), transaction():
        return list(claim(gateway, INVITED, 100).claimed)


def settled(gateway: Provider, texts: list[Claimed], outcome: Outcome) -> None:
    code = "21612" if outcome is Outcome.HALTED else None
    with acting("clock"), transaction():
        settle([Attempted(text, Sent(outcome, sid="SM", error_code=code)) for text in texts], gateway, INVITED)


@pytest.mark.parametrize("last", [Outcome.ACCEPTED, Outcome.HALTED])
def test_who_is_still_under_way_is_waited_for(session: Session, app: Flask, last: Outcome) -> None:
    """Two of three are refused; what becomes of the third tells whether it is theirs."""
    group(session, 3)
    gateway = Provider()
    first, second, third = under_way(gateway)
    settled(gateway, [first, second], Outcome.HALTED)
    assert breaker.halts() == ()
    settled(gateway, [third], last)
    assert bool(breaker.halts()) is (last is Outcome.HALTED)


def test_a_text_taken_after_five_refusals_ends_the_halt(session: Session, app: Flask) -> None:
    """It was under way when the others were refused: the sender does reach somebody."""
    group(session, 6)
    gateway = Provider()
    *first, last = under_way(gateway)
    settled(gateway, first, Outcome.HALTED)
    assert len(breaker.halts()) == 1
    settled(gateway, [last], Outcome.ACCEPTED)
    assert breaker.halts() == ()


def test_the_probe_is_somebody_who_was_not_refused_yet(session: Session, app: Flask) -> None:
    everybody, gateway = group(session, 6), Provider()
    queue_prompts(INVITED)
    for message in session.scalars(select(Message).order_by(Message.id)).all()[:5]:
        message.attempts = 1
    trip_by_refusals(gateway)
    session.commit()
    probe = claim(gateway, INVITED + minutes(6), 100).claimed
    assert [text.text.to for text in probe] == everybody[5:]


@pytest.mark.parametrize(
    ("open_for", "pause"), [(0, 5), (4, 5), (5, 5), (6, 6), (15, 15), (30, 30), (31, 30), (4000, 30)]
)
def test_who_is_refused_asks_less_and_less_often(session: Session, app: Flask, open_for: int, pause: int) -> None:
    breaker.trip("twilio", Outcome.HALTED, "20003", INVITED)
    again = INVITED + minutes(open_for)
    assert breaker.trip("twilio", Outcome.HALTED, "20003", again) == again + minutes(pause)
