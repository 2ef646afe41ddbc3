"""A study is closed or locked while texts wait: none leaves, none is lost, and what is due yet leaves once after it."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from app.clock import JOBS, SLOW_JOBS, tick
from app.messages.gateways.gateway import Outgoing
from app.messages.gateways.outcomes import Sent
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.kinds import Reason
from app.messages.models import Message, MessageState
from app.messages.queueing.prompts import queue_prompts
from app.participants.enrolment import withdraw
from app.participants.models import Participant
from app.schedule.models import Assessment
from app.schedule.planning import plan_all
from app.studies.models import Study
from app.studies.states import StudyState
from tests.messages.books import closed, states
from tests.messages.people import INVITED, answered, minutes, visit

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


NOTED: dict[StudyState, list[tuple[MessageState, Reason | None]]] = {
    StudyState.SETUP: [(ACCEPTED, None)],
    StudyState.DEMO: [(ACCEPTED, None)],
    StudyState.LIVE: [(ACCEPTED, None)],
    StudyState.RECRUITING_STOPPED: [(ACCEPTED, None)],
    StudyState.CLOSED: [(SUPPRESSED, Reason.STUDY_CLOSED)],
    StudyState.LOCKED: [],
    StudyState.ARCHIVED: [],
}
"""What is in the books of a visit that came due in each state of docs/states.md."""
LATER = INVITED + minutes(30)


@pytest.mark.parametrize("state", StudyState)
def test_what_comes_due_is_noted_in_every_state_but_from_the_lock_on(
    session: Session, put: Put, participant: Participant, gateway: SandboxGateway, state: StudyState
) -> None:
    put(state)
    before = rows(session)
    work(gateway, LATER)
    texts = session.execute(select(Message.state, Message.reason)).all()
    assert [tuple(text) for text in texts] == NOTED[state]
    assert (rows(session) == before) == (not NOTED[state])
    assert closed(session, LATER + minutes(60))


@pytest.mark.parametrize("state", [StudyState.LOCKED, StudyState.ARCHIVED])
@pytest.mark.parametrize("reason", [Reason.ANSWERED, Reason.WITHDRAWN])
def test_why_somebody_was_never_asked_is_written_once_the_study_is_unlocked(
    session: Session, put: Put, participant: Participant, gateway: SandboxGateway, state: StudyState, reason: Reason
) -> None:
    if reason is Reason.ANSWERED:
        answered(visit(participant, "d7"), LATER)
    else:
        withdraw(participant, "no reason given", LATER)
    put(state)
    before, day = rows(session), INVITED + timedelta(days=1)
    work(gateway, day)
    assert (rows(session), closed(session, day)) == (before, True)
    put(StudyState.CLOSED)
    assert not closed(session, day), "time goes on, and the clock has not looked yet"
    work(gateway, day)
    assert session.scalars(select(Message.reason)).all() == [reason]
    assert closed(session, day)


@pytest.mark.parametrize("state", StudyState)
def test_nobody_is_planned_from_the_lock_on(
    session: Session, put: Put, participant: Participant, state: StudyState
) -> None:
    session.execute(delete(Assessment))
    put(state)
    stands = state in (StudyState.LOCKED, StudyState.ARCHIVED)
    assert plan_all(INVITED) == (0 if stands else 1)


def work(gateway: SandboxGateway, now: datetime) -> None:
    """All that the clock does about texts, and its jobs that plan and explain."""
    tick(gateway, now)
    for job in (*JOBS, *SLOW_JOBS):
        if job.name in ("plan", "explain", "expire"):
            job.run(gateway, now)


def rows(session: Session) -> list[object]:
    """What the clock may write of people."""
    session.rollback()
    tables = ("participants", "events", "assessments", "drafts", "messages", "tasks")
    return [session.execute(text(f"SELECT * FROM {name} ORDER BY id")).all() for name in tables]  # noqa: S608 - ours
