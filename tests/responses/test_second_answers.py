"""What differs from the answers that count is kept, closed, and somebody is asked to look; nothing of it counts."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.participants.enrolment import withdraw
from app.participants.models import Task, TaskKind
from app.responses.answering import submit
from app.responses.drafts import expire_drafts, save_draft, save_from_phone
from app.responses.models import Answer, Draft, SecondAnswers
from app.responses.other_answers import OtherAnswer
from app.responses.second_answers import KEPT_OF_A_FIELD, keep_others, keep_second, other_answers
from app.responses.task_reading import finish_task, read_task
from app.responses.two_phones import PhoneSays, SaidWhen, milliseconds
from app.schedule.models import Assessment
from tests.responses.test_drafts import D154, KEEP, SECOND
from tests.responses.visits import answers_to, participant, visit

LATER = D154 + 60 * SECOND
FIELD = "odi.lifting"
SAYS = PhoneSays(0, {FIELD: SaidWhen(0, 3_600_000)})
BY = "user:7"


@pytest.fixture
def answered(session: Session) -> Assessment:
    """Day 154, with the first answer chosen everywhere."""
    assessment = visit(participant(), "d154")
    submit(assessment, answers_to(assessment), D154, language="nb")
    return assessment


def two_answers(session: Session) -> list[Task]:
    return list(session.scalars(select(Task).filter_by(kind=TaskKind.TWO_ANSWERS).order_by(Task.id)))


def test_the_first_answer_counts_and_both_are_read_at_the_desk(session: Session, answered: Assessment) -> None:
    assert keep_second(answered, {FIELD: "3"}, SAYS, None, LATER)
    lifting = select(Answer.value).where(Answer.instrument == "odi", Answer.item == "lifting")
    assert session.scalars(lifting).one() == "0"
    (task,) = two_answers(session)
    assert (task.visit, task.note) == ("d154", FIELD)
    (said,) = read_task(task, BY, "the daily round", LATER).answers
    assert said.answer != said.others[0].answer
    assert said.others[0].at == LATER - timedelta(hours=1), "when she gave it, by our clock"


def test_it_is_closed_and_its_words_stand_in_no_trail(session: Session, answered: Assessment) -> None:
    keep_second(answered, {FIELD: "3"}, SAYS, None, LATER)
    session.flush()
    (kept,) = session.scalars(select(SecondAnswers))
    assert FIELD.encode() not in kept.answers_sealed
    assert other_answers(answered.id) == {
        FIELD: [OtherAnswer("3", milliseconds(LATER), milliseconds(LATER) - 3_600_000)]
    }


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({FIELD: "0"}, SAYS),  # the same answer again
        ({}, None),
        ({"odi.nonsense": "3"}, None),
        ({FIELD: "3"}, PhoneSays(5, {})),  # what came from us and was not answered on this phone
    ],
)
def test_where_nothing_differs_nothing_is_kept(
    session: Session, answered: Assessment, fields: dict[str, str], says: PhoneSays | None
) -> None:
    assert not keep_second(answered, fields, says, None, LATER)
    assert session.scalar(select(func.count(SecondAnswers.id))) == 0
    assert two_answers(session) == []


def test_the_same_again_changes_nothing_and_another_comes_beside_it(session: Session, answered: Assessment) -> None:
    for value in ("3", "3", "4"):
        keep_second(answered, {FIELD: value}, None, None, LATER)
    keep_second(answered, {"odi.walking": "5"}, None, None, LATER)
    assert [each.value for each in other_answers(answered.id)[FIELD]] == ["3", "4"]
    (task,) = two_answers(session)
    assert task.note == f"{FIELD}, odi.walking"


def test_a_phone_that_sends_the_same_again_opens_no_closed_task(session: Session, answered: Assessment) -> None:
    keep_second(answered, {FIELD: "3"}, None, None, LATER)
    finish_task(two_answers(session)[0], BY, "She meant the first.", LATER)
    keep_second(answered, {FIELD: "3"}, None, None, LATER + 60 * SECOND)
    assert len(two_answers(session)) == 1
    keep_second(answered, {FIELD: "4"}, None, None, LATER + 60 * SECOND)
    assert [task.done_at is None for task in two_answers(session)] == [False, True]


def test_nobody_fills_the_table(answered: Assessment) -> None:
    for number in range(KEPT_OF_A_FIELD + 5):
        others = {FIELD: OtherAnswer(str(number), number, None)}
        keep_others(answered, others, LATER)
    assert len(other_answers(answered.id)[FIELD]) == KEPT_OF_A_FIELD


def test_when_answers_are_not_taken_any_more_nothing_is_kept_of_them(session: Session, answered: Assessment) -> None:
    assert not keep_second(answered, {FIELD: "3"}, None, None, answered.grace_until)
    withdraw(answered.participant, "moved away", LATER)
    assert not keep_second(answered, {FIELD: "3"}, None, None, LATER)
    assert two_answers(session) == []


def test_an_answer_that_worries_reaches_somebody_also_when_it_comes_second(session: Session) -> None:
    first = visit(participant(given=False), "d0")
    answers = answers_to(first)
    answers["hscl25"]["ending_life"] = 1
    submit(first, answers, first.opens_at, language="nb")
    tasks = select(Task.note).where(Task.kind == TaskKind.SAFETY)
    assert session.scalars(tasks).all() == []
    keep_second(first, {"hscl25.ending_life": "3"}, None, None, first.opens_at + SECOND)
    assert session.scalars(tasks).all() == ["hscl25.ending_life"]


def test_a_draft_that_was_saved_while_the_visit_was_being_answered_is_not_lost(session: Session) -> None:
    """A submission of one statement does not see a draft that another phone saves in that moment."""
    assessment = visit(participant(), "d154")
    save_draft(assessment, {FIELD: "4"}, D154)
    saved = session.scalars(select(Draft.answers_sealed)).one()
    submit(assessment, answers_to(assessment), D154, language="nb")
    session.add(Draft(assessment_id=assessment.id, answers_sealed=saved, updated_at=D154))
    session.flush()
    assert expire_drafts(LATER) == 1
    assert [each.value for each in other_answers(assessment.id)[FIELD]] == ["4"]
    assert len(two_answers(session)) == 1


@pytest.mark.parametrize(
    ("first", "then", "kind"),
    [
        (SaidWhen(0, 0), SaidWhen(0, None), TaskKind.TWO_ANSWERS),  # two phones, and nobody knows whose is newer
        (None, SaidWhen(0, 40 * 86_400_000), TaskKind.TO_JUDGE),  # given before the questions opened
    ],
)
def test_of_a_draft_that_is_kept_unsent_a_person_sees_what_was_in_doubt(
    session: Session, first: SaidWhen | None, then: SaidWhen, kind: TaskKind
) -> None:
    assessment = visit(participant(changes=KEEP), "d154")
    if first is not None:
        save_from_phone(assessment, {FIELD: "4"}, PhoneSays(0, {FIELD: first}), D154)
    save_from_phone(assessment, {FIELD: "3"}, PhoneSays(0, {FIELD: then}), D154 + SECOND)
    assert expire_drafts(assessment.grace_until) == 1
    assert session.scalars(select(Task.note).filter_by(kind=kind)).all() == [FIELD]
    assert [each.value for each in other_answers(assessment.id)[FIELD]] == ["4" if first else "3"]


def test_the_answer_that_worries_is_the_one_that_is_read(session: Session) -> None:
    first = visit(participant(given=False), "d0")
    answers = answers_to(first)
    answers["hscl25"]["ending_life"] = 1
    submit(first, answers, first.opens_at, language="nb")
    keep_second(first, {"hscl25.ending_life": "3"}, None, None, first.opens_at + SECOND)
    task = session.scalars(select(Task).filter_by(kind=TaskKind.SAFETY)).one()
    (shown,) = read_task(task, BY, "at once", LATER).answers
    assert len(shown.others) == 1
    assert shown.others[0].answer != shown.answer
