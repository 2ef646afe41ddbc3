"""A visit's answers as they were asked and as they hold, with what became of each value since it was submitted."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.core.database import db
from app.instruments import Item, Wording
from app.responses.corrections import current_values
from app.responses.models import Answer, Correction, Response
from app.responses.questionnaire import answered, worded
from app.responses.wordings import as_asked, newest
from app.responses.words import in_words


@dataclass(frozen=True)
class AnswerRead:
    """A question and its answer, in words and as it is kept; what holds now, and every query about it."""

    item: str
    question: str
    answer: str
    value: str | None
    current: str
    current_value: str | None
    history: tuple[Correction, ...]

    @property
    def is_corrected(self) -> bool:
        return self.value != self.current_value


@dataclass(frozen=True)
class InstrumentRead:
    """A questionnaire of the visit: which version, in which words, and whether these are the words that were shown."""

    code: str
    title: str
    version: str
    wording_version: str
    demonstration: bool
    as_asked: bool
    answers: tuple[AnswerRead, ...]


def read_visit(response: Response) -> list[InstrumentRead]:
    """The response, instrument by instrument, in the order of the page and in the language of the answers."""
    rows = select(Answer).filter_by(response_id=response.id).order_by(Answer.position, Answer.id)
    answers: defaultdict[str, list[Answer]] = defaultdict(list)
    for row in db.session.scalars(rows):
        answers[row.instrument].append(row)
    current, history = current_values(response), _history(response)
    return [_instrument(response, code, of_one, current, history) for code, of_one in answers.items()]


def _instrument(
    response: Response,
    code: str,
    answers: Sequence[Answer],
    current: dict[tuple[str, str], str | None],
    history: dict[tuple[str, str], list[Correction]],
) -> InstrumentRead:
    seen, language, last = response.instruments.get(code, {}), response.language, db.session.scalar(select(newest()))
    questionnaire = answered(response, code)
    words = as_asked(questionnaire, language, str(seen.get("wording_sha256")), last)
    shown = words or worded(response.assessment, questionnaire, last).wording(language)
    return InstrumentRead(
        code=code,
        title=shown.title,
        version=str(seen.get("version", "")),
        wording_version=str(seen.get("wording_version", "")),
        demonstration=bool(seen.get("demonstration")),
        as_asked=words is not None,
        answers=tuple(
            _answer(row, questionnaire.item(row.item), shown, current[code, row.item], history[code, row.item])
            for row in answers
        ),
    )


def _answer(row: Answer, item: Item, words: Wording, now_held: str | None, history: list[Correction]) -> AnswerRead:
    text = words.item(row.item)
    return AnswerRead(
        item=row.item,
        question=text.text,
        answer=in_words(item, text.options, row.value),
        value=row.value,
        current=in_words(item, text.options, now_held),
        current_value=now_held,
        history=tuple(history),
    )


def _history(response: Response) -> dict[tuple[str, str], list[Correction]]:
    query = select(Correction).filter_by(response_id=response.id).where(Correction.item.is_not(None))
    people = (joinedload(Correction.asked_by), joinedload(Correction.decided_by))
    history: defaultdict[tuple[str, str], list[Correction]] = defaultdict(list)
    for correction in db.session.scalars(query.options(*people).order_by(Correction.asked_at, Correction.id)):
        history[correction.instrument or "", correction.item or ""].append(correction)
    return history
