"""What cannot have been is no correction: it is refused in a sentence, and nothing is changed."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.core.problems import BadInput, Conflict
from app.messages.outlook.correcting import correct, preview
from app.messages.outlook.effects import Effect
from app.participants.correcting import EventCorrection, LeavingCorrection, RecordCorrection
from app.participants.enrolment import randomise
from app.participants.events import record_event
from app.participants.grades import LeavingGrade
from app.participants.leaving import leave
from app.participants.models import Participant
from tests.messages.outlook.recorded_wrongly import (
    CANCELLED,
    HAPPENED,
    IT_WAS_THE_26TH,
    LATER,
    PLANNED,
    RIGHT,
    WHY,
    WRONG,
    contents,
    event,
    noon,
)
from tests.messages.outlook.recorded_wrongly import person as person
from tests.messages.people import BEFORE, INFUSION, enrolled


@pytest.mark.parametrize("reason", ["", " " * 20, "too short", "  wrong day  "])
def test_a_reason_that_says_nothing_is_refused(session: Session, person: Participant, reason: str) -> None:
    before = contents(session)
    for act in (correct, preview):
        with pytest.raises(BadInput, match="at least 10 characters") as refused:
            act(person, IT_WAS_THE_26TH, reason, LATER)
        assert set(refused.value.errors) == {"reason"}
    assert contents(session) == before


def test_a_reason_of_ten_characters_is_one(person: Participant) -> None:
    assert isinstance(preview(person, IT_WAS_THE_26TH, "wrong day.", LATER), Effect)


REFUSED: list[tuple[RecordCorrection, str, str]] = [
    # what is said, the field that is wrong, what is told
    (RecordCorrection(), "", "Say what is to be corrected"),
    (event(HAPPENED, at=noon(date(2026, 8, 31))), "at", "2026-08-31 comes before 01-001 was enrolled, on 2026-09-01"),
    (event(PLANNED, date(2026, 8, 31)), "on", "comes before 01-001 was enrolled"),
    (event(HAPPENED, at=LATER + timedelta(minutes=1)), "at", "in the future; plan it instead"),
    (event(PLANNED, RIGHT, noon(WRONG)), "at", "is not on 2026-09-26 in Europe/Oslo"),
    (event(PLANNED, date(2046, 9, 26)), "on", "more than ten years away"),
    (event(HAPPENED), "event", "Say at what instant"),
    (event(HAPPENED, RIGHT), "event", "Say at what instant"),
    (event(HAPPENED, RIGHT, noon(RIGHT)), "event", "Say at what instant"),
    (event(PLANNED), "event", "Say at what instant"),
    (event(CANCELLED, RIGHT), "event", "what is called off has neither"),
    (RecordCorrection(event=EventCorrection("first_infusion", RIGHT, CANCELLED)), "event", "for 2026-09-16, not for"),
    (RecordCorrection(event=EventCorrection("infusion", RIGHT, CANCELLED)), "event", "for no day at all, not for"),
    (RecordCorrection(enrolled_on=date(2026, 9, 11)), "enrolled_on", "is recorded for 2026-09-10"),
    (RecordCorrection(enrolled_on=date(2026, 9, 1)), "enrolled_on", "is recorded already"),
    (RecordCorrection(enrolled_on=date(2006, 9, 1)), "enrolled_on", "Check the year"),
    (RecordCorrection(zone="Europe/Bergen"), "zone", "There is no time zone Europe/Bergen"),
    (RecordCorrection(zone="Europe/Oslo"), "zone", "is recorded already"),
    (RecordCorrection(language="da"), "language", "This study speaks nb, en"),
    (RecordCorrection(language="nb"), "language", "is recorded already"),
    (RecordCorrection(event=EventCorrection("randomisation", date(2026, 9, 10), CANCELLED)), "event", "by its day"),
    (
        RecordCorrection(event=EventCorrection("randomisation", date(2026, 9, 10), PLANNED, date(2026, 10, 10))),
        "event",
        "by its day",
    ),
    (RecordCorrection(randomised_on=date(2026, 8, 31)), "randomised_on", "cannot come before enrolment"),
    (RecordCorrection(randomised_on=date(2026, 9, 29)), "randomised_on", "lies in the future"),
    (RecordCorrection(randomised_on=date(2026, 9, 10)), "randomised_on", "is recorded already"),
    (RecordCorrection(randomised_on=date(2026, 9, 12), not_randomised=True), "randomised_on", "not both"),
    (RecordCorrection(leaving=LeavingCorrection(reason="moved"), not_withdrawn=True), "leaving", "not both"),
]  # fmt: skip


@pytest.mark.parametrize(("correction", "field", "sentence"), REFUSED)
def test_what_cannot_be_is_refused_and_nothing_is_changed(
    session: Session, person: Participant, correction: RecordCorrection, field: str, sentence: str
) -> None:
    randomise(person, date(2026, 9, 10), LATER)
    session.commit()
    before = contents(session)
    with pytest.raises(BadInput, match=sentence) as refused:
        preview(person, correction, WHY, LATER)
    assert set(refused.value.errors) == ({field} if field else set())
    with pytest.raises(BadInput, match=sentence):
        correct(person, correction, WHY, LATER)
    session.rollback()
    assert contents(session) == before


@pytest.mark.parametrize(
    ("correction", "sentence"),
    [
        (event(HAPPENED, at=noon(WRONG)), "is recorded so already"),
        (RecordCorrection(not_withdrawn=True), "No withdrawal of 01-001 is recorded"),
        (RecordCorrection(not_randomised=True), "No randomisation of 01-001 is recorded"),
        (RecordCorrection(randomised_on=date(2026, 9, 10)), "No randomisation of 01-001 is recorded"),
    ],
)
def test_what_is_not_recorded_cannot_be_corrected(
    person: Participant, correction: RecordCorrection, sentence: str
) -> None:
    with pytest.raises(Conflict, match=sentence):
        correct(person, correction, WHY, LATER)


def test_nobody_was_enrolled_after_she_had_left(session: Session) -> None:
    """What was taken back stands in no way."""
    person = enrolled()
    at = BEFORE + timedelta(days=9)
    leave(person, LeavingGrade.NO_TEXTS, date(2026, 9, 3), "too many texts", at)
    cancelled = RecordCorrection(event=EventCorrection("first_infusion", INFUSION, CANCELLED))
    correct(person, cancelled, WHY, at)
    with pytest.raises(BadInput, match=r"left on 2026-09-03\. Enrolment came no later"):
        correct(person, RecordCorrection(enrolled_on=date(2026, 9, 4)), WHY, at)
    correct(person, RecordCorrection(enrolled_on=date(2026, 9, 3)), WHY, at)
    correct(person, RecordCorrection(not_withdrawn=True), WHY, at)
    correct(person, RecordCorrection(enrolled_on=date(2026, 9, 4)), WHY, at)
    assert person.enrolled_on == date(2026, 9, 4)


@pytest.mark.parametrize(
    ("zone", "enrolled_on", "day_0"),
    [
        ("America/New_York", None, None),  # 19:30 there, on the evening before she was enrolled
        ("America/New_York", date(2026, 8, 31), date(2026, 8, 31)),  # which was another day there too
        ("Pacific/Auckland", None, date(2026, 9, 1)),
    ],
)
def test_where_she_lives_puts_nothing_before_her_enrolment(
    session: Session, zone: str, enrolled_on: date | None, day_0: date | None
) -> None:
    person = enrolled()
    at = datetime(2026, 8, 31, 23, 30, tzinfo=UTC)
    record_event(person, "first_infusion", at, BEFORE)
    correction = RecordCorrection(zone=zone, enrolled_on=enrolled_on)
    if day_0 is None:
        with pytest.raises(BadInput, match="In America/New_York first_infusion is on 2026-08-31, before the day of"):
            correct(person, correction, WHY, LATER)
        return
    correct(person, correction, WHY, LATER)
    assert [each.on for each in person.events] == [day_0]


def test_two_events_of_a_kind_are_not_made_one(person: Participant) -> None:
    for days in (0, 1):
        at = noon(RIGHT) + timedelta(days=days)
        record_event(person, "infusion", at, at)
    moved = EventCorrection("infusion", RIGHT, HAPPENED, at=noon(RIGHT) + timedelta(days=1))
    with pytest.raises(Conflict, match="Call this one off instead"):
        correct(person, RecordCorrection(event=moved), WHY, LATER)
    correct(person, RecordCorrection(event=EventCorrection("infusion", RIGHT, CANCELLED)), WHY, LATER)
    assert [each.state for each in person.events] == [HAPPENED, CANCELLED, HAPPENED]
