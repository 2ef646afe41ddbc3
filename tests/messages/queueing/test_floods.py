"""Far too many texts at once wait until a person has said yes."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.clock import tick
from app.core.time import moved_clock
from app.messages import breaker
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.models import MessageState
from app.messages.queueing import floods
from tests.messages.books import states
from tests.messages.people import INVITED, PROTOCOL, cohort, minutes, only

TEXT = PROTOCOL.read_text("utf-8")


def test_f40_far_too_many_texts_at_once_wait_for_a_person(
    session: Session, gateway: SandboxGateway, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(floods, "AT_ONCE", 4)
    for participant in cohort(5, text=TEXT.replace("daily_cap: 500", "daily_cap: 2")):
        only(participant, "d7")
    session.commit()
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
