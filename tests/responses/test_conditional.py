"""Visits under a condition on what was answered: planned once the answer is there, and once only."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.messages.outlook.noting import note_event
from app.participants.enrolment import withdraw
from app.participants.models import EventState, Participant
from app.responses.answering import submit
from app.responses.conditional import plan_answered, plan_everybody
from app.schedule.models import Assessment
from app.schedule.planning import plan
from app.studies.states import StudyState
from tests.factories import NOW, installed, participant, visit
from tests.responses.visits import answers_to
from tests.studies.protocol.second import with_visit

LATER = NOW + timedelta(hours=1)


def answered(condition: str, choose: int, *, after: str = "enrolment") -> Participant:
    """Somebody who has answered the first visit with the option of this number throughout."""
    text = with_visit(f"code: x, after: {after}, day: 9, only_if: {{{condition}}}, window: short")
    person = participant(installed(text))
    plan(person, NOW)
    start = visit(person, "start")
    submit(start, answers_to(start, choose), NOW, language="en")
    return person


def codes(session: Session, person: Participant) -> set[str]:
    return set(session.scalars(select(Assessment.visit).where(Assessment.participant_id == person.id)))


CONDITIONS = [
    # the condition; the option chosen throughout (each is a fifth of the score); whether the visit is asked
    ("score: odi.odi, visit: start, at_least: 40", 2, True),
    ("score: odi.odi, visit: start, at_least: 41", 2, False),
    ("score: odi.odi, at_least: 40", 2, True),
    ("score: odi.odi, visit: before, at_least: 40", 2, False),
    ("score: odi.odi, at_most: 40", 2, True),
    ("score: odi.odi, at_most: 39", 2, False),
    ("score: odi.odi, at_least: 20, at_most: 60", 3, True),
    ("score: odi.odi, at_least: 20, at_most: 60", 4, False),
    ("score: odi.odi_sum, among: [20, 30]", 2, True),
    ("score: odi.odi_sum, among: [21, 30]", 2, False),
    ("answer: odi.lifting, visit: start, among: [4, 5]", 4, True),
    ("answer: odi.lifting, visit: start, among: [4, 5]", 3, False),
    ("answer: odi.lifting, at_least: 3", 3, True),
    ("answer: odi.lifting, at_most: 2", 3, False),
    ("answer: odi.lifting, at_least: 3, not_happened: surgery", 3, True),
    ("answer: odi.lifting, at_least: 3, happened: surgery", 3, False),
]


@pytest.mark.parametrize(("condition", "choose", "is_asked"), CONDITIONS)
def test_a_visit_is_asked_where_an_earlier_answer_is_as_the_protocol_says(
    session: Session, condition: str, choose: int, is_asked: bool
) -> None:
    person = answered(condition, choose)
    assert "x" not in codes(session, person)
    assert plan_answered(LATER) == int(is_asked)
    assert ("x" in codes(session, person)) is is_asked
    assert plan_answered(LATER) == 0, "asked once"


def test_who_has_not_answered_is_not_asked_further(session: Session) -> None:
    text = with_visit("code: x, after: enrolment, day: 9, only_if: {score: odi.odi, at_most: 100}, window: short")
    person = participant(installed(text))
    assert plan_everybody(NOW) == 1
    assert codes(session, person) == {"start"}


def test_an_answer_that_was_voided_asks_nothing(session: Session) -> None:
    person = answered("score: odi.odi, at_least: 40", 2)
    visit(person, "start").voided_at = LATER
    session.flush()
    assert plan_answered(LATER) == 0


def test_who_takes_part_no_longer_is_not_asked(session: Session) -> None:
    person = answered("score: odi.odi, at_least: 40", 2)
    withdraw(person, "moved away", LATER)
    session.flush()
    assert plan_answered(LATER) == 0


def test_what_follows_an_event_waits_for_it_and_moves_with_it(session: Session) -> None:
    person = answered("score: odi.odi, at_least: 40", 2, after="surgery")
    assert plan_answered(LATER) == 0
    note_event(person, "surgery", EventState.PLANNED, LATER.date() + timedelta(days=7), None, LATER)
    assert "x" not in codes(session, person)
    assert plan_answered(LATER) == 1
    assert visit(person, "x").anchor_on == LATER.date() + timedelta(days=7)
    note_event(person, "surgery", EventState.PLANNED, LATER.date() + timedelta(days=8), None, LATER)
    assert visit(person, "x").anchor_on == LATER.date() + timedelta(days=8)


def test_the_clock_plans_visits_that_rest_on_answers(session: Session) -> None:
    person = answered("score: odi.odi, at_least: 40", 2)
    assert plan_everybody(LATER) == 1
    assert "x" in codes(session, person)


@pytest.mark.parametrize("state", StudyState)
def test_a_lock_stops_what_would_be_asked_because_of_an_answer(session: Session, state: StudyState) -> None:
    person = answered("score: odi.odi, visit: start, at_least: 40", 2)
    person.study.state = state
    stands = state in (StudyState.LOCKED, StudyState.ARCHIVED)
    assert plan_answered(LATER) == (0 if stands else 1)
