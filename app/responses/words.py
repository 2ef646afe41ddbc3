"""What a patient wrote, or answered, where a person must look: only the fields that a task names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.core.database import db
from app.instruments import Instrument, Item
from app.participants.models import Task, TaskKind
from app.responses.corrections import current_values
from app.responses.fields import CODE, of_field
from app.responses.models import Answer, Response
from app.responses.other_answers import OtherAnswer
from app.responses.questionnaire import answered, worded
from app.responses.second_answers import other_answers
from app.responses.two_phones import at_milliseconds
from app.responses.wordings import newest
from app.schedule.models import Assessment


@dataclass(frozen=True)
class SaidElsewhere:
    """An answer that does not count, or that she left the question empty; when she gave it, or, where the phone cannot
    tell, when it came."""

    answer: str
    at: datetime


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


def said(task: Task) -> list[Said]:
    """The answers that `task` is about, in the order of the page; none while they are not sent."""
    query = select(Response).join(Response.assessment).where(Assessment.participant_id == task.participant_id)
    response = db.session.scalar(query.where(Assessment.visit == task.visit))
    if response is None:
        return []
    others = other_answers(response.assessment_id) if task.kind is TaskKind.TWO_ANSWERS else {}
    return list(_answers(response, set((task.note or "").split(", ")), others))


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
    elsewhere = tuple(
        SaidElsewhere(in_words(item, options, each.value or None), at_milliseconds(each.given or each.came))
        for each in others
    )
    return Said(words.title, words.item(item.code).text, in_words(item, options, answer.value), corrected, elsewhere)


def in_words(item: Item, options: Mapping[int, str], value: str | None) -> str:
    """A value as it was read on the page; a dash where nothing was answered."""
    if value is None:
        return "–"
    return options.get(int(value), value) if item.options and CODE.fullmatch(value) else value
