"""What was answered to each question: how often, how often not, its ends, and what is out of range (pure)."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from app.exports.quality.remarks import Remark, RemarkKind, Remarks
from app.instruments import Instrument, check_answers
from app.instruments.model import ItemType
from app.instruments.numerals import is_number
from app.responses.checking import NotAnswered

WRITTEN_AS_TEXT = (ItemType.TEXT, ItemType.DATE, ItemType.TIME)
MOST_JUDGED = 100_000
"""Of so many different answers it is remembered whether they are taken."""
Version = tuple[str, str]
"""A questionnaire and its version."""
ItemKey = tuple[str, str, str]
"""A questionnaire, its version, and a question of it."""


class AnswerLine(NamedTuple):
    """One answer as it stands in the table, with the local day on which it was given."""

    participant: str
    visit: str
    instrument: str
    version: str
    item: str
    value: str | None
    missing_reason: str | None
    answered_on: date | None


class ItemCount(StrEnum):
    """What is counted of a question."""

    ANSWERED = "answered"
    LEFT_OUT = "left_out"
    NOT_ASKED = "not_asked"
    OUT_OF_RANGE = "out_of_range"


@dataclass(frozen=True)
class AnswerReview:
    """Of each question the counts and its lowest and highest number; the answers that would not be taken today."""

    items: dict[ItemKey, Counter[ItemCount]] = field(default_factory=dict)
    ends: dict[ItemKey, tuple[Decimal, Decimal]] = field(default_factory=dict)
    remarks: Remarks = field(default_factory=Remarks)


def review_answers(
    lines: Iterable[AnswerLine], instruments: Iterable[Instrument], review: AnswerReview
) -> Iterator[AnswerLine]:
    """Look at every answer once, as it goes by; but for `review` nothing grows with them."""
    questionnaires: Mapping[Version, Instrument] = {(each.code, each.version): each for each in instruments}
    taken: dict[tuple[ItemKey, str, date | None], bool] = {}
    for line in lines:
        yield line
        key = (line.instrument, line.version, line.item)
        counts = review.items.setdefault(key, Counter())
        if line.value is None:
            is_asked = line.missing_reason != NotAnswered.NOT_APPLICABLE
            counts[ItemCount.LEFT_OUT if is_asked else ItemCount.NOT_ASKED] += 1
            continue
        counts[ItemCount.ANSWERED] += 1
        questionnaire = questionnaires.get((line.instrument, line.version))
        if questionnaire is None or line.item not in questionnaire.by_code:
            continue
        on = line.answered_on if questionnaire.item(line.item).type is ItemType.DATE else None
        if len(taken) > MOST_JUDGED:
            taken.clear()
        if (key, line.value, on) not in taken:
            _widen(review.ends, key, read(questionnaire, line.item, line.value))
            taken[key, line.value, on] = is_taken(questionnaire, line.item, line.value, on)
        if not taken[key, line.value, on]:
            counts[ItemCount.OUT_OF_RANGE] += 1
            where = (line.participant, line.visit, line.instrument)
            review.remarks.append(Remark(RemarkKind.OUT_OF_RANGE, *where, line.item))


def is_taken(questionnaire: Instrument, item: str, value: str, on: date | None) -> bool:
    """Whether the questionnaire takes this answer, by its own rule."""
    return not check_answers(questionnaire, {item: read(questionnaire, item, value)}, on).problems


def read(questionnaire: Instrument, item: str, value: str) -> object:
    """A kept answer as it is checked: a number where the question is answered with one."""
    if questionnaire.item(item).type in WRITTEN_AS_TEXT:
        return value
    try:
        number = json.loads(value, parse_float=Decimal)
    except ValueError:
        return value
    return number if is_number(number) else value


def _widen(ends: dict[ItemKey, tuple[Decimal, Decimal]], key: ItemKey, number: object) -> None:
    if is_number(number):
        lowest, highest = ends.get(key, (Decimal(number), Decimal(number)))
        ends[key] = min(lowest, Decimal(number)), max(highest, Decimal(number))
