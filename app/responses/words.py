"""What a patient wrote, or answered, where a person must look: only the fields that a task names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from app.core.database import db
from app.instruments import Instrument, Item
from app.participants.models import Task
from app.responses.corrections import current_values
from app.responses.models import Answer, Response
from app.responses.questionnaire import answered, worded
from app.responses.wordings import newest
from app.schedule.models import Assessment


@dataclass(frozen=True)
class Said:
    """A question, what she answered, in the language in which she was asked, and what a correction made of it."""

    questionnaire: str
    question: str
    answer: str
    corrected: str | None = None
    """Nothing where the answer holds as it came."""


def said(task: Task) -> list[Said]:
    """The answers that `task` is about, in the order of the page; none while they are not sent."""
    query = select(Response).join(Response.assessment).where(Assessment.participant_id == task.participant_id)
    response = db.session.scalar(query.where(Assessment.visit == task.visit))
    return [] if response is None else list(_answers(response, set((task.note or "").split(", "))))


def _answers(response: Response, fields: set[str]) -> Iterator[Said]:
    last, current = db.session.scalar(select(newest())), current_values(response)
    answers = select(Answer).filter_by(response_id=response.id).order_by(Answer.position, Answer.id)
    for answer in db.session.scalars(answers):
        now_held = current[answer.instrument, answer.item]
        if f"{answer.instrument}.{answer.item}" in fields and not (answer.value is None and now_held is None):
            questionnaire = worded(response.assessment, answered(response, answer.instrument), last)
            yield _said(questionnaire, answer, now_held, response.language)


def _said(questionnaire: Instrument, answer: Answer, now_held: str | None, language: str) -> Said:
    words, item = questionnaire.wording(language), questionnaire.item(answer.item)
    options = words.item(item.code).options
    corrected = None if now_held == answer.value else in_words(item, options, now_held)
    return Said(words.title, words.item(item.code).text, in_words(item, options, answer.value), corrected)


def in_words(item: Item, options: Mapping[int, str], value: str | None) -> str:
    """A value as it was read on the page; a dash where nothing was answered."""
    if value is None:
        return "–"
    return options.get(int(value), value) if item.options else value
