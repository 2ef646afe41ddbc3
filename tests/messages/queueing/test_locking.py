"""A study is closed or locked while texts wait: none leaves, none is lost, and what is due yet leaves once after it."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.messages.gateways.gateway import Outgoing
from app.messages.gateways.outcomes import Sent
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.models import Message, MessageState
from app.messages.queueing.prompts import queue_prompts
from app.participants.models import Participant
from app.studies.models import Study
from app.studies.states import StudyState
from tests.messages.books import closed, states
from tests.messages.people import INVITED, minutes

ACCEPTED, SUPPRESSED = MessageState.ACCEPTED, MessageState.SUPPRESSED
Put = Callable[[StudyState], None]


@pytest.fixture
def put(session: Session, participant: Participant) -> Put:
    """Puts the study of somebody who is owed an invitation in a state."""

    def into(state: StudyState) -> None:
        session.scalars(select(Study)).one().state = state
        session.commit()

    return into


@pytest.mark.parametrize("state", [StudyState.CLOSED, StudyState.LOCKED, StudyState.ARCHIVED])
def test_what_waits_while_a_study_is_locked_stays_and_leaves_once_when_it_is_unlocked(
    session: Session, put: Put, gateway: SandboxGateway, state: StudyState
) -> None:
    assert queue_prompts(INVITED) == 1
    put(state)
    for minute in (0, 1, 2):
        tick(gateway, INVITED + minutes(minute))
    assert states(session) == [SUPPRESSED]
    assert session.scalars(select(Message.reason)).one() == "study closed"
    assert closed(session, INVITED + minutes(60))
    put(StudyState.LIVE)
    for minute in (3, 4, 5):
        tick(gateway, INVITED + minutes(minute))
    assert states(session) == [ACCEPTED]
    assert session.scalars(select(Message.attempts)).one() == 1


def test_a_text_that_is_on_its_way_when_the_study_is_locked_is_noted_as_what_it_became(
    session: Session, put: Put, gateway: SandboxGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    sends = SandboxGateway.send

    def locked_meanwhile(self: SandboxGateway, text: Outgoing, now: datetime) -> Sent:
        put(StudyState.LOCKED)
        return sends(self, text, now)

    monkeypatch.setattr(SandboxGateway, "send", locked_meanwhile)
    for minute in (0, 1):
        tick(gateway, INVITED + minutes(minute))
    assert states(session) == [ACCEPTED]
    assert closed(session, INVITED + minutes(60))
