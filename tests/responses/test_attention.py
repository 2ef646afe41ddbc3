"""What a person must see becomes a task, once."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.audit import AuditEntry
from app.core.problems import Problem
from app.instruments import Checked, Instrument, Item, instrument, instruments
from app.instruments.model import ItemType
from app.participants.models import Task, TaskKind
from app.participants.tasks import close_task
from app.responses.answering import submit
from app.responses.attention import (
    call_me,
    kept_number,
    not_able_today,
    safety_answer,
    safety_fields,
    safety_task,
    written_fields,
)
from app.responses.checking import CheckedVisit, check_visit
from app.responses.drafts import save_draft
from app.responses.problems import Closed, NotOpenYet
from app.responses.words import said
from tests.responses.visits import INFUSION, answers_to, participant, visit

D154 = INFUSION + timedelta(days=154)
BEFORE = INFUSION - timedelta(days=2)
SECOND = timedelta(seconds=1)


def tasks(session: Session) -> list[Task]:
    return list(session.scalars(select(Task).order_by(Task.id)))


def test_not_able_today_is_told_once_and_holds_reminders_back(session: Session) -> None:
    assessment = visit(participant(), "d154")
    not_able_today(assessment, D154)
    not_able_today(assessment, D154 + SECOND)
    (task,) = tasks(session)
    assert (task.kind, task.visit, task.created_at) == (TaskKind.NOT_ABLE_TODAY, "d154", D154)
    assert assessment.paused_until == D154 + SECOND + timedelta(days=1)


def test_a_call_can_be_asked_for_again_when_the_first_was_made(session: Session) -> None:
    assessment = visit(participant(), "d154")
    call_me(assessment, assessment.grace_until)
    (task,) = tasks(session)
    task.done_at, task.done_by, task.outcome = D154, "user:1", "called"
    session.flush()
    call_me(assessment, assessment.grace_until + SECOND)
    assert [task.kind for task in tasks(session)] == [TaskKind.CALL_ME, TaskKind.CALL_ME]


def test_a_safety_answer_makes_an_audited_task_at_once_and_tells_no_answer(session: Session) -> None:
    assessment = visit(participant(given=False), "d0")
    answers = answers_to(assessment)
    answers["hscl25"]["ending_life"] = 2
    submit(assessment, answers, BEFORE, language="nb")
    session.commit()
    (task,) = [task for task in tasks(session) if task.kind is TaskKind.SAFETY]
    assert task.note == "hscl25.ending_life"
    assert task.due_at == BEFORE + timedelta(hours=24)
    entry = session.scalars(select(AuditEntry).filter_by(table_name="public.tasks", row_id=str(task.id))).one()
    assert entry.action == "insert"


def test_no_such_answer_makes_no_such_task(session: Session) -> None:
    assessment = visit(participant(given=False), "d0")
    answers = answers_to(assessment)
    answers["hscl25"]["ending_life"] = 1
    submit(assessment, answers, BEFORE, language="nb")
    assert TaskKind.SAFETY not in {task.kind for task in tasks(session)}


def test_a_safety_answer_counts_before_it_is_sent(session: Session) -> None:
    assessment = visit(participant(given=False), "d0")
    save_draft(assessment, {"hscl25.ending_life": "4"}, BEFORE)
    save_draft(assessment, {"hscl25.sad": "4"}, BEFORE + SECOND)
    answers = answers_to(assessment)
    answers["hscl25"]["ending_life"] = 4
    submit(assessment, answers, BEFORE + 2 * SECOND, language="nb")
    assert [task.kind for task in tasks(session)].count(TaskKind.SAFETY) == 1


@pytest.mark.parametrize(
    ("first", "then", "named"),
    [
        (["a.x"], ["a.x"], "a.x"),
        (["a.x"], ["b.y"], "a.x, b.y"),
        (["b.y"], ["a.x", "b.y"], "b.y, a.x"),
        (["a.x", "b.y"], ["a.x"], "a.x, b.y"),
        (["a.x_text"], ["a.x"], "a.x_text, a.x"),
    ],
)
def test_what_comes_while_the_task_is_open_is_named_in_it_and_so_can_be_read(
    session: Session, first: list[str], then: list[str], named: str
) -> None:
    assessment = visit(participant(given=False), "d0")
    other = visit(assessment.participant, "d14")
    safety_task(assessment, first, BEFORE)
    safety_task(other, first, BEFORE)
    safety_task(assessment, then, BEFORE + SECOND)
    task, beside = tasks(session)
    assert (task.note, task.created_at, beside.note) == (named, BEFORE, ", ".join(first))


def test_what_comes_after_the_task_was_done_makes_another(session: Session) -> None:
    assessment = visit(participant(given=False), "d0")
    safety_task(assessment, ["a.x"], BEFORE)
    close_task(tasks(session)[0], "user:1", "Called her.", BEFORE)
    safety_task(assessment, ["b.y"], BEFORE + SECOND)
    assert [task.note for task in tasks(session)] == ["a.x", "b.y"]


def test_free_text_is_to_be_read_within_a_day(session: Session) -> None:
    assessment = visit(participant(), "d154")
    submit(assessment, answers_to(assessment), D154, language="nb")
    (task,) = tasks(session)
    assert (task.kind, task.due_at) == (TaskKind.FREE_TEXT, D154 + timedelta(days=1))
    assert task.note == "cointerventions.other_text, medication.other_text"


@pytest.mark.parametrize("ticked", [1, 0, None])
def test_free_text_beside_an_option_that_was_not_ticked_is_read_too(session: Session, ticked: int | None) -> None:
    assessment = visit(participant(), "d154")
    answers = {"medication": {"other": ticked, "paracetamol": 1, "other_text": "I cannot go on"}}
    submit(assessment, answers, D154, language="nb")
    (task,) = tasks(session)
    assert (task.kind, task.note) == (TaskKind.FREE_TEXT, "medication.other_text")
    assert [each.answer for each in said(task)] == ["I cannot go on"]


WRITABLE = [(each, item) for each in instruments() for item in each.items if item.type is ItemType.TEXT]


@pytest.mark.parametrize("deciding", [0, 1, None], ids=["not ticked", "ticked", "left"])
@pytest.mark.parametrize(
    ("questionnaire", "item"), WRITABLE, ids=[f"{each.code}.{item.code}" for each, item in WRITABLE]
)
def test_whatever_can_be_written_in_any_questionnaire_is_read(
    questionnaire: Instrument, item: Item, deciding: int | None
) -> None:
    answers: dict[str, object] = {item.code: "Noe helt eget"}
    for part in item.when.parts if item.when else ():
        answers[part.item] = deciding
    checked = check_visit("any", (questionnaire,), {questionnaire.code: answers}, date(2026, 5, 14))
    assert checked.problems == ()
    assert written_fields((questionnaire,), checked.said) == [f"{questionnaire.code}.{item.code}"]


def test_a_safety_answer_is_looked_at_although_an_answer_before_says_that_it_is_not_asked() -> None:
    asked_by_another = Checked({"sad": 1, "ending_life": 3}, (), (), surplus=("ending_life",))
    visited = CheckedVisit("d0", HSCL, {"hscl25": asked_by_another}, ())
    assert safety_fields(HSCL, visited.said) == ["hscl25.ending_life"]


HSCL = (instrument("hscl25"),)


@pytest.mark.parametrize(
    ("answers", "fields"),
    [
        ({}, []),
        ({"hscl25": {}}, []),
        ({"hscl25": {"ending_life": None}}, []),
        ({"hscl25": {"ending_life": 1}}, []),  # not at all
        ({"hscl25": {"ending_life": 2}}, ["hscl25.ending_life"]),
        ({"hscl25": {"ending_life": 3}}, ["hscl25.ending_life"]),
        ({"hscl25": {"ending_life": 4}}, ["hscl25.ending_life"]),
        ({"hscl25": {"ending_life": "4"}}, []),  # no number, no answer
        ({"hscl25": {"ending_life": Decimal("1.9")}}, []),  # as a questionnaire with decimals takes it
        ({"hscl25": {"ending_life": Decimal("2")}}, ["hscl25.ending_life"]),
        ({"hscl25": {"ending_life": Decimal("2.1")}}, ["hscl25.ending_life"]),
        ({"hscl25": {"ending_life": date(2026, 1, 1)}}, []),
        ({"hscl25": {"sad": 4}}, []),
        ({"odi": {"ending_life": 4}}, []),
    ],
)
def test_a_safety_item_must_reach_a_person_from_its_lowest_answer_that_says_so(
    answers: dict[str, dict[str, object]], fields: list[str]
) -> None:
    assert safety_fields(HSCL, answers) == fields


@pytest.mark.parametrize(
    ("kept", "number"),
    [
        ("4", 4),
        ("39.5", Decimal("39.5")),
        ("0", 0),
        ("-1", -1),
        ("", None),
        (None, None),
        ("2026-01-01", None),
        ("x", None),
        ("NaN", None),
        ("-Infinity", None),
    ],
)
def test_what_is_kept_is_a_number_or_none(kept: str | None, number: Decimal | int | None) -> None:
    assert kept_number(kept) == number
    assert safety_answer(HSCL[0], "ending_life", kept) is (number is not None and number >= 2)


@pytest.mark.parametrize("days", [1, 3])
def test_reminders_wait_as_long_as_the_protocol_says(days: int, session: Session) -> None:
    assessment = visit(participant(changes={"pause_days: 1": f"pause_days: {days}"} if days != 1 else None), "d154")
    call_me(assessment, D154)
    assert assessment.paused_until == D154 + timedelta(days=days)


@pytest.mark.parametrize(("edge", "refusal"), [("opens_at", NotOpenYet), ("grace_until", Closed)])
def test_not_able_today_is_said_of_an_open_visit_and_a_call_asked_for_at_any_time(
    edge: str, refusal: type[Problem], session: Session
) -> None:
    assessment = visit(participant(), "d154")
    now = getattr(assessment, edge) - (SECOND if edge == "opens_at" else 0 * SECOND)
    with pytest.raises(refusal):
        not_able_today(assessment, now)
    assert (tasks(session), assessment.paused_until) == ([], None)
    call_me(assessment, now)
    assert [task.kind for task in tasks(session)] == [TaskKind.CALL_ME]


def test_nothing_written_is_nothing_to_read(session: Session) -> None:
    assessment = visit(participant(), "d154")
    answers = answers_to(assessment)
    answers["medication"]["other_text"] = answers["cointerventions"]["other_text"] = " "
    submit(assessment, answers, D154, language="nb")
    assert tasks(session) == []


def test_tasks_of_two_visits_stand_beside_each_other(session: Session) -> None:
    person = participant()
    first, second = visit(person, "d154"), visit(person, "d56")
    call_me(first, D154)
    call_me(second, D154)
    call_me(first, D154 + SECOND)
    assert [(task.kind, task.visit) for task in tasks(session)] == [("call me", "d154"), ("call me", "d56")]
