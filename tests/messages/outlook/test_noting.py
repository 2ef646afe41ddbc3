"""An event is planned, moved, recorded or called off by one verb, and the visits follow it at once."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.problems import BadInput, Conflict
from app.messages.outlook.noting import note_event
from app.participants.models import Event, EventState, Participant
from app.schedule.models import Assessment
from tests.factories import NOW, backtobasic, participant

FIRST, LATER = "first_infusion", "infusion"
TUESDAY = date(2026, 3, 10)
NINE = datetime(2026, 3, 10, 8, tzinfo=UTC)
PLANNED, HAPPENED, CANCELLED = EventState.PLANNED, EventState.HAPPENED, EventState.CANCELLED


@pytest.fixture
def person(session: Session) -> Participant:
    return participant(backtobasic())


SAID: list[tuple[str, EventState, date | None, datetime | None, datetime | None, int]] = [
    # the kind, what is said of it, its day, its instant; the instant that is kept, the visits that follow
    (FIRST, PLANNED, TUESDAY, None, None, 18),
    (FIRST, PLANNED, TUESDAY, NINE, NINE, 18),
    (FIRST, HAPPENED, None, NINE, NINE, 18),
    (LATER, PLANNED, TUESDAY, None, None, 0),
    (LATER, HAPPENED, None, NINE, NINE, 0),
]


@pytest.mark.parametrize(("kind", "state", "on", "at", "kept", "visits"), SAID)
def test_what_is_said_is_kept_and_the_visits_follow(
    person: Participant,
    kind: str,
    state: EventState,
    on: date | None,
    at: datetime | None,
    kept: datetime | None,
    visits: int,
) -> None:
    noted = note_event(person, kind, state, on, at, NINE)
    event = noted.event
    assert (event.kind, event.state, event.on, event.at, event.recorded_at) == (kind, state, TUESDAY, kept, NINE)
    assert event.is_anchor == (kind == FIRST)
    assert [row.day for row in noted.visits][:2] == [0, 7][: min(visits, 2)]
    assert len(noted.visits) == visits


def test_a_moved_day_0_takes_its_visits_along(person: Participant) -> None:
    before = {row.visit: row.anchor_on for row in note_event(person, FIRST, PLANNED, TUESDAY, None, NOW).visits}
    after = note_event(person, FIRST, PLANNED, TUESDAY + timedelta(days=2), None, NOW).visits
    assert {row.visit: row.anchor_on - timedelta(days=2) for row in after} == before


def test_a_cancelled_day_0_takes_its_visits_away(session: Session, person: Participant) -> None:
    note_event(person, FIRST, PLANNED, TUESDAY, None, NOW)
    noted = note_event(person, FIRST, CANCELLED, TUESDAY, None, NOW)
    assert (noted.event.state, noted.visits) == (CANCELLED, [])
    assert session.scalar(select(func.count(Assessment.id))) == 0


def test_another_event_that_is_called_off_leaves_the_visits(session: Session, person: Participant) -> None:
    note_event(person, FIRST, PLANNED, TUESDAY, None, NOW)
    note_event(person, LATER, PLANNED, TUESDAY, None, NOW)
    noted = note_event(person, LATER, CANCELLED, TUESDAY, None, NOW)
    assert (noted.event.kind, noted.event.state, len(noted.visits)) == (LATER, CANCELLED, 18)


REFUSED: list[tuple[str, EventState, date | None, datetime | None, str, str]] = [
    # the kind, what is said of it, its day, its instant; the field that is wrong, what is told
    (FIRST, HAPPENED, TUESDAY, None, "at", "Say at what time it happened"),
    (FIRST, PLANNED, None, NINE, "on", "Say for which day it is planned"),
    (FIRST, CANCELLED, None, None, "on", "Say for which day it is planned"),
    (FIRST, CANCELLED, TUESDAY, None, "on", "is planned for no day at all"),
    (FIRST, PLANNED, date(2026, 3, 11), NINE, "at", "This instant is not on 2026-03-11 in Europe/Oslo"),
    (FIRST, HAPPENED, None, NINE + timedelta(seconds=1), "at", "plan it instead"),
    (FIRST, PLANNED, date(2026, 3, 1), None, "on", "2026-03-01 comes before 01-001 was enrolled, on 2026-03-02"),
    (FIRST, HAPPENED, None, NINE - timedelta(days=9), "at", "2026-03-01 comes before 01-001 was enrolled"),
    (LATER, PLANNED, date(2026, 3, 1), None, "on", "correct that first"),
    (LATER, HAPPENED, None, NINE - timedelta(days=400), "at", "comes before"),
    ("party", PLANNED, TUESDAY, None, "kind", "The protocol has no event party"),
]


@pytest.mark.parametrize(("kind", "state", "on", "at", "field", "sentence"), REFUSED)
def test_what_cannot_be_is_refused_and_nothing_is_kept(
    session: Session,
    person: Participant,
    kind: str,
    state: EventState,
    on: date | None,
    at: datetime | None,
    field: str,
    sentence: str,
) -> None:
    with pytest.raises(BadInput, match=sentence) as refused:
        note_event(person, kind, state, on, at, NINE)
    assert set(refused.value.errors) == {field}
    assert session.scalar(select(func.count(Event.id))) == 0


def test_the_day_of_enrolment_itself_may_be_day_0_by_her_own_calendar(person: Participant) -> None:
    """Half past midnight in Oslo is the day before by the clock of the server."""
    at = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert note_event(person, FIRST, HAPPENED, None, at, NINE).event.on == date(2026, 3, 2)
    with pytest.raises(BadInput, match="comes before"):
        note_event(person, LATER, HAPPENED, None, at - timedelta(minutes=31), NINE)


def test_what_took_place_is_not_planned_anew(person: Participant) -> None:
    note_event(person, FIRST, HAPPENED, None, NINE, NINE)
    with pytest.raises(Conflict, match="can no longer be moved"):
        note_event(person, FIRST, PLANNED, TUESDAY, None, NINE)
