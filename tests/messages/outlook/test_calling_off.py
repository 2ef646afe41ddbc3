"""Day 0 called off: the plan goes, what was sent and answered stays, and nothing follows it."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.audit import AuditEntry
from app.core.problems import Conflict
from app.messages.models import Message
from app.messages.outlook.calling_off import call_off
from app.messages.queueing.prompts import queue_prompts
from app.participants.events import anchor, plan_event, record_event
from app.participants.models import Event, Participant
from app.schedule.models import Assessment, State
from app.schedule.planning import plan
from tests.messages.people import BEFORE, INFUSION, answered, enrolled, visit

ASKED = BEFORE + timedelta(days=8)
"""The invitation to day 0 has gone out on day -7."""


def day_0(participant: Participant) -> Event:
    event = anchor(participant)
    assert event is not None
    return event


@pytest.fixture
def participant(session: Session) -> Participant:
    return enrolled()


def test_a_plan_that_nobody_was_asked_about_is_taken_back(session: Session, participant: Participant) -> None:
    assert len(call_off(day_0(participant), BEFORE)) == 18
    assert plan(participant, BEFORE) == []
    session.commit()
    deleted = select(AuditEntry).filter_by(table_name="public.assessments", action="delete")
    assert len(session.scalars(deleted).all()) == 18


def test_who_was_asked_already_gets_no_reminder(session: Session, participant: Participant) -> None:
    queue_prompts(ASKED)
    first = visit(participant, "d0")
    assert first.state(ASKED) is State.OPEN
    assert len(call_off(day_0(participant), ASKED)) == 17
    assert (first.closes_at, first.state(ASKED)) == (ASKED, State.MISSED)
    queue_prompts(ASKED + timedelta(days=6))
    assert [message.kind for message in session.scalars(select(Message))] == ["invitation"]


def test_what_was_answered_stays(participant: Participant) -> None:
    answered(visit(participant, "d0"), ASKED)
    assert "d0" not in call_off(day_0(participant), ASKED)
    assert visit(participant, "d0").state(ASKED) is State.COMPLETED


def test_a_new_day_plans_all_of_it_anew(session: Session, participant: Participant) -> None:
    queue_prompts(ASKED)
    call_off(day_0(participant), ASKED)
    later = INFUSION + timedelta(days=30)
    plan_event(participant, "first_infusion", later, None, ASKED)
    rows = plan(participant, ASKED)
    assert (len(rows), {row.anchor_on for row in rows}) == (18, {later})


def test_another_event_takes_no_plan_with_it(session: Session, participant: Participant) -> None:
    event = plan_event(participant, "infusion", INFUSION + timedelta(days=14), None, BEFORE)
    assert call_off(event, BEFORE) == []
    assert len(session.scalars(select(Assessment)).all()) == 18


def test_what_has_happened_cannot_be_called_off(participant: Participant) -> None:
    at = BEFORE + timedelta(days=14)
    event = record_event(participant, "first_infusion", at, at)
    with pytest.raises(Conflict, match="has happened"):
        call_off(event, at)
