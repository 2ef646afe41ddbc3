"""Somebody leaves, so far and from that day on: what stands on record, what is asked, sent and used after that."""

from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import plan as plan_job
from app.clock import tick
from app.core.problems import BadInput, Conflict, NotFound, Problem
from app.exports.dataset import dataset
from app.messages.kinds import Reason
from app.messages.models import Message
from app.participants.grades import FOLLOWS, LeavingGrade
from app.participants.leaving import coming_departure, departures_of, find_departure, leave, take_effect, undo
from app.participants.models import Departure, Participant
from app.responses.admission import admit
from app.responses.answering import submit
from app.responses.problems import Closed, Left
from app.schedule.models import Assessment, State
from app.studies.models import StudyState
from tests.factories import oslo
from tests.messages.erratic import Provider
from tests.messages.people import BEFORE, INVITED, enrolled, minutes, only, visit
from tests.responses.visits import answers_to

NO_TEXTS, NO_QUESTIONNAIRES, NO_USE, DIED = LeavingGrade
WHY = "no reason given"
TODAY = INVITED.date()
DAY = timedelta(days=1)


def owed_today(session: Session) -> Participant:
    """Somebody who is owed an invitation today, and was asked once before."""
    someone = enrolled()
    only(someone, "d7", "d14")
    session.commit()
    return someone


@pytest.fixture
def person(session: Session) -> Participant:
    return owed_today(session)


@pytest.fixture
def asked_visit(person: Participant) -> Assessment:
    return visit(person, "d7")


# grade: the first text's fate, whether an answer is taken, how the visit stands
EFFECTS = [
    (NO_TEXTS, Reason.NO_TEXTS, None, State.OPEN),
    (NO_QUESTIONNAIRES, None, Left, State.WITHDRAWN),
    (NO_USE, None, Left, State.WITHDRAWN),
    (DIED, None, Closed, State.WITHDRAWN),
]


@pytest.mark.parametrize(("grade", "reason", "refusal", "state"), EFFECTS)
def test_how_far_she_leaves_decides_what_is_sent_and_taken(
    app: Flask, session: Session, person: Participant, asked_visit: Assessment,
    grade: LeavingGrade, reason: Reason | None, refusal: type[Exception] | None, state: State,
) -> None:  # fmt: skip
    leave(person, grade, None, WHY, INVITED)
    session.commit()
    gateway = Provider()
    tick(gateway, INVITED + minutes(1))
    assert not gateway.tries
    assert session.scalars(select(Message.reason)).all() == ([reason] if reason else [])
    assert asked_visit.state(INVITED + minutes(2)) is state
    if refusal is None:
        admit(asked_visit, INVITED + minutes(2))
    else:
        with pytest.raises(refusal):
            admit(asked_visit, INVITED + minutes(2))


def test_every_grade_is_in_the_table() -> None:
    assert [row[0] for row in EFFECTS] == list(LeavingGrade)
    assert set(FOLLOWS) == {None, *LeavingGrade}


@pytest.mark.parametrize("grade", LeavingGrade)
def test_what_was_queued_before_is_not_sent_either(
    app: Flask, session: Session, person: Participant, grade: LeavingGrade
) -> None:
    tick(Provider(), INVITED - minutes(5))
    leave(person, grade, None, WHY, INVITED - minutes(1))
    session.commit()
    gateway = Provider()
    tick(gateway, INVITED + minutes(1))
    assert not gateway.tries


@pytest.mark.parametrize(
    ("grade", "leaves"), [(NO_TEXTS, True), (NO_QUESTIONNAIRES, True), (NO_USE, False), (DIED, True)]
)
def test_what_she_gave_leaves_in_exports_unless_she_forbids_its_use(
    session: Session, asked_visit: Assessment, grade: LeavingGrade, leaves: bool
) -> None:
    submit(asked_visit, answers_to(asked_visit), INVITED, language="nb")
    leave(asked_visit.participant, grade, None, WHY, INVITED + DAY)
    session.commit()
    data = dataset(asked_visit.participant.study, INVITED + 2 * DAY)
    assert bool(len(data.table("answers"))) is leaves
    assert bool(len(data.table("scores"))) is leaves
    (row,) = data.table("participants").rows
    assert row[-1] == grade.value
    assert len(data.table("assessments")) == 2, "that she was asked, and answered, is a fact of the trial"


