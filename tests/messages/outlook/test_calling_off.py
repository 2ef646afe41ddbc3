"""Day 0 called off: the plan goes, what was sent and answered stays, and nothing follows it."""

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.audit import AuditEntry
from app.core.problems import Conflict
from app.exports.dataset import dataset
from app.messages.models import Message
from app.messages.outlook.calling_off import call_off
from app.messages.queueing.prompts import queue_prompts
from app.participants.events import anchor, plan_event, record_event
from app.participants.models import Event, Participant
from app.responses.admission import admit
from app.responses.calling import of_visit
from app.responses.problems import Closed
from app.schedule.compliance import compliance
from app.schedule.models import Assessment, State
from app.schedule.planning import plan
from app.schedule.standing import WhomToList, people
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
    assert (first.closes_at, first.grace_until, first.cancelled_at) == (ASKED, ASKED, ASKED)
    assert first.state(ASKED) is State.CANCELLED
    queue_prompts(ASKED + timedelta(days=6))
    assert [message.kind for message in session.scalars(select(Message))] == ["invitation"]


@pytest.mark.parametrize("days", [1, 7, 14, 60], ids=["open", "last day", "closed", "long closed"])
def test_a_planned_infusion_that_is_called_off_makes_nobody_miss_day_0(
    session: Session, participant: Participant, days: int
) -> None:
    """Also where the window was over when somebody said so."""
    queue_prompts(ASKED)
    at = ASKED + timedelta(days=days)
    call_off(day_0(participant), at)
    session.commit()
    figures = compliance(participant.study, at).total(visit="d0")
    assert (figures.states, figures.expected, figures.share) == ({State.CANCELLED: 1}, 0, None)
    (stands,) = people(participant.study, [participant.site_id], at, WhomToList()).people
    assert (stands.visits.expected, stands.open, stands.next) == (0, (), None)
    assert list(of_visit(visit(participant, "d0"), 0, at)) == []
    table = dataset(participant.study, at).table("assessments")
    assert [list(table.column(name)) for name in ("state", "reason")] == [["cancelled"], ["cancelled"]]


def test_a_visit_that_was_moved_to_a_later_day_is_not_asked_again_once_it_is_called_off(
    session: Session, participant: Participant
) -> None:
    """It was asked about in its first window; the second never came."""
    queue_prompts(ASKED)
    plan_event(participant, "first_infusion", INFUSION + timedelta(days=30), None, ASKED)
    plan(participant, ASKED)
    call_off(day_0(participant), ASKED + timedelta(days=1))
    session.commit()
    for days in (25, 28, 29, 30, 40):
        queue_prompts(ASKED + timedelta(days=days))
    assert [message.kind for message in session.scalars(select(Message))] == ["invitation"]
    assert visit(participant, "d0").state(ASKED + timedelta(days=30)) is State.CANCELLED


def test_what_is_answered_on_the_page_after_that_is_refused(session: Session, participant: Participant) -> None:
    queue_prompts(ASKED)
    call_off(day_0(participant), ASKED)
    with pytest.raises(Closed):
        admit(visit(participant, "d0"), ASKED)


def test_what_was_begun_for_the_day_that_was_called_off_is_no_part_of_the_new_one(
    session: Session, participant: Participant
) -> None:
    queue_prompts(ASKED)
    first = visit(participant, "d0")
    first.opened_at, first.draft_existed = ASKED, True
    call_off(day_0(participant), ASKED)
    plan_event(participant, "first_infusion", INFUSION + timedelta(days=30), None, ASKED)
    plan(participant, ASKED)
    anew = visit(participant, "d0")
    assert (anew.opened_at, anew.draft_existed, anew.cancelled_at) == (None, False, None)
    assert anew.state(ASKED) is State.NOT_DUE


def test_a_day_that_is_called_off_by_mistake_and_planned_again_keeps_what_was_begun(
    session: Session, participant: Participant
) -> None:
    queue_prompts(ASKED)
    first = visit(participant, "d0")
    before = (first.opens_at, first.closes_at, first.grace_until)
    first.opened_at = ASKED
    call_off(day_0(participant), ASKED)
    plan_event(participant, "first_infusion", INFUSION, datetime.combine(INFUSION, time(9), UTC), ASKED)
    plan(participant, ASKED)
    assert (first.opens_at, first.closes_at, first.grace_until) == before
    assert (first.opened_at, first.state(ASKED)) == (ASKED, State.OPEN)
    assert len(plan(participant, ASKED)) == 18


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
