"""Day 0 moved to a later day after patients were asked: each is asked once about the day that holds now."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import once, tick
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.kinds import MessageKind
from app.messages.models import Message, MessageState
from app.messages.monitoring.ledger import books
from app.messages.outlook.forecast import upcoming
from app.messages.queueing.coordinating import bring_forward, cancel
from app.participants.enrolment import opt_in, opt_out, withdraw
from app.participants.events import plan_event
from app.participants.models import Participant
from app.schedule.planning import plan
from tests.messages.judging import OSLO
from tests.messages.people import INFUSION, INVITED, answered, minutes, only, visit

pytestmark = pytest.mark.usefixtures("tables_only")

ALL = ["invitation", "reminder-1", "reminder-2"]
MONTH = timedelta(days=30)
THEN = datetime.combine(INVITED.date() + MONTH, time(9), OSLO)
"""09:00 in Oslo on day 7, after the month."""


def moved(session: Session, participant: Participant, now: datetime) -> None:
    """The first infusion is postponed by a month."""
    plan_event(participant, "first_infusion", INFUSION + MONTH, None, now)
    plan(participant, now)
    only(participant, "d7")
    session.commit()


def hours(gateway: SandboxGateway, start: datetime, days: int = 4) -> None:
    """The clock ticks every four hours, and at the hour of the last reminder: so at the hours of all texts."""
    for hour in sorted(hour for hour in {*range(0, 96, 4), 51} if hour < 24 * days):
        tick(gateway, start + timedelta(hours=hour))


def left(session: Session, since: datetime) -> list[str]:
    session.expire_all()
    query = select(Message.kind).where(Message.sent_at >= since, Message.state == MessageState.ACCEPTED)
    return list(session.scalars(query.order_by(Message.sent_at)))


@pytest.mark.parametrize("waited", [0, 1, 4, 20], ids=["invited", "in between", "reminded twice", "window missed"])
def test_who_was_asked_before_is_asked_anew_as_foretold(
    session: Session, participant: Participant, gateway: SandboxGateway, waited: int
) -> None:
    if waited < 20:
        tick(gateway, INVITED)
        hours(gateway, INVITED, waited)
    else:
        tick(gateway, INVITED + timedelta(days=waited))
    at = INVITED + timedelta(days=waited)
    moved(session, participant, at)
    foretold = [(text.kind, text.at) for text in upcoming(participant.study, at, 60)]
    hours(gateway, at)
    assert left(session, at + minutes(1)) == []
    hours(gateway, THEN)
    query = select(Message.kind, Message.sent_at).where(Message.sent_at >= THEN).order_by(Message.sent_at)
    assert session.execute(query).all() == foretold
    assert [kind for kind, _ in foretold] == ALL
    assert once(gateway, THEN + timedelta(days=5)) == []
    assert books(participant.study, now=THEN + timedelta(days=5)).balanced


def test_a_text_that_waits_gives_way(session: Session, participant: Participant, gateway: SandboxGateway) -> None:
    visit(participant, "d7").paused_until = INVITED + timedelta(hours=5)
    session.commit()
    tick(gateway, INVITED)
    moved(session, participant, INVITED)
    hours(gateway, INVITED)
    assert session.scalars(select(Message.reason)).all() == ["visit moved to a later day"]
    hours(gateway, THEN)
    assert left(session, INVITED) == ALL


def test_stop_and_start_before_the_new_window_bring_nothing_forward(
    session: Session, participant: Participant, gateway: SandboxGateway
) -> None:
    opt_out(participant, INVITED)
    session.commit()
    tick(gateway, INVITED)
    moved(session, participant, INVITED)
    opt_in(participant)
    session.commit()
    hours(gateway, INVITED)
    assert left(session, INVITED) == []
    hours(gateway, THEN)
    assert left(session, INVITED) == ALL


def test_a_cancelled_invitation_stays_cancelled(
    session: Session, participant: Participant, gateway: SandboxGateway
) -> None:
    cancel(visit(participant, "d7"), MessageKind.INVITATION, INVITED)
    moved(session, participant, INVITED)
    assert upcoming(participant.study, INVITED, 60) == []
    hours(gateway, THEN)
    assert left(session, INVITED) == []


def test_a_text_of_the_new_window_can_be_cancelled_and_brought_forward(
    session: Session, participant: Participant, gateway: SandboxGateway
) -> None:
    hours(gateway, INVITED)
    moved(session, participant, INVITED + timedelta(days=4))
    cancel(visit(participant, "d7"), MessageKind.REMINDER_1, THEN - timedelta(days=1))
    session.commit()
    tick(gateway, THEN)
    bring_forward(visit(participant, "d7"), MessageKind.REMINDER_2, THEN + timedelta(hours=6))
    session.commit()
    hours(gateway, THEN)
    assert left(session, THEN) == ["invitation", "reminder-2"]


@pytest.mark.parametrize(
    "happens",
    [lambda person, at: answered(visit(person, "d7"), at), lambda person, at: withdraw(person, "no reason given", at)],
    ids=["answered", "withdrawn"],
)
def test_the_books_close_where_no_clock_ran_in_the_new_window(
    session: Session,
    participant: Participant,
    gateway: SandboxGateway,
    happens: Callable[[Participant, datetime], None],
) -> None:
    tick(gateway, INVITED)
    moved(session, participant, INVITED)
    happens(participant, THEN + minutes(20))
    session.commit()
    late = THEN + minutes(40)
    assert not books(participant.study, now=late).balanced
    assert once(gateway, late) == []
    assert books(participant.study, now=late).balanced
