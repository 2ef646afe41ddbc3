"""What is not over yet of somebody whose data are about to be signed off."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.roles import Role
from app.core.database import db
from app.messages.models import MessageState
from app.participants.grades import LeavingGrade
from app.participants.leaving import leave
from app.participants.models import Participant, Task, TaskKind
from app.responses.answering import submit
from app.responses.corrections import Query, ask, close
from app.responses.drafts import save_draft
from app.responses.models import Answerer, Correction, Mode, Response
from app.responses.staff_entry import AboutEntry, enter
from app.responses.still_open import still_open
from app.schedule.models import Assessment
from app.schedule.states import State
from tests.factories import message, user
from tests.responses.typed import fields_of
from tests.responses.visits import INFUSION, answers_to, participant, visit

NOW = INFUSION + timedelta(days=155)
PAPER = AboutEntry(Mode.PAPER, Answerer.HERSELF, NOW.date(), scan="binder 3", twice=True)


def staff(person: Participant) -> User:
    return user(person.study, Role.COORDINATOR)


def answer(person: Participant) -> Response:
    d154 = visit(person, "d154")
    response = submit(d154, answers_to(d154), NOW, language="en")
    for task in db.session.scalars(select(Task).order_by(Task.id)):
        task.done_at, task.done_by, task.outcome = NOW, "user:1", "Read"
    return response


def query(person: Participant) -> Correction:
    return ask(answer(person), Query("odi", "lifting", "4", "A slip", "Note"), staff(person), NOW)


def text_of(state: MessageState) -> Callable[[Participant], object]:
    return lambda person: message(visit(person, "d154"), state, NOW)


def task(person: Participant) -> None:
    db.session.add(Task(participant=person, kind=TaskKind.CALL_ME, created_at=NOW))


CASES: dict[str, tuple[Callable[[Participant], object], dict[str, int]]] = {
    "an answer": (answer, {"answerable": -1}),
    "a query": (query, {"answerable": -1, "queries": 1}),
    "a query that was closed": (lambda of: close(query(of), staff(of), "Settled", NOW), {"answerable": -1}),
    "a draft": (lambda of: save_draft(visit(of, "d154"), fields_of(visit(of, "d154")), NOW), {"begun": 1}),
    "a paper typed once of twice": (
        lambda of: enter(visit(of, "d154"), PAPER, fields_of(visit(of, "d154")), staff(of), NOW),
        {"typed": 1},
    ),
    "a task": (task, {"tasks": 1}),
    "a text that waits": (text_of(MessageState.QUEUED), {"texts": 1}),
    "a text of which nobody knows": (text_of(MessageState.UNKNOWN), {"texts": 1}),
    "a text that arrived": (text_of(MessageState.DELIVERED), {}),
    "a text that failed": (text_of(MessageState.FAILED), {}),
}
"""What happens, and by how much what is open changes."""


@pytest.mark.parametrize("what", CASES)
def test_what_is_open_is_counted(session: Session, what: str) -> None:
    happens, expected = CASES[what]
    person = participant()
    before = asdict(still_open(person, NOW))
    happens(person)
    session.flush()
    after = asdict(still_open(person, NOW))
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == expected


def test_visits_are_open_or_to_come_as_their_state_says(session: Session) -> None:
    person = participant()
    visits = session.scalars(select(Assessment).order_by(Assessment.id)).all()
    for days in (-40, 0, 20, 155, 600):
        at = INFUSION + timedelta(days=days)
        states = [each.state(at) for each in visits]
        unfinished = still_open(person, at)
        assert (unfinished.answerable, unfinished.coming) == (states.count(State.OPEN), states.count(State.NOT_DUE))
    assert not still_open(person, at).anything


def test_whoever_has_left_answers_nothing_more(session: Session) -> None:
    person = participant()
    leave(person, LeavingGrade.NO_QUESTIONNAIRES, None, "no reason given", NOW)
    assert not still_open(person, NOW).anything


def test_what_is_anothers_is_not_counted(session: Session) -> None:
    person = participant()
    query(person)
    task(person)
    assert not still_open(Participant(id=person.id + 1), NOW).anything
