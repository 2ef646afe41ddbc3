"""Between the gate and the network a text waits for its turn: it is valid for so much less, never into the night."""

import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.messages.gateways.gateway import Outgoing
from app.messages.gateways.outcomes import Outcome, Sent
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.models import Message, MessageState
from app.messages.queueing.prompts import queue_prompts
from app.messages.sending import delivery
from app.messages.sending.claiming import LEASE, Claimed
from app.participants.models import Participant
from tests.messages.books import states
from tests.messages.people import INVITED, enrolled, only

LAST_CALL = INVITED + timedelta(hours=10, minutes=50)
"""19:50 in Oslo: a text still has the ten minutes that it needs before quiet hours."""
MORNING = INVITED + timedelta(days=1)


class Recorder(SandboxGateway):
    """Takes everything, and notes for how long each text was to be valid."""

    def send(self, text: Outgoing, now: datetime) -> Sent:
        """Take it."""
        self.taken = [*getattr(self, "taken", []), text.validity]
        return super().send(text, now)


@pytest.fixture
def recorder(gateway: SandboxGateway) -> Recorder:
    gateway.__class__ = Recorder
    assert isinstance(gateway, Recorder)
    return gateway


@pytest.mark.parametrize(
    ("validity", "waited", "left"),
    [
        (14_400, 0, 14_400),
        (14_400, 0.9, 14_400),
        (14_400, 20, 14_380),
        (600, 20, 580),
        (600, 150, 450),
        (60, 0, 60),  # the least that the gate lets through
        (60, 30, 30),
        (60, 31, None),
        (600, 170, 430),
        (100, 71, None),
        (3600, LEASE.total_seconds() + 1, None),  # somebody else may have taken it over
    ],
)
def test_it_is_valid_for_as_much_less_as_it_waited(
    recorder: Recorder, validity: int, waited: float, left: int | None
) -> None:
    begun = time.monotonic() - waited
    claimed = Claimed(Outgoing(0, "+4740000001", "Hei", validity), 1, 1, is_probe=False, at=begun)
    attempted = delivery._send(recorder, claimed, delivery.Round(LAST_CALL, begun))
    assert getattr(recorder, "taken", []) == ([] if left is None else [left])
    assert (attempted.outcome is Outcome.BUSY) is (left is None)


@pytest.fixture
def participant(session: Session) -> Participant:
    person = enrolled()
    only(person, "d7")
    session.commit()
    return person


def test_what_waited_too_long_in_the_evening_is_asked_about_anew_and_waits_for_the_morning(
    session: Session, participant: Participant, recorder: Recorder
) -> None:
    """Another provider had its turn before, and nearly all of the evening went by."""
    queue_prompts(LAST_CALL)
    session.commit()
    delivery.deliver(recorder, LAST_CALL, begun=time.monotonic() - 571)
    assert (states(session), getattr(recorder, "taken", [])) == ([MessageState.QUEUED], [])
    tick(recorder, LAST_CALL + timedelta(seconds=571))
    assert states(session) == [MessageState.QUEUED]
    tick(recorder, MORNING)
    assert (states(session), recorder.taken) == ([MessageState.ACCEPTED], [14_400])
    assert session.scalars(select(Message.attempts)).all() == [2]


def test_each_provider_reckons_from_when_the_round_began(
    session: Session, participant: Participant, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one takes fifteen seconds; the second's text is valid for as much less."""
    queue_prompts(LAST_CALL)
    session.commit()
    steady, deliver = [1000.0], delivery.deliver
    monkeypatch.setattr("app.messages.sending.delivery.time.monotonic", lambda: steady[0])

    def slowly(*args: Any, **kwargs: Any) -> int:
        steady[0] += 15
        return deliver(*args, **kwargs) if steady[0] > 1020 else 0

    monkeypatch.setattr(delivery, "deliver", slowly)
    delivery.deliver_by([recorder, recorder], LAST_CALL)
    assert recorder.taken == [570]
