"""Randomisation of a protocol of format 2: an event like others, whose day is exported; not a field beside it."""

import pytest
from sqlalchemy.orm import Session

from app.core.problems import Conflict
from app.messages.outlook.correcting import correct
from app.messages.outlook.noting import note_event
from app.participants.correcting import EventCorrection, RecordCorrection
from app.participants.enrolment import randomise
from app.participants.models import EventState, Participant
from tests.factories import NOW, installed, participant
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
