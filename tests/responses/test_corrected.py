"""What a signed correction sets going beside the scores: who must look, and whether the visit is whole."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.roles import Role
from app.instruments import instrument
from app.participants.models import Task, TaskKind
from app.participants.tasks import close_task
from app.responses.answering import submit
from app.responses.corrections import Query, approve, ask, refuse
from app.responses.models import Correction, Response
from app.responses.words import said
from app.schedule.states import State
from tests.factories import user
from tests.responses.visits import INFUSION, answers_to, participant, visit

BEFORE = INFUSION - timedelta(days=2)
D154 = INFUSION + timedelta(days=154)
HOUR = timedelta(hours=1)
BOTHERED = instrument("hscl25").wording("en").item("ending_life").options


def answered(code: str = "d0", *, unsent: bool = False, **answers: Any) -> Response:
    """A visit, answered in full but for these."""
    assessment = visit(participant(given=code != "d0"), code)
    given = answers_to(assessment)
    for field, value in answers.items():
        questionnaire, item = field.split("__")
        given[questionnaire][item] = value
    return submit(assessment, given, BEFORE if code == "d0" else D154, language="en", unsent=unsent)


def staff(response: Response) -> tuple[User, User]:
    study = response.assessment.participant.study
    return user(study, Role.COORDINATOR, "01"), user(study, Role.INVESTIGATOR, "01")


def query_for(response: Response, people: tuple[User, User], field: str, proposed: str) -> Correction:
    questionnaire, item = field.split("__")
    query = Query(questionnaire, item, proposed, "She said so when we talked.", "Telephone note")
    return ask(response, query, people[0], response.submitted_at + HOUR)


def corrected(response: Response, field: str, proposed: str) -> Correction:
    """Asked by one, signed by another."""
    people = staff(response)
    correction = query_for(response, people, field, proposed)
    approve(correction, people[1], response.submitted_at + 2 * HOUR)
    return correction


def safety_tasks(session: Session) -> list[Task]:
    return list(session.scalars(select(Task).filter_by(kind=TaskKind.SAFETY).order_by(Task.id)))


@pytest.mark.parametrize(
    ("stood", "proposed", "opens"),
    [
        (1, "2", True),
        (1, "4", True),
        (None, "2", True),
        (None, "1", False),
        (2, "3", True),
        (4, "3", False),
        (4, "2", False),
        (2, "1", False),
        (4, "", False),
    ],
    ids=str,
)
def test_a_correction_that_makes_a_safety_answer_positive_or_worse_opens_the_task(
    session: Session, stood: int | None, proposed: str, opens: bool
) -> None:
    response = answered(hscl25__ending_life=stood)
    for task in safety_tasks(session):
        close_task(task, "user:1", "Called her.", BEFORE + HOUR)
    before = len(safety_tasks(session))
    corrected(response, "hscl25__ending_life", proposed)
    new = safety_tasks(session)[before:]
    assert [(task.note, task.visit, task.due_at) for task in new] == (
        [("hscl25.ending_life", "d0", BEFORE + 26 * HOUR)] if opens else []
    )


def test_a_correction_of_another_item_wakes_no_safety_task_that_was_closed(session: Session) -> None:
    response = answered(hscl25__ending_life=4)
    close_task(safety_tasks(session)[0], "user:1", "Called her.", BEFORE + HOUR)
    corrected(response, "hscl25__sad", "4")
    assert [task.outcome for task in safety_tasks(session)] == ["Called her."]


def test_a_safety_task_that_is_open_is_not_made_twice(session: Session) -> None:
    response = answered(hscl25__ending_life=2)
    corrected(response, "hscl25__ending_life", "4")
    assert [task.done_at for task in safety_tasks(session)] == [None]


def test_a_query_that_is_refused_opens_no_safety_task(session: Session) -> None:
    response = answered(hscl25__ending_life=1)
    people = staff(response)
    refuse(query_for(response, people, "hscl25__ending_life", "4"), people[1], "Another patient's note.", BEFORE + HOUR)
    assert safety_tasks(session) == []


def test_who_looks_sees_the_corrected_answer_beside_what_she_answered(session: Session) -> None:
    response = answered(hscl25__ending_life=1)
    assert corrected(response, "hscl25__ending_life", "4").outcome == "approved"
    (answer_said,) = said(safety_tasks(session)[0])
    assert (answer_said.answer, answer_said.corrected) == ("Not bothered", BOTHERED[4])


def test_who_looks_sees_what_was_left_empty_and_filled_by_a_correction(session: Session) -> None:
    corrected(answered(hscl25__ending_life=None), "hscl25__ending_life", "3")
    (answer_said,) = said(safety_tasks(session)[0])
    assert (answer_said.answer, answer_said.corrected) == ("–", BOTHERED[3])


@pytest.mark.parametrize(
    ("left", "field", "proposed", "state"),
    [
        ({"odi__lifting": None}, "odi__lifting", "3", State.COMPLETED),
        ({"odi__lifting": None, "odi__walking": None}, "odi__lifting", "3", State.PARTIAL),
        ({}, "odi__lifting", "", State.PARTIAL),
        ({}, "odi__lifting", "3", State.COMPLETED),
        ({"odi__sex_life": None}, "odi__lifting", "3", State.COMPLETED),
    ],
)
def test_a_visit_is_whole_or_partial_by_the_answers_that_hold_now(
    session: Session, left: dict[str, Any], field: str, proposed: str, state: State
) -> None:
    response = answered("d154", **left)
    corrected(response, field, proposed)
    session.expire_all()
    assert response.assessment.state(D154 + 3 * HOUR) is state


def test_a_draft_that_was_kept_stays_partial_whatever_is_corrected(session: Session) -> None:
    response = answered("d154", unsent=True, odi__lifting=None)
    corrected(response, "odi__lifting", "3")
    assert response.assessment.partial is True
