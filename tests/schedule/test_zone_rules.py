"""New rules of time zones move the windows that are not over: invitation, window and reminder never disagree."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import JOBS, tick
from app.config import Settings
from app.core import zone_rules
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.models import Message
from app.messages.outlook.forecast import coming_to
from app.messages.queueing.prompts import queue_prompts
from app.participants.models import Participant
from app.schedule import zone_agreement
from app.schedule.models import Assessment
from app.schedule.planning import follow_rules, plan_all
from app.studies.states import StudyState
from tests.core.zone_files import ZONES, old_zones, reckoning_by
from tests.factories import submitted, visit
from tests.messages.people import enrolled

DAY_0 = date(2026, 11, 8)
NOW = datetime(2026, 11, 9, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def gateway(settings: Settings) -> SandboxGateway:
    return SandboxGateway(settings)


@pytest.fixture
def person(session: Session, tmp_path: Path) -> Iterator[Participant]:
    """She lives in Vancouver and was planned on a machine that knows nothing of its new time; now it does."""
    with reckoning_by(old_zones(tmp_path)):
        someone = enrolled(day=DAY_0, zone="America/Vancouver")
        session.commit()
        assert {row.zone_rules for row in session.scalars(select(Assessment))} == {"2025b"}
        zone_rules.use_newest()
        yield someone


def instants(person: Participant, code: str) -> list[datetime]:
    row = visit(person, code)
    return [row.opens_at, row.send_at, row.due_at, row.closes_at, row.grace_until]


def test_windows_that_are_not_over_are_derived_anew_once(session: Session, person: Participant) -> None:
    before = instants(person, "d7")
    assert before[1] == datetime(2026, 11, 15, 17, tzinfo=UTC), "09:00 as it was thought to be"
    assert follow_rules(NOW) == 1
    assert instants(person, "d7") == [at - HOUR for at in before]
    coming = select(Assessment.zone_rules).where(Assessment.grace_until > NOW).distinct()
    assert session.scalars(coming).all() == [zone_rules.release()]
    assert follow_rules(NOW) == 0


def test_what_was_opened_answered_or_over_keeps_its_window(session: Session, person: Participant) -> None:
    submitted(visit(person, "d14"), visit(person, "d14").opens_at)
    visit(person, "d7").opened_at = visit(person, "d7").opens_at
    session.commit()
    at = visit(person, "d21").grace_until
    before = {code: instants(person, code) for code in ("d0", "d7", "d14", "d21", "d28")}
    follow_rules(at)
    kept = [code for code, was in before.items() if instants(person, code) == was]
    assert kept == ["d0", "d7", "d14", "d21"]


def test_what_was_opened_is_not_asked_about_again(session: Session, person: Participant) -> None:
    visit(person, "d7").opened_at = visit(person, "d7").opens_at
    session.commit()
    before = instants(person, "d7")
    assert (follow_rules(NOW), follow_rules(NOW)) == (1, 0)
    assert instants(person, "d7") == before


def test_invitation_and_reminders_leave_at_the_hours_that_her_clock_shows(
    session: Session, person: Participant, gateway: SandboxGateway
) -> None:
    (plan_job,) = (job for job in JOBS if job.name == "plan")
    plan_job.run(gateway, NOW)
    texts = [text for text in coming_to(person, NOW) if text.visit == "d7"]
    assert [text.local for text in texts] == ["Sun 15.11.2026 09:00", "Mon 16.11.2026 17:00", "Tue 17.11.2026 12:00"]
    for text in texts:
        tick(gateway, text.at)
    d7 = select(Message.sent_at).where(Message.assessment_id == visit(person, "d7").id).order_by(Message.id)
    assert session.scalars(d7).all() == [text.at for text in texts]


def test_an_older_machine_leaves_newer_windows_alone(session: Session, person: Participant, tmp_path: Path) -> None:
    follow_rules(NOW)
    session.commit()
    before = instants(person, "d7")
    with reckoning_by(old_zones(tmp_path / "older", "2024a")):
        assert zone_rules.release() == "2024a"
        assert follow_rules(NOW) == 0
    assert instants(person, "d7") == before


def test_a_window_of_which_nobody_knows_the_rules_is_derived_anew(session: Session, person: Participant) -> None:
    for row in session.scalars(select(Assessment)):
        row.zone_rules = ""
    session.commit()
    assert follow_rules(NOW) == 1


def test_day_0_at_an_hour_near_midnight_is_on_the_day_that_her_clock_shows(
    session: Session, person: Participant
) -> None:
    (event,) = person.events
    event.on, event.at = date(2026, 11, 15), datetime(2026, 11, 16, 7, 30, tzinfo=UTC)  # 23:30 by the old rules
    session.commit()
    follow_rules(NOW)
    assert event.on == date(2026, 11, 16)
    assert visit(person, "d0").anchor_on == date(2026, 11, 16)


def test_who_is_planned_in_bulk_is_planned_by_known_rules_too(session: Session, person: Participant) -> None:
    for row in session.scalars(select(Assessment)):
        session.delete(row)
    session.commit()
    assert plan_all(NOW) == 1
    assert {row.zone_rules for row in session.scalars(select(Assessment))} == {zone_rules.release()}
    assert follow_rules(NOW) == 0


@pytest.mark.parametrize("state", [StudyState.LOCKED, StudyState.ARCHIVED])
def test_no_window_of_a_locked_study_is_derived_anew_until_it_is_unlocked(
    session: Session, person: Participant, state: StudyState
) -> None:
    person.study.state = state
    session.commit()
    before = instants(person, "d7")
    assert (follow_rules(NOW), instants(person, "d7")) == (0, before)
    person.study.state = StudyState.CLOSED
    session.commit()
    assert (follow_rules(NOW), instants(person, "d7")) == (1, [at - HOUR for at in before])


def test_a_clock_that_runs_on_takes_up_the_files_that_its_machine_got(
    session: Session, tmp_path: Path, gateway: SandboxGateway
) -> None:
    """Nobody starts it again: the windows follow the new rules, and not the new name alone."""
    (plan_job,) = (job for job in JOBS if job.name == "plan")
    with reckoning_by(old_zones(tmp_path, "2998a")):
        someone = enrolled(day=DAY_0, zone="America/Vancouver")
        session.commit()
        before = instants(someone, "d7")
        (tmp_path / "America" / "Vancouver").write_bytes((ZONES / "America" / "Vancouver").read_bytes())
        (tmp_path / "tzdata.zi").write_text("# version 2998b\n", "utf-8")
        plan_job.run(gateway, NOW)
        assert instants(someone, "d7") == [at - HOUR for at in before]
        assert visit(someone, "d7").zone_rules == "2998b"


def test_whose_zone_this_machine_does_not_know_keeps_nobody_else_waiting(session: Session, person: Participant) -> None:
    """The database came from a machine with newer names: she waits for its rules, and readiness says so."""
    lost = enrolled(2, day=DAY_0, zone="America/Vancouver")
    session.commit()
    for row in session.scalars(select(Assessment).filter_by(participant_id=lost.id)):
        row.zone_rules = "2025b"
    lost.zone = "Antarctica/Newtown"
    session.commit()
    before, hers = instants(person, "d7"), instants(lost, "d7")
    faults: list[Exception] = []
    assert follow_rules(NOW, faults) == 2
    assert [type(fault).__name__ for fault in faults] == ["ZoneInfoNotFoundError"]
    assert (instants(person, "d7"), instants(lost, "d7")) == ([at - HOUR for at in before], hers)
    said = zone_agreement.complaint(NOW)
    assert said is not None
    assert said.startswith("This machine does not know the time zone Antarctica/Newtown. Renew its package tzdata")


def test_whose_zone_got_lost_stops_nobody_elses_reminders(
    session: Session, person: Participant, gateway: SandboxGateway, caplog: pytest.LogCaptureFixture
) -> None:
    """The invitation left by the machine that knew her zone; now only the others are reminded."""
    lost = enrolled(2, day=DAY_0, zone="America/Vancouver")
    session.commit()
    follow_rules(NOW)
    session.commit()
    invited = visit(person, "d7").send_at
    tick(gateway, invited)
    lost.zone = "Antarctica/Newtown"
    session.commit()
    queue_prompts(invited + 32 * HOUR)
    reminded = select(Message.participant_id).where(Message.kind == "reminder-1").order_by(Message.id)
    assert session.scalars(reminded).all() == [person.id]
    assert "this machine does not know the time zone of whose it is" in caplog.text
