"""The hour that the receipt names is the hour at which the next text leaves."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.models import Message
from app.messages.outlook.asked_next import next_asked_at
from app.messages.outlook.forecast import upcoming
from app.participants.enrolment import withdraw
from app.participants.models import Participant
from tests.messages.people import INVITED, PROTOCOL, answered, enrolled, minutes, visit

TEXT = PROTOCOL.read_text("utf-8")
LONDON = ZoneInfo("Europe/London")
BRITISH = TEXT.replace("country: NO  ", 'country: GB\nsubdivision: "ENG"  ').replace(
    "zone: Europe/Oslo", "zone: Europe/London"
)
BRITISH += "\nvalue_sets: {eq5d5l: [UK]}\n"
INSTANT = timedelta(microseconds=1)


def next_hour(participant: Participant, at: datetime) -> str:
    """In the participant's own time."""
    hour = next_asked_at(participant, at)
    return f"{hour.astimezone(ZoneInfo(participant.zone)):%Y-%m-%d %H:%M}" if hour else ""


@pytest.fixture
def person(session: Session) -> Participant:
    return enrolled()


def test_she_is_asked_next_when_the_next_open_question_is_sent_unless_she_left(person: Participant) -> None:
    d7, d14 = visit(person, "d7"), visit(person, "d14")
    answered(visit(person, "d0"), visit(person, "d0").opens_at)
    assert next_asked_at(person, d7.send_at - INSTANT) == d7.send_at
    assert next_asked_at(person, d7.send_at) == d14.send_at, "what is sent now is not the next"
    answered(d14, d14.opens_at)
    assert next_asked_at(person, d7.send_at) == visit(person, "d21").send_at
    assert next_asked_at(person, INVITED + timedelta(days=1000)) is None
    withdraw(person, "moved away", d7.send_at)
    assert next_asked_at(person, d7.send_at) is None


@pytest.mark.parametrize(
    ("day", "at", "hour"),
    [
        # day 0 on 18 March 2027: day 7 is Maundy Thursday; the window closes with the Saturday
        (date(2027, 3, 18), "2027-03-24 12:00", "2027-03-27 09:00"),
        (date(2027, 3, 18), "2027-03-25 12:00", "2027-03-27 09:00"),  # on the holiday itself
        (date(2027, 3, 18), "2027-03-26 23:00", "2027-03-27 09:00"),
        (date(2027, 3, 17), "2027-03-23 12:00", "2027-03-24 09:00"),  # the day before: nothing to wait for
        (date(2027, 3, 21), "2027-03-27 12:00", "2027-03-30 09:00"),  # Easter Sunday
        (date(2027, 3, 19), "2027-03-25 12:00", "2027-03-27 09:00"),
    ],
)
def test_the_receipt_knows_the_holidays(session: Session, day: date, at: str, hour: str) -> None:
    participant = enrolled(day=day)
    answered(visit(participant, "d0"), visit(participant, "d0").opens_at)
    session.commit()
    assert next_hour(participant, datetime.fromisoformat(at).replace(tzinfo=ZoneInfo("Europe/Oslo"))) == hour


def test_ninety_days_off_in_a_row_leave_the_receipt_its_hour(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    person = enrolled()
    season = frozenset(INVITED.date() + timedelta(days=number) for number in range(-10, 80))
    monkeypatch.setattr("app.messages.outlook.asked_next.holidays_at", lambda plan, site: season)
    answered(visit(person, "d0"), visit(person, "d0").opens_at)
    session.commit()
    assert next_asked_at(person, INVITED - minutes(1)) == INVITED


def test_a_visit_whose_text_left_is_not_the_next_one(
    session: Session, participant: Participant, gateway: SandboxGateway
) -> None:
    before = INVITED - minutes(1)
    assert next_asked_at(participant, before) == INVITED
    tick(gateway, INVITED)
    assert next_asked_at(participant, before) is None


def test_an_invitation_on_easter_monday_or_the_august_bank_holiday_waits_in_england(
    session: Session, gateway: SandboxGateway
) -> None:
    """It left on Easter Monday 2026 while the calendar knew the whole kingdom's holidays only."""
    for day, expected in ((date(2027, 3, 22), "2027-03-30 09:00"), (date(2027, 8, 23), "2027-08-31 09:00")):
        participant = enrolled(day.month, text=BRITISH, day=day, abroad=True, zone="Europe/London")
        answered(visit(participant, "d0"), visit(participant, "d0").opens_at)
        session.commit()
        noon = datetime.combine(day + timedelta(days=7), datetime.min.time(), UTC) + timedelta(hours=12)
        assert next_hour(participant, noon) == expected
        first = next(text for text in upcoming(participant.study, noon, days=3) if text.participant == participant.code)
        assert f"{first.at.astimezone(LONDON):%Y-%m-%d %H:%M}" == expected
        tick(gateway, noon)
        sent = select(Message.sent_at).where(Message.participant_id == participant.id)
        assert session.scalars(sent).all() == [None]
        tick(gateway, first.at)
        assert session.scalars(sent).all() == [first.at]
