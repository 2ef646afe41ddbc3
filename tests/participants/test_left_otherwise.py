"""How somebody left was recorded wrongly: it is put right in one step, and what she had said before stands again."""

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.core.problems import Conflict
from app.messages.models import Message, MessageState
from app.messages.outlook.correcting import correct
from app.participants.correcting import LeavingCorrection, RecordCorrection, put_right
from app.participants.grades import LeavingGrade
from app.participants.leaving import departures_of, leave
from app.participants.models import Participant
from tests.messages.erratic import Provider
from tests.messages.people import INVITED, minutes
from tests.participants.test_leaving import DAY, DIED, NO_QUESTIONNAIRES, NO_TEXTS, NO_USE, TODAY, WHY, owed_today


@pytest.fixture
def person(session: Session) -> Participant:
    return owed_today(session)


def test_what_was_recorded_by_mistake_is_corrected_and_what_is_due_is_owed_again(
    app: Flask, session: Session, person: Participant
) -> None:
    leave(person, NO_TEXTS, None, "mistaken for another", INVITED)
    session.commit()
    tick(Provider(), INVITED + minutes(1))
    put_right(person, RecordCorrection(not_withdrawn=True), INVITED + minutes(2))
    session.commit()
    gateway = Provider()
    tick(gateway, INVITED + minutes(3))
    assert len(gateway.tries) == 1
    assert (person.left_as, person.texts_ended_at) == (None, None)
    assert session.scalars(select(Message.state)).all() == [MessageState.ACCEPTED]


def test_what_she_had_said_before_the_mistake_stands_again(app: Flask, session: Session, person: Participant) -> None:
    leave(person, NO_TEXTS, None, "no more texts", INVITED)
    leave(person, NO_QUESTIONNAIRES, None, "mistaken for another", INVITED + minutes(1))
    put_right(person, RecordCorrection(not_withdrawn=True), INVITED + minutes(2))
    assert (person.left_as, person.texts_ended_at) == (NO_TEXTS, INVITED)
    assert (person.withdrawn_at, person.withdrawal_reason) == (None, None)
    session.commit()
    gateway = Provider()
    tick(gateway, INVITED + minutes(3))
    assert gateway.tries == {}
    put_right(person, RecordCorrection(not_withdrawn=True), INVITED + minutes(4))
    assert (person.left_as, person.texts_ended_at) == (None, None)
    with pytest.raises(Conflict, match="No withdrawal"):
        put_right(person, RecordCorrection(not_withdrawn=True), INVITED + minutes(5))
    assert [leaving.undone_by for leaving in departures_of(person)] == ["test", "test"]


OTHERWISE = [
    # what was wrong of DIED today, because of “no reason given”; how it stands then
    (LeavingCorrection(on=TODAY - DAY), (DIED, TODAY - DAY, WHY)),
    (LeavingCorrection(grade=NO_USE), (NO_USE, TODAY, WHY)),
    (LeavingCorrection(reason="an accident"), (DIED, TODAY, "an accident")),
    (LeavingCorrection(NO_TEXTS, TODAY - DAY, "too many texts"), (NO_TEXTS, TODAY - DAY, "too many texts")),
]


@pytest.mark.parametrize(("right", "stands"), OTHERWISE, ids=["day", "grade", "reason", "all"])
def test_a_leaving_that_was_recorded_wrongly_is_put_right_and_nothing_is_sent_in_between(
    app: Flask,
    session: Session,
    person: Participant,
    right: LeavingCorrection,
    stands: tuple[LeavingGrade, date, str],
) -> None:
    leave(person, DIED, None, WHY, INVITED)
    session.commit()
    tick(Provider(), INVITED + minutes(1))
    effect = correct(person, RecordCorrection(leaving=right), "the ward told us so", INVITED + minutes(2))
    session.commit()
    gateway = Provider()
    tick(gateway, INVITED + minutes(3))
    assert gateway.tries == {}
    wrong, last = departures_of(person)
    assert wrong.undone_at == INVITED + minutes(2)
    assert (last.grade, last.on, last.reason, person.left_as) == (*stands, stands[0])
    assert (person.withdrawn_at is None) is (right.grade is NO_TEXTS)
    assert effect.texts == ()


def test_a_withdrawal_from_before_there_were_grades_is_put_right_too(session: Session, person: Participant) -> None:
    person.withdrawn_at, person.withdrawal_reason = INVITED, "moved"
    session.flush()
    put_right(person, RecordCorrection(leaving=LeavingCorrection(on=TODAY - DAY)), INVITED + minutes(1))
    (last,) = departures_of(person)
    assert (last.grade, last.on, last.reason) == (NO_QUESTIONNAIRES, TODAY - DAY, "moved")