@pytest.mark.parametrize(
    ("before", "grade"),
    [(before, grade) for before in LeavingGrade for grade in LeavingGrade if grade in FOLLOWS[before]],
)
def test_whoever_has_left_may_leave_farther(person: Participant, before: LeavingGrade, grade: LeavingGrade) -> None:
    leave(person, before, None, "first words", INVITED)
    leave(person, grade, None, "last words", INVITED + DAY)
    assert person.left_as is grade
    assert person.texts_ended_at == INVITED
    assert person.withdrawn_at == (INVITED + DAY if before is NO_TEXTS else INVITED)
    assert [leaving.grade for leaving in departures_of(person)] == [before, grade]


@pytest.mark.parametrize(
    ("before", "grade"),
    [(before, grade) for before in LeavingGrade for grade in LeavingGrade if grade not in FOLLOWS[before]],
)
def test_nobody_leaves_less_far_or_twice(person: Participant, before: LeavingGrade, grade: LeavingGrade) -> None:
    leave(person, before, None, WHY, INVITED)
    with pytest.raises(Conflict, match=rf"has left already \({before}\)"):
        leave(person, grade, None, WHY, INVITED + DAY)
    assert person.left_as is before


def test_who_withdrew_before_it_was_asked_how_far_may_still_forbid_the_use(person: Participant) -> None:
    person.withdrawn_at, person.withdrawal_reason = INVITED - DAY, "long ago"
    with pytest.raises(Conflict, match="no more questionnaires"):
        leave(person, NO_TEXTS, None, WHY, INVITED)
    leave(person, NO_USE, None, WHY, INVITED)
    assert (person.withdrawn_at, person.withdrawal_reason) == (INVITED - DAY, "long ago")


@pytest.mark.parametrize(
    ("on", "from_at"),
    [
        (None, INVITED),
        (TODAY, INVITED),
        (TODAY - DAY, oslo(TODAY - DAY, 0)),
        (date(2026, 9, 1), oslo(date(2026, 9, 1), 0)),  # the day of enrolment
    ],
)
def test_a_day_that_has_come_is_in_effect_at_once(person: Participant, on: date | None, from_at: datetime) -> None:
    leaving = leave(person, NO_QUESTIONNAIRES, on, WHY, INVITED)
    assert (leaving.from_at, leaving.in_effect_at, person.withdrawn_at) == (from_at, INVITED, from_at)
    assert leaving.recorded_by == "test"


@pytest.mark.parametrize(
    ("grade", "on", "sentence"),
    [
        (NO_TEXTS, date(2026, 8, 31), "nobody leaves before that"),
        (NO_TEXTS, TODAY + timedelta(days=367), "more than a year away"),
        (DIED, TODAY + DAY, "lies in the future"),
    ],
)
def test_a_day_that_cannot_be_is_refused(person: Participant, grade: LeavingGrade, on: date, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence) as caught:
        leave(person, grade, on, WHY, INVITED)
    assert set(caught.value.errors) == {"on"}
    assert person.left_as is None
    assert not departures_of(person)


def test_everything_that_is_wrong_is_said_at_once(person: Participant) -> None:
    with pytest.raises(BadInput) as caught:
        leave(person, DIED, TODAY + DAY, " ", INVITED)
    assert set(caught.value.errors) == {"on", "reason"}


def test_on_a_day_to_come_she_takes_part_until_its_first_minute(
    app: Flask, session: Session, person: Participant
) -> None:
    leaving = leave(person, NO_QUESTIONNAIRES, TODAY + DAY, WHY, INVITED)
    session.commit()
    gateway = Provider()
    tick(gateway, INVITED + minutes(1))
    assert gateway.tries, "she is still asked today"
    midnight = oslo(TODAY + DAY, 0)
    assert [take_effect(midnight - minutes(1)), take_effect(midnight), take_effect(midnight)] == [0, 1, 0]
    assert (person.withdrawn_at, person.left_as) == (midnight, NO_QUESTIONNAIRES)
    assert leaving.in_effect_at == midnight


