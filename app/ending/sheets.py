"""An answered visit as a sheet: what was asked, in the words that were shown, with what was answered.

A correction stands beside what it corrects, never in its place.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core.database import db
from app.instruments import Item, Wording
from app.instruments.model import ItemType
from app.instruments.wording import ItemText
from app.responses.models import Response
from app.responses.questionnaire import answered, worded
from app.responses.visit_reading import InstrumentRead, read_visit
from app.responses.wordings import as_asked, newest

NO_ANSWER = "–"


@dataclass(frozen=True)
class SheetItem:
    """A question; of one with options each of them, and whether it was chosen, else the answer in words.

    Items of one group (boxes, a matrix, a ranking) stand under its words. A box that was left empty was answered.
    """

    group: str
    question: str
    help: str
    options: tuple[tuple[str, bool], ...]
    answer: str
    corrected: str | None


@dataclass(frozen=True)
class SheetPart:
    """A questionnaire of the visit."""

    title: str
    instruction: str
    recall: str
    remarks: tuple[str, ...]
    items: tuple[SheetItem, ...]


@dataclass(frozen=True)
class AnsweredSheet:
    """A visit as it was answered."""

    study: str
    participant: str
    visit: str
    language: str
    submitted_at: datetime
    facts: tuple[str, ...]
    parts: tuple[SheetPart, ...]


def sheet(response: Response) -> AnsweredSheet:
    """The sheet of a response; words that nobody has any more are replaced by those of today, and it says so."""
    assessment = response.assessment
    person, plan = assessment.participant, assessment.protocol.plan
    local = response.submitted_at.astimezone(ZoneInfo(person.zone))
    facts = (
        f"{person.study.code} {assessment.protocol.version}, participant {person.code}, site {person.site.code}",
        f"Answered {local:%Y-%m-%d %H:%M} ({person.zone}), {response.submitted_at:%Y-%m-%d %H:%M} UTC; {response.mode}",
        f"SHA-256 of the answers as they came: {response.sha256}",
    )
    parts = tuple(_parts(response, read_visit(response)))
    title = plan.visit_title(assessment.visit)
    return AnsweredSheet(person.study.title, person.code, title, response.language, response.submitted_at, facts, parts)


def _parts(response: Response, read: Sequence[InstrumentRead]) -> Iterator[SheetPart]:
    last = db.session.scalar(select(newest()))
    for each in read:
        questionnaire = answered(response, each.code)
        sha256 = str(response.instruments.get(each.code, {}).get("wording_sha256"))
        words = as_asked(questionnaire, response.language, sha256, last)
        words = words or worded(response.assessment, questionnaire, last).wording(response.language)
        given = {row.item: row.value for row in each.answers}
        items = tuple(
            _item(questionnaire.item(row.item), words, given, None if row.is_corrected is False else row.current)
            for row in each.answers
        )
        yield SheetPart(words.title, words.instruction, words.recall, tuple(_remarks(each)), items)


def _remarks(read: InstrumentRead) -> Iterator[str]:
    yield f"{read.code} {read.version}, words {read.wording_version}"
    if read.demonstration:
        yield "Demonstration wording, not the licence holder's."
    if not read.as_asked:
        yield "The words that were shown are not here any more; these are later ones."


def _item(item: Item, words: Wording, given: Mapping[str, str | None], corrected: str | None) -> SheetItem:
    text, value, group = words.item(item.code), given[item.code], words.groups.get(item.group or "", "")
    help_ = text.help or " – ".join(filter(None, (text.low, *_marks(text), text.high)))
    if item.type is ItemType.TICKS:
        return SheetItem(group, "", help_, ((text.text, value == "1"),), NO_ANSWER if value is None else "", corrected)
    options = tuple((label, str(code) == value) for code, label in text.options.items())
    is_told = any(chosen for _, chosen in options)
    shown = NO_ANSWER if value is None else "" if is_told else " ".join(filter(None, (value, text.unit)))
    return SheetItem(group, _question(text, words, given), help_, options, shown, corrected)


def _marks(text: ItemText) -> Iterator[str]:
    """What stands along a scale, where it has words of its own."""
    yield from (f"{mark}: {said}" for mark, said in text.marks.items() if said != str(mark))


def _question(text: ItemText, words: Wording, given: Mapping[str, str | None]) -> str:
    """With the answers that stood in it."""
    return "".join(said or _earlier(code, words, given) for said, code in text.parts) or text.text


def _earlier(code: str, words: Wording, given: Mapping[str, str | None]) -> str:
    value, shown = given.get(code), words.item(code)
    labels = {str(number): label for number, label in shown.options.items()}
    return labels.get(value) or " ".join(filter(None, (value, shown.unit))) if value else shown.unanswered
