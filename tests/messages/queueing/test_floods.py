"""Far too many texts at once wait until a person has said yes."""

import pytest
from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.clock import tick
from app.core.database import db
from app.core.time import moved_clock
from app.messages import breaker
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.kinds import Reason
from app.messages.models import Message, MessageState
from app.messages.queueing import floods
from app.messages.queueing.prompts import queue_prompts
from tests.messages.books import states
from tests.messages.people import INVITED, PROTOCOL, minutes, weekly

TEXT = PROTOCOL.read_text("utf-8")


def test_f40_far_too_many_texts_at_once_wait_for_a_person(
    session: Session, gateway: SandboxGateway, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(floods, "AT_ONCE", 4)
    weekly(5, text=TEXT.replace("daily_cap: 500", "daily_cap: 2"))
    tick(gateway, INVITED)
    tick(gateway, INVITED + minutes(1))
    assert states(session) == [MessageState.QUEUED] * 5
    held = breaker.standing("sandbox", INVITED).halt
    assert held is not None
    assert held.because.startswith("5 texts of backtobasic fell due at once")
    session.rollback()
    with moved_clock(lambda: INVITED + minutes(2)):
        assert app.test_cli_runner().invoke(args=["messages", "release"]).exit_code == 0
    tick(gateway, INVITED + minutes(3))
    assert states(session).count(MessageState.ACCEPTED) == 2, "the daily cap still holds"


@pytest.fixture
def message(session: Session) -> Message:
    """One text in the queue, queued at the hour of invitation, in a study whose cap is 500 a day."""
    weekly(1)
    queue_prompts(INVITED)
    return session.scalars(select(Message)).one()


def queue_more(message: Message, count: int, **changed: object) -> None:
    """So many texts like this one."""
    row = {column.key: getattr(message, column.key) for column in Message.__table__.columns if column.key != "id"}
    rows = [row | changed | {"dedupe_key": f"{number}:{sorted(changed)}"} for number in range(count)]
    if rows:
        db.session.execute(insert(Message), rows)


@pytest.mark.parametrize(
    ("at_once", "cap", "held"),
    [
        (1000, 500, False),  # twice the cap, and not more than a thousand
        (1001, 500, True),
        (1001, 501, False),  # twice the cap is more: 1002
        (1002, 501, False),
        (1003, 501, True),
        (1000, 1, False),  # a small cap alone holds nothing: the cap itself does that
        (1001, 1, True),
    ],
)
def test_more_than_a_thousand_at_once_and_more_than_twice_the_cap_are_held(
    session: Session, message: Message, at_once: int, cap: int, held: bool
) -> None:
    protocol = message.participant.protocol
    protocol.content = protocol.content | {"sending": protocol.content["sending"] | {"daily_cap": cap}}
    protocol.sha256 = f"{cap:064d}"
    queue_more(message, at_once - 1)
    floods.hold_if_many(at_once, INVITED)
    assert bool(breaker.halts()) is held


@pytest.mark.parametrize(
    "changed",
    [{"queued_at": INVITED - minutes(1)}, {"state": MessageState.SUPPRESSED, "reason": Reason.CLOSED}],
    ids=["queued in another round", "not going to be sent"],
)
def test_only_texts_of_this_round_that_wait_to_leave_are_counted(
    session: Session, message: Message, changed: dict[str, object]
) -> None:
    queue_more(message, 1500, **changed)
    floods.hold_if_many(1501, INVITED)
    assert breaker.halts() == ()


def test_a_round_with_few_new_texts_is_not_asked_about(session: Session, message: Message) -> None:
    queue_more(message, 1500)
    floods.hold_if_many(1000, INVITED)
    assert breaker.halts() == ()
    floods.hold_if_many(1001, INVITED)
    assert breaker.halts() == ("1501 texts of backtobasic fell due at once; if that is right: flask messages release",)