def test_it_is_undone_before_the_day_and_not_after(session: Session, person: Participant) -> None:
    leaving = leave(person, NO_QUESTIONNAIRES, TODAY + DAY, WHY, INVITED)
    with pytest.raises(Conflict, match="Undo that first"):
        leave(person, DIED, None, WHY, INVITED)
    undo(leaving, INVITED + minutes(1))
    assert (leaving.undone_by, coming_departure(person)) == ("test", None)
    with pytest.raises(Conflict, match="undone already"):
        undo(leaving, INVITED)
    assert take_effect(INVITED + 2 * DAY) == 0
    assert person.left_as is None
    again = leave(person, NO_TEXTS, None, WHY, INVITED)
    with pytest.raises(Conflict, match="in effect already"):
        undo(again, INVITED)


def test_a_leaving_of_somebody_else_is_not_hers(session: Session, person: Participant) -> None:
    leaving = leave(person, NO_TEXTS, None, WHY, INVITED)
    other = enrolled(2)
    assert find_departure(person, leaving.id) is leaving
    for whose, number in ((other, leaving.id), (person, 999)):
        with pytest.raises(NotFound):
            find_departure(whose, number)


@pytest.mark.parametrize(("state", "allowed"), [(StudyState.LOCKED, True), (StudyState.ARCHIVED, False)])
def test_it_is_her_right_while_there_is_anything_to_use(person: Participant, state: StudyState, allowed: bool) -> None:
    person.study.state = state
    if allowed:
        assert leave(person, NO_USE, None, WHY, INVITED).in_effect_at == INVITED
        return
    with pytest.raises(Conflict, match="archived"):
        leave(person, NO_USE, None, WHY, INVITED)


STANDS = (StudyState.LOCKED, StudyState.ARCHIVED)
"""A lock stops the study's time, so no day comes in it."""


@pytest.mark.parametrize("state", StudyState)
@pytest.mark.parametrize("grade", [NO_TEXTS, NO_QUESTIONNAIRES, NO_USE])
def test_a_day_to_come_comes_in_every_state_but_from_the_lock_on(
    app: Flask, session: Session, person: Participant, grade: LeavingGrade, state: StudyState
) -> None:
    leaving = leave(person, grade, TODAY + DAY, WHY, INVITED)
    person.study.state = state
    session.commit()
    week = INVITED + 7 * DAY
    plan_job(Provider(), week)
    tick(Provider(), week)
    session.refresh(leaving)
    session.refresh(person)
    standing = state in STANDS
    assert (leaving.in_effect_at, person.left_as) == ((None, None) if standing else (week, grade))
    person.study.state = StudyState.CLOSED
    session.commit()
    assert take_effect(week + DAY) == (1 if standing else 0), "it comes once the lock is undone"
    assert (person.left_as, person.texts_ended_at) == (grade, oslo(TODAY + DAY, 0))


@pytest.mark.parametrize("state", StudyState)
@pytest.mark.parametrize("grade", [NO_TEXTS, NO_QUESTIONNAIRES, NO_USE])
def test_in_a_locked_study_it_is_recorded_for_today_and_no_day_to_come(
    session: Session, person: Participant, grade: LeavingGrade, state: StudyState
) -> None:
    person.study.state = state
    if state not in STANDS:
        assert leave(person, grade, TODAY + DAY, WHY, INVITED).in_effect_at is None
        return
    with pytest.raises(Problem, match="time stands still" if state is StudyState.LOCKED else "archived"):
        leave(person, grade, TODAY + DAY, WHY, INVITED)


def test_two_who_record_it_at_once_record_it_once(session: Session, person: Participant) -> None:
    leave(person, NO_QUESTIONNAIRES, None, WHY, BEFORE + DAY)
    with pytest.raises(Conflict):
        leave(person, NO_QUESTIONNAIRES, None, WHY, BEFORE + DAY)
    assert len(session.scalars(select(Departure)).all()) == 1
