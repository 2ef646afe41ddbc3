"""Randomisation of a protocol of format 2: an event like others, whose day is exported; not a field beside it."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from app.core.problems import BadInput, Conflict
from app.messages.outlook.correcting import correct
from app.messages.outlook.noting import note_event
from app.participants.correcting import EventCorrection, RecordCorrection
from app.participants.enrolment import randomise
from app.participants.events import named_events
from app.participants.models import EventState, Participant
from app.schedule.planning import plan
from tests.factories import BACKTOBASIC, NOW, installed, participant
from tests.studies.protocol.second import second

TODAY = NOW.date()
EVENTS = "  flare: {title: {en: Flare}, recurs: true}\n"
RANDOMISED = second((EVENTS, EVENTS + '  randomisation: {title: {en: Randomised}, hour: "12:00"}\n'))


@pytest.fixture
def person(session: Session) -> Participant:
    return participant(installed(RANDOMISED))


def test_the_day_of_the_event_is_the_day_of_randomisation(person: Participant) -> None:
    note_event(person, "randomisation", EventState.HAPPENED, None, NOW, NOW)
    assert person.randomised_on == TODAY


@pytest.mark.parametrize("hour", [6, 10, 15])
def test_its_day_alone_is_noted_at_any_hour_of_it(person: Participant, hour: int) -> None:
    noted_at = datetime.combine(TODAY, time(hour), ZoneInfo(person.zone))
    event, _ = note_event(person, "randomisation", EventState.HAPPENED, TODAY, None, noted_at)
    assert (event.on, event.at) == (TODAY, datetime.combine(TODAY, time(12), ZoneInfo(person.zone)))


@pytest.mark.parametrize("days", [1, 2])
def test_a_day_to_come_is_planned_and_not_noted_as_past(person: Participant, days: int) -> None:
    with pytest.raises(BadInput, match="plan it instead"):
        note_event(person, "randomisation", EventState.HAPPENED, TODAY + timedelta(days=days), None, NOW)


def test_an_hour_to_come_that_is_not_the_protocols_is_refused(person: Participant) -> None:
    one_o_clock = datetime.combine(TODAY, time(13), ZoneInfo(person.zone))
    with pytest.raises(BadInput, match="plan it instead"):
        note_event(person, "randomisation", EventState.HAPPENED, None, one_o_clock, NOW)


def test_a_planned_randomisation_has_no_day_yet(person: Participant) -> None:
    note_event(person, "randomisation", EventState.PLANNED, TODAY, None, NOW)
    assert person.randomised_on is None


def test_who_was_not_randomised_after_all_has_no_day(person: Participant) -> None:
    note_event(person, "randomisation", EventState.HAPPENED, None, NOW, NOW)
    wrong = EventCorrection("randomisation", TODAY, EventState.CANCELLED)
    correct(person, RecordCorrection(event=wrong), "It was somebody else.", NOW)
    assert person.randomised_on is None


def test_it_is_no_field_beside_the_event(person: Participant) -> None:
    with pytest.raises(Conflict, match="Note it as the event `randomisation`"):
        randomise(person, TODAY, NOW)
    note_event(person, "randomisation", EventState.HAPPENED, None, NOW, NOW)
    with pytest.raises(Conflict, match="Note it as the event"):
        correct(person, RecordCorrection(not_randomised=True), "It was somebody else.", NOW)


def test_a_cohort_knows_no_randomisation(session: Session) -> None:
    with pytest.raises(Conflict, match="This protocol has no randomisation"):
        randomise(participant(installed(second())), TODAY, NOW)


NAMED = BACKTOBASIC.read_text("utf-8").replace("events:\n", "events:\n  randomisation: {nb: Trukket, en: Drawn}\n", 1)
LATER = NOW + timedelta(days=3)


@pytest.fixture
def by_day(session: Session) -> Participant:
    """Somebody whose protocol is of format 1, which names no randomisation."""
    return participant(installed(BACKTOBASIC.read_text("utf-8")))


def test_the_first_format_has_the_event_though_no_file_names_it(by_day: Participant) -> None:
    assert "randomisation" not in by_day.protocol.plan.noted_events, "the desk has a place of its own for it"
    randomise(by_day, TODAY, NOW)
    noon = datetime.combine(TODAY, time(12), ZoneInfo(by_day.zone))
    (event,) = by_day.events
    assert (event.kind, event.state, event.on, event.at) == ("randomisation", EventState.HAPPENED, TODAY, noon)
    assert (event.is_anchor, named_events(by_day), by_day.randomised_on) == (False, [], TODAY)


def test_its_noon_is_that_of_the_zone_that_is_put_right(by_day: Participant) -> None:
    randomise(by_day, TODAY, NOW)
    correct(by_day, RecordCorrection(zone="America/New_York"), "She lives there.", LATER)
    (event,) = by_day.events
    assert (event.on, event.at) == (TODAY, datetime.combine(TODAY, time(12), ZoneInfo("America/New_York")))


def test_it_dates_no_visit_and_moves_none(by_day: Participant) -> None:
    note_event(by_day, "first_infusion", EventState.PLANNED, TODAY + timedelta(days=9), None, NOW)
    before = [(visit.visit, visit.opens_at, visit.closes_at) for visit in plan(by_day, NOW)]
    randomise(by_day, TODAY, NOW)
    assert [(visit.visit, visit.opens_at, visit.closes_at) for visit in plan(by_day, NOW)] == before


def test_an_event_of_that_name_in_the_first_format_is_noted_as_one(session: Session) -> None:
    person = participant(installed(NAMED))
    assert named_events(person) == []
    with pytest.raises(Conflict, match="Note it as the event `randomisation`"):
        randomise(person, TODAY, NOW)
    note_event(person, "randomisation", EventState.HAPPENED, None, NOW, NOW)
    assert ([event.kind for event in named_events(person)], person.randomised_on) == (["randomisation"], TODAY)
