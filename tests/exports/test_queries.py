"""What the statements read: the given first dose alone, the first text that left, the first that arrived."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.exports.queries import people, visits
from app.messages.models import MessageState, Receipt
from app.messages.outlook.noting import note_event
from app.participants.events import record_event
from app.participants.models import Event, EventState, Participant
from app.studies.models import Study
from tests.exports.builders import INFUSED_AT, answered, take_part, texted, visit
from tests.exports.conftest import NOW

HOUR = timedelta(hours=1)


def assessed(session: Session, study: Study, code: str, visit_code: str = "d7", at: datetime = NOW) -> Row[Any]:
    rows = session.execute(visits.assessments(study, at))
    return next(row for row in rows if (row.participant, row.visit) == (code, visit_code))


def of(session: Session, study: Study, code: str) -> Row[Any]:
    return next(row for row in session.execute(people.participants(study)) if row.participant == code)


def happened(participant: Participant, kind: str, at: datetime, *, is_anchor: bool = False) -> Event:
    return Event(
        participant=participant, kind=kind, is_anchor=is_anchor, state=EventState.HAPPENED, on=at.date(), at=at,
        recorded_at=at,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "at", "expected"),
    [("infusion", INFUSED_AT - 24 * HOUR, None), ("treatment_stopped", INFUSED_AT, None)],
)
def test_no_other_event_is_the_first_dose(
    kind: str, at: datetime, expected: datetime | None, session: Session, study: Study
) -> None:
    participant = take_part(study, "061", infused_at=None)
    session.add(happened(participant, kind, at))
    session.flush()
    assert of(session, study, "01-061").anchor_at is expected


@pytest.mark.parametrize("days", [-1, 1])
def test_of_two_anchors_that_happened_the_earlier_is_the_first_dose(days: int, session: Session, study: Study) -> None:
    participant = take_part(study, "066")
    other_at = INFUSED_AT + timedelta(days=days)
    session.add(happened(participant, "other_infusion", other_at, is_anchor=True))
    session.flush()
    row = of(session, study, "01-066")
    earlier_at = min(INFUSED_AT, other_at)
    assert (row.anchor_on, row.anchor_at) == (earlier_at.date(), earlier_at)


@pytest.mark.parametrize("state", [EventState.PLANNED, EventState.CANCELLED])
def test_a_first_dose_that_is_planned_or_was_called_off_has_no_instant(
    state: EventState, session: Session, study: Study
) -> None:
    participant = take_part(study, "062", infused_at=None)
    (event,) = [event for event in participant.events if event.is_anchor]
    event.state, event.at = state, INFUSED_AT
    session.flush()
    row = of(session, study, "01-062")
    assert (row.anchor_on, row.anchor_at) == (None, None)


def test_of_several_ends_of_treatment_the_first_counts(session: Session, study: Study) -> None:
    participant = take_part(study, "063")
    for days in (20, 10, 30):
        record_event(participant, "treatment_stopped", INFUSED_AT + timedelta(days=days), NOW)
    session.flush()
    assert of(session, study, "01-063").treatment_stopped_on == date(2026, 3, 12)


@pytest.mark.parametrize(
    ("texts", "invited", "delivered"),
    [
        ([], None, None),
        ([("invitation", MessageState.QUEUED, 0)], None, None),
        ([("invitation", MessageState.SUPPRESSED, 0)], None, None),
        ([("invitation", MessageState.FAILED, 0)], 0, None),
        ([("invitation", MessageState.ACCEPTED, 0)], 0, None),
        ([("invitation", MessageState.DELIVERED, 0)], 0, 0),
        ([("invitation", MessageState.FAILED, 0), ("reminder-1", MessageState.DELIVERED, 48)], 0, 48),
        ([("invitation", MessageState.DELIVERED, 0), ("reminder-1", MessageState.DELIVERED, 48)], 0, 0),
        ([("reminder-1", MessageState.DELIVERED, 48), ("invitation", MessageState.DELIVERED, 0)], 0, 0),
        ([("invitation", MessageState.DELIVERED, 0), ("reminder-1", MessageState.FAILED, 48)], 0, 0),
        ([("invitation", MessageState.SUPPRESSED, 0), ("reissue", MessageState.DELIVERED, 72)], 72, 72),
        ([("help", MessageState.DELIVERED, 0)], None, None),
    ],
)
def test_a_visit_has_the_first_text_that_left_and_the_first_that_arrived(
    texts: list[tuple[str, MessageState, int]],
    invited: int | None,
    delivered: int | None,
    session: Session,
    study: Study,
) -> None:
    assessment = visit(take_part(study, "064"), "d7")
    for kind, state, hours in texts:
        message = texted(assessment, state, kind, reported=False)  # it arrived when it was settled
        if message.sent_at is not None and message.settled_at is not None:
            message.sent_at, message.settled_at = message.sent_at + hours * HOUR, message.settled_at + hours * HOUR
    session.flush()
    row = assessed(session, study, "01-064")
    settled = timedelta(minutes=2)
    assert row.invited_at == (None if invited is None else assessment.send_at + invited * HOUR)
    assert row.delivered_at == (None if delivered is None else assessment.send_at + delivered * HOUR + settled)


def test_of_two_reports_of_one_text_the_earlier_tells_when_it_arrived(session: Session, study: Study) -> None:
    assessment = visit(take_part(study, "065"), "d7")
    message = texted(assessment, reported=False)
    for seconds, status in ((10, "delivered"), (90, "delivered"), (5, "sent")):
        at = assessment.send_at + timedelta(seconds=seconds)
        sid = f"{message.sid}-{seconds}"
        session.add(Receipt(message_id=message.id, sid=sid, status=status, received_at=at, raw={}))
    session.flush()
    assert assessed(session, study, "01-065").delivered_at == assessment.send_at + timedelta(seconds=10)


LATER = timedelta(days=40)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (MessageState.DELIVERED, None, "not_sent"),
        (MessageState.UNKNOWN, None, "not_sent"),
        (MessageState.FAILED, None, "not_sent"),
        (MessageState.DELIVERED, MessageState.FAILED, "undelivered"),
        (MessageState.FAILED, MessageState.DELIVERED, "not_opened"),
        (MessageState.DELIVERED, MessageState.UNKNOWN, "delivery_unknown"),
        (None, None, "not_sent"),
    ],
)
def test_a_text_of_the_window_before_day_0_moved_is_no_reason_for_the_new_one(
    before: MessageState | None, after: MessageState | None, reason: str, session: Session, study: Study
) -> None:
    participant = take_part(study, "081", infused_at=None)
    if before is not None:
        texted(visit(participant, "d7"), before)
    later = INFUSED_AT + LATER
    note_event(participant, "first_infusion", EventState.PLANNED, later.date(), later, INFUSED_AT)
    session.expire_all()
    moved = visit(participant, "d7")
    if after is not None:
        texted(moved, after, "reminder-1")
    session.commit()
    row = assessed(session, study, "01-081", at=moved.grace_until + HOUR)
    assert row.opens_at > INFUSED_AT + LATER
    assert row.reason == reason
    assert row.invited_at is None or row.invited_at >= row.opens_at


def test_an_answered_visit_keeps_the_text_that_led_to_it(session: Session, study: Study) -> None:
    participant = take_part(study, "082", infused_at=None)
    assessment = visit(participant, "d7")
    text = texted(assessment)
    answered(assessment, text.sent_at or NOW, {"pain_intensity": 1})
    later = INFUSED_AT + LATER
    note_event(participant, "first_infusion", EventState.PLANNED, later.date(), later, INFUSED_AT)
    session.commit()
    assert assessed(session, study, "01-082").invited_at == text.sent_at
