"""Planning: idempotent, follows a moved day 0, leaves alone what was opened, and keeps local hours through the year."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.audit import AuditEntry
from app.participants.enrolment import withdraw
from app.participants.events import anchor, cancel_event, plan_event
from app.participants.models import Participant, Task, TaskKind
from app.schedule.models import Assessment, State
from app.schedule.planning import plan, plan_all
from app.studies.installing import install
from app.studies.models import Protocol, StudyState
from tests.factories import BACKTOBASIC, NOW, backtobasic, infused, oslo, participant, planned, submitted, visit
from tests.some import some

DAY0 = date(2026, 3, 10)
DAYS = [0, 7, 14, 21, 28, 35, 42, 49, 56, 63, 70, 77, 84, 91, 98, 120, 154, 278]


@pytest.fixture
def protocol(session: Session) -> Protocol:
    return backtobasic()


@pytest.fixture
def person(protocol: Protocol) -> Participant:
    return participant(protocol)


def count(session: Session) -> int:
    return session.scalar(select(func.count(Assessment.id))) or 0


def entries(session: Session) -> int:
    session.commit()
    return session.scalar(select(func.count(AuditEntry.id))) or 0


def test_without_a_day_0_nothing_is_planned(session: Session, person: Participant) -> None:
    assert plan(person, NOW) == []
    assert plan_all(NOW) == 0


def test_the_visits_are_those_of_the_protocol(person: Participant) -> None:
    rows = planned(person, DAY0)
    assert [row.day for row in rows] == DAYS
    assert {row.anchor_on for row in rows} == {DAY0}
    assert {row.planned_at for row in rows} == {NOW}


def test_a_visit_with_the_longest_code_is_planned_and_followed_up(session: Session) -> None:
    code = "week-seven-after-the-infusion-of"
    assert len(code) == 32
    text = BACKTOBASIC.read_text("utf-8").replace("{code: d7, ", f"{{code: {code}, ")
    person = participant(install(text, NOW, state=StudyState.DEMO))
    assert code in [row.visit for row in planned(person, DAY0)]
    session.add(Task(participant=person, kind=TaskKind.NOT_DELIVERED, visit=code, created_at=NOW))
    session.flush()


def test_planning_again_changes_no_row(session: Session, person: Participant) -> None:
    planned(person, DAY0)
    before = entries(session)
    plan(person, NOW + timedelta(days=1))
    plan_all(NOW + timedelta(days=1))
    assert (count(session), entries(session)) == (18, before)


def test_a_moved_day_0_moves_every_visit_by_as_many_days(session: Session, person: Participant) -> None:
    before = {row.visit: row.due_at for row in planned(person, DAY0)}
    ids = {row.visit: row.id for row in plan(person, NOW)}
    rows = planned(person, DAY0 + timedelta(days=2))
    assert {row.visit: row.id for row in rows} == ids
    oslo_clock = ZoneInfo("Europe/Oslo")
    for row in rows:
        moved = row.due_at.astimezone(oslo_clock).replace(tzinfo=None)
        was = before[row.visit].astimezone(oslo_clock).replace(tzinfo=None)
        assert moved - was == timedelta(days=2), row.visit


def test_what_was_opened_or_answered_keeps_its_window(person: Participant) -> None:
    planned(person, DAY0)
    opened, answered, untouched = visit(person, "d7"), visit(person, "d14"), visit(person, "d21")
    opened.opened_at = oslo(date(2026, 3, 17))
    submitted(answered, oslo(date(2026, 3, 24)))
    windows = [(row.anchor_on, row.opens_at, row.closes_at) for row in (opened, answered)]
    planned(person, DAY0 + timedelta(days=3))
    assert [(row.anchor_on, row.opens_at, row.closes_at) for row in (opened, answered)] == windows
    assert untouched.anchor_on == DAY0 + timedelta(days=3)


def test_day_0_closes_at_the_infusion_even_when_it_is_being_answered(person: Participant) -> None:
    planned(person, NOW.date())
    baseline = visit(person, "d0")
    assert baseline.closes_at == oslo(date(2026, 3, 3), 0)
    baseline.opened_at = NOW - timedelta(minutes=20)
    given = oslo(NOW.date(), 9, 45)
    infused(person, given, NOW)
    assert visit(person, "d0").closes_at == given
    assert visit(person, "d0").state(given) is State.OPEN, "kept and flagged, within grace"


def test_an_answered_day_0_is_not_moved_by_the_infusion(person: Participant) -> None:
    planned(person, NOW.date())
    submitted(visit(person, "d0"), NOW - timedelta(days=1))
    before = visit(person, "d0").closes_at
    infused(person, NOW)
    assert visit(person, "d0").closes_at == before


@pytest.mark.parametrize("day0", [date(2026, 3, 22), date(2026, 10, 18), date(2024, 2, 22), date(2026, 12, 25)])
def test_windows_begin_and_end_at_local_midnight_all_year(person: Participant, day0: date) -> None:
    zone = ZoneInfo("Europe/Oslo")
    for row in some(planned(person, day0)):
        for at in (row.opens_at, row.closes_at, row.grace_until, row.due_at):
            assert at.astimezone(zone).time().isoformat() == "00:00:00", row.visit
        assert row.send_at.astimezone(zone).time().isoformat() == "09:00:00", row.visit


def test_the_night_the_clocks_go_forward_makes_a_window_an_hour_shorter(person: Participant) -> None:
    planned(person, date(2026, 3, 20))
    row = visit(person, "d7")  # 27 to 29 March; the clocks go forward on the 29th
    assert row.closes_at - row.opens_at == timedelta(days=3) - timedelta(hours=1)


def test_each_participant_has_her_own_midnight(protocol: Protocol) -> None:
    away = participant(protocol, zone="America/New_York")
    planned(away, DAY0)
    assert visit(away, "d7").opens_at == datetime(2026, 3, 17, 4, 0, tzinfo=UTC)


def test_plan_all_plans_whoever_is_without_a_plan_and_takes_part(session: Session, protocol: Protocol) -> None:
    ready, gone, without, cancelled, done = (participant(protocol) for _ in range(5))
    for someone in (ready, gone, cancelled):
        plan_event(someone, "first_infusion", DAY0, None, NOW)
    withdraw(gone, "moved away", NOW)
    event = anchor(cancelled)
    assert event is not None
    cancel_event(event, NOW)
    planned(done, DAY0)
    session.flush()
    assert plan_all(NOW) == 1
    assert count(session) == 36
    assert {row.participant_id for row in session.scalars(select(Assessment))} == {ready.id, done.id}
    assert without.events == []


def test_a_plan_keeps_to_the_version_that_the_participant_follows(person: Participant, protocol: Protocol) -> None:
    assert {row.protocol_id for row in planned(person, DAY0)} == {protocol.id}
