"""Events: day 0 is planned, moved and then given, once; other events may come again."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.problems import BadInput, Conflict
from app.participants.events import anchor, cancel_event, plan_event, record_event
from app.participants.models import Event, EventState, Participant
from tests.factories import NOW, backtobasic, participant

FIRST = "first_infusion"
TUESDAY, THURSDAY = date(2026, 3, 10), date(2026, 3, 12)


@pytest.fixture
def person(session: Session) -> Participant:
    return participant(backtobasic())


def count(session: Session) -> int:
    return session.scalar(select(func.count(Event.id))) or 0


def test_a_planned_anchor_is_moved_not_doubled(session: Session, person: Participant) -> None:
    first = plan_event(person, FIRST, TUESDAY, None, NOW)
    moved = plan_event(person, FIRST, THURSDAY, None, NOW)
    assert moved is first is anchor(person)
    assert (moved.on, moved.state, moved.is_anchor, count(session)) == (THURSDAY, EventState.PLANNED, True, 1)


def test_the_anchor_happens_once_and_then_stays(session: Session, person: Participant) -> None:
    plan_event(person, FIRST, TUESDAY, None, NOW)
    at = datetime(2026, 3, 12, 9, 30, tzinfo=UTC)
    event = record_event(person, FIRST, at, at)
    assert (event.state, event.on, event.at, count(session)) == (EventState.HAPPENED, THURSDAY, at, 1)
    with pytest.raises(Conflict, match="recorded already, on 2026-03-12"):
        record_event(person, FIRST, at, at)
    with pytest.raises(Conflict, match="can no longer be moved"):
        plan_event(person, FIRST, TUESDAY, None, at)
    with pytest.raises(Conflict, match="cannot be cancelled"):
        cancel_event(event, at)
    assert event.at == at


def test_its_day_is_the_participants_own(person: Participant) -> None:
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert record_event(person, FIRST, late, NOW).on == date(2026, 3, 2)


@pytest.mark.parametrize("ahead", [timedelta(microseconds=1), timedelta(days=1)])
def test_what_lies_in_the_future_is_planned_not_recorded(
    session: Session, person: Participant, ahead: timedelta
) -> None:
    with pytest.raises(BadInput, match="plan it instead"):
        record_event(person, FIRST, NOW + ahead, NOW)
    assert count(session) == 0


@pytest.mark.parametrize("kind", [FIRST, "rescue_medication"])
@pytest.mark.parametrize("days", [1, 9, 400])
def test_nothing_of_hers_lies_before_her_enrolment(session: Session, person: Participant, kind: str, days: int) -> None:
    before = NOW - timedelta(days=days)
    with pytest.raises(BadInput, match="comes before 01-001 was enrolled") as happened:
        record_event(person, kind, before, NOW)
    with pytest.raises(BadInput, match="comes before 01-001 was enrolled") as planned:
        plan_event(person, kind, before.date(), None, NOW)
    assert (set(happened.value.errors), set(planned.value.errors)) == ({"at"}, {"on"})
    assert count(session) == 0


@pytest.mark.parametrize("kind", ["party", "", "First_infusion"])
def test_only_the_protocols_events_exist(person: Participant, kind: str) -> None:
    with pytest.raises(BadInput, match="The protocol has no event"):
        plan_event(person, kind, TUESDAY, None, NOW)
    with pytest.raises(BadInput, match=r"it has .*first_infusion"):
        record_event(person, kind, NOW, NOW)


def test_other_events_may_come_again_and_are_never_day_0(session: Session, person: Participant) -> None:
    for days in (3, 2, 1):
        record_event(person, "rescue_medication", NOW - timedelta(hours=days), NOW)
    assert count(session) == 3
    assert anchor(person) is None


def test_a_cancelled_plan_is_no_day_0_and_may_be_planned_again(session: Session, person: Participant) -> None:
    event = plan_event(person, FIRST, TUESDAY, None, NOW)
    cancel_event(event, NOW)
    assert anchor(person) is None
    assert plan_event(person, FIRST, THURSDAY, None, NOW) is anchor(person)
    assert count(session) == 1
