"""What a patient wrote, or answered, where a person must look: only the fields that a task names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.core.database import db
from app.instruments import Instrument, Item
from app.participants.models import Task, TaskKind
from app.responses.corrections import current_values
from app.responses.fields import CHOSEN_CODE, of_field
from app.responses.models import Answer, Response
from app.responses.other_answers import OtherAnswer
from app.responses.questionnaire import answered, worded
from app.responses.questionnaire import questionnaire as questionnaire_of
from app.responses.second_answers import other_answers
from app.responses.two_phones import at_milliseconds
from app.responses.wordings import newest
from app.schedule.models import Assessment

GIVEN_OTHERWISE = (TaskKind.TWO_ANSWERS, TaskKind.TO_JUDGE, TaskKind.SAFETY)
"""Tasks of which what worries, or is to be judged, may be an answer that does not count."""


@dataclass(frozen=True)
class SaidElsewhere:
    """An answer that does not count, or that she left the question empty; when she gave it, or, where the phone cannot
    tell, when it came; and when it came."""

    answer: str
    at: datetime
    came: datetime


@dataclass(frozen=True)
class Said:
    """A question, what she answered, in the language in which she was asked, and what a correction made of it."""

    questionnaire: str
    question: str
    answer: str
    corrected: str | None = None
    """Nothing where the answer holds as it came."""
    others: tuple[SaidElsewhere, ...] = ()
    """What she answered otherwise, where the task is about that."""


def visit_of(task: Task) -> Assessment | None:
    """The visit that `task` is about, if it is about one."""
    query = select(Assessment).filter_by(participant_id=task.participant_id, visit=task.visit)
    return db.session.scalar(query) if task.visit else None


def said(task: Task) -> list[Said]:
    """The answers that `task` is about, in the order of the page; of drafts, which are not sent, nothing."""
    assessment = visit_of(task)
    if assessment is None:
        return []
    response = db.session.scalar(select(Response).filter_by(assessment_id=assessment.id))
    fields = set((task.note or "").split(", "))
    others = other_answers(assessment.id) if task.kind in GIVEN_OTHERWISE else {}
    if response is None:
        return list(_not_received(assessment, fields & set(others), others))
    return list(_answers(response, fields, others))


def _not_received(assessment: Assessment, fields: set[str], others: Mapping[str, list[OtherAnswer]]) -> Iterator[Said]:
    """What came when no answers were taken, in the language in which she would be asked."""
    language = assessment.protocol.plan.language_for(None, assessment.participant.language)
    for questionnaire in questionnaire_of(assessment, db.session.scalar(select(newest()))) if fields else ():
        words = questionnaire.wording(language)
        for item in questionnaire.items:
            name = of_field(questionnaire.code, item.code)
            if name in fields:
                given = _elsewhere(item, words.item(item.code).options, others[name])
                yield Said(words.title, words.item(item.code).text, in_words(item, {}, None), None, given)


def _answers(response: Response, fields: set[str], others: Mapping[str, list[OtherAnswer]]) -> Iterator[Said]:
    last, current = db.session.scalar(select(newest())), current_values(response)
    answers = select(Answer).filter_by(response_id=response.id).order_by(Answer.position, Answer.id)
    for answer in db.session.scalars(answers):
        now_held = current[answer.instrument, answer.item]
        name = of_field(answer.instrument, answer.item)
        given = others.get(name, [])
        if name in fields and (given or answer.value is not None or now_held is not None):
            questionnaire = worded(response.assessment, answered(response, answer.instrument), last)
            yield _said(questionnaire, answer, now_held, response.language, given)


def _said(
    questionnaire: Instrument, answer: Answer, now_held: str | None, language: str, others: list[OtherAnswer]
) -> Said:
    words, item = questionnaire.wording(language), questionnaire.item(answer.item)
    options = words.item(item.code).options
    corrected = None if now_held == answer.value else in_words(item, options, now_held)
    elsewhere = _elsewhere(item, options, others)
    return Said(words.title, words.item(item.code).text, in_words(item, options, answer.value), corrected, elsewhere)


def _elsewhere(item: Item, options: Mapping[int, str], others: list[OtherAnswer]) -> tuple[SaidElsewhere, ...]:
    said_in_words = ((in_words(item, options, each.value or None), each) for each in others)
    return tuple(
        SaidElsewhere(words, at_milliseconds(each.given or each.came), at_milliseconds(each.came))
        for words, each in said_in_words
    )


def in_words(item: Item, options: Mapping[int, str], value: str | None) -> str:
    """A value as it was read on the page; a dash where nothing was answered."""
    if value is None:
        return "–"
    return options.get(int(value), value) if item.options and CHOSEN_CODE.fullmatch(value) else value
