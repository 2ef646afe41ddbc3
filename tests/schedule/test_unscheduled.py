"""Visits that only staff open: in no plan, once more each time, with texts and reminders like others."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.problems import BadInput, Conflict
from app.messages.kinds import MessageKind
from app.messages.models import Message, MessageState
from app.messages.outlook.forecast import coming_to
from app.messages.outlook.noting import note_event
from app.messages.queueing.prompts import queue_prompts
from app.participants.enrolment import withdraw
from app.participants.models import EventState, Participant
from app.schedule.models import Assessment
from app.schedule.planning import plan, plan_all
from app.schedule.unscheduled import open_visit, openable
from app.studies.guarding import NotInThisState
from app.studies.models import StudyState
from tests.factories import NOW, installed, participant, submitted
from tests.studies.protocol.second import FLARES, second

EXTRA = """\
  - {code: extra, opened_by: staff, title: {en: Extra}, window: short, minutes: 5, instruments: [odi]}
  - {code: call, opened_by: staff, sites: ["02"], closes: 4h, reminders: [{day: 2h}], minutes: 5, instruments: [odi]}
"""
TEXT = second((FLARES, FLARES + EXTRA))


@pytest.fixture
def person(session: Session) -> Participant:
    return participant(installed(TEXT))


def test_no_plan_opens_what_staff_open(person: Participant) -> None:
    assert "extra" not in {row.visit for row in plan(person, NOW)}
    assert plan_all(NOW) == 0


def test_each_time_it_is_a_visit_of_its_own(session: Session, person: Participant) -> None:
    first = open_visit(person, "extra", NOW)
    with pytest.raises(Conflict, match="Extra is open already"):
        open_visit(person, "extra", NOW + timedelta(hours=1))
    submitted(first, NOW + timedelta(hours=2))
    again = open_visit(person, "extra", NOW + timedelta(days=1))
    assert [(row.visit, row.anchor_on.day) for row in (first, again)] == [("extra.1", 2), ("extra.2", 3)]
    assert person.protocol.plan.visit_title("extra.2") == "Extra (2)"


def test_its_days_are_counted_from_today_and_its_hours_from_now(session: Session) -> None:
    person = participant(installed(TEXT), "02")
    days, hours = open_visit(person, "extra", NOW), open_visit(person, "call", NOW)
    assert (days.opens_at, days.closes_at) == (
        datetime(2026, 3, 1, 23, tzinfo=UTC),
        datetime(2026, 3, 4, 23, tzinfo=UTC),
    )
    assert (hours.opens_at, hours.send_at, hours.closes_at) == (NOW, NOW, NOW + timedelta(hours=4))


def test_it_stays_where_it_is_whatever_else_is_noted(person: Participant) -> None:
    opened = open_visit(person, "extra", NOW)
    window = (opened.opens_at, opened.closes_at, opened.cancelled_at)
    note_event(person, "surgery", EventState.HAPPENED, None, NOW, NOW)
    assert (opened.opens_at, opened.closes_at, opened.cancelled_at) == window


def test_who_opens_what_is_not_hers_is_told_which_visits_are(person: Participant) -> None:
    assert openable(person) == {"extra": "Extra"}
    for code in ("call", "quarter-1", "nothing"):
        with pytest.raises(BadInput, match="Staff may open these visits for 01-001: extra"):
            open_visit(person, code, NOW)


def test_nothing_is_opened_for_whom_nothing_is_asked_any_more(session: Session, person: Participant) -> None:
    withdraw(person, "moved away", NOW)
    with pytest.raises(Conflict, match="takes part no longer"):
        open_visit(person, "extra", NOW)
    person.study.state = StudyState.CLOSED
    with pytest.raises(NotInThisState, match="cannot text its patients"):
        open_visit(person, "extra", NOW)


def _sent(session: Session, of: Assessment, at: datetime) -> None:
    """What is queued about it leaves."""
    for text in session.scalars(select(Message).filter_by(assessment_id=of.id).order_by(Message.id)):
        text.state, text.sent_at, text.settled_at = MessageState.DELIVERED, at, at
    session.flush()


@pytest.mark.parametrize("code", ["call", "flare-week"])
def test_visits_with_a_number_behind_their_code_are_texted_and_reminded(session: Session, code: str) -> None:
    person = participant(installed(TEXT), "02")
    if code == "call":
        assessment = open_visit(person, code, NOW)
        reminded_at = NOW + timedelta(hours=2)
    else:
        note_event(person, "flare", EventState.HAPPENED, None, NOW, NOW)
        assessment = session.scalars(select(Assessment).filter_by(visit="flare-week.1")).one()
        reminded_at = datetime(2026, 3, 10, 16, tzinfo=UTC)
    expected = [text.kind for text in coming_to(person, NOW) if text.visit == assessment.visit]
    assert expected == [MessageKind.INVITATION, MessageKind.REMINDER_1]
    queue_prompts(assessment.send_at)
    _sent(session, assessment, assessment.send_at)
    queue_prompts(reminded_at - timedelta(minutes=1))
    queue_prompts(reminded_at)
    texts = session.scalars(select(Message).filter_by(assessment_id=assessment.id).order_by(Message.id)).all()
    assert [(text.kind, text.owed_at, text.state) for text in texts] == [
        (MessageKind.INVITATION, assessment.send_at, MessageState.DELIVERED),
        (MessageKind.REMINDER_1, reminded_at, MessageState.QUEUED),
    ]
