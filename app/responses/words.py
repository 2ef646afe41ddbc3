"""What a patient wrote, or answered, where a person must look: only the fields that a task names."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from app.core.database import db
from app.instruments import Instrument, Item, instrument
from app.participants.models import Task
from app.responses.models import Answer, Response
from app.responses.wordings import in_installed_words, newest
from app.schedule.models import Assessment


@dataclass(frozen=True)
class Said:
    """A question and what she answered, in the language in which she was asked."""

    questionnaire: str
    question: str
    answer: str


def said(task: Task) -> list[Said]:
    """The answers that `task` is about, in the order of the page; none while they are not sent."""
    fields = set((task.note or "").split(", "))
    query = (
        select(Answer, Response.language)
        .join(Answer.response)
        .join(Response.assessment)
        .where(Assessment.participant_id == task.participant_id, Assessment.visit == task.visit)
        .where(Answer.value.is_not(None))
        .order_by(Answer.position)
    )
    last = db.session.scalar(select(newest()))
    return [
        _said(in_installed_words(instrument(answer.instrument), last), answer, language)
        for answer, language in db.session.execute(query)
        if f"{answer.instrument}.{answer.item}" in fields
    ]


def _said(questionnaire: Instrument, answer: Answer, language: str) -> Said:
    words = questionnaire.wording(language)
    item = questionnaire.item(answer.item)
    return Said(words.title, words.item(item.code).text, _in_words(item, words.item(item.code).options, answer.value))


def _in_words(item: Item, options: Mapping[int, str], value: str | None) -> str:
    return options.get(int(value or 0), value or "") if item.options else value or ""
