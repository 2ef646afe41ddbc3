"""Check a whole visit's answers, instrument by instrument, and write them canonically (pure)."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from app.instruments import AnswerProblem, Checked, Instrument, check_answers
from app.instruments.answering import is_asked
from app.instruments.model import ItemType
from app.instruments.numerals import all_canonical
from app.instruments.problems import Fault

CANONICAL_VISIT = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))

VisitAnswers = Mapping[str, Mapping[str, object]]
"""Answers by instrument and item, as a channel understood them."""


class NotAnswered(StrEnum):
    """Why an item of a response has no value; the last three are said when it is read: of rows that do not tell, of a
    response that does not count, and of an answer that was corrected to none."""

    SKIPPED = "skipped"
    NOT_APPLICABLE = "not_applicable"
    NOT_RECORDED = "not_recorded"
    VOIDED = "voided"
    CORRECTED = "corrected"


class NewAnswer(NamedTuple):
    """An answer as its row is written."""

    instrument: str
    item: str
    position: int
    value: str | None
    missing_reason: NotAnswered | None


@dataclass(frozen=True)
class CheckedVisit:
    """The checked answers of every instrument of a visit, in its order."""

    visit: str
    questionnaires: tuple[Instrument, ...]
    instruments: Mapping[str, Checked]
    unknown: tuple[str, ...]
    unreadable: tuple[tuple[str, AnswerProblem], ...] = ()
    """What a channel could not read, beside the answers that it could."""

    @property
    def problems(self) -> tuple[tuple[str, AnswerProblem], ...]:
        message = "is not asked at this visit"
        unknown = [(code, AnswerProblem(code, Fault.UNKNOWN_ITEM, message)) for code in self.unknown]
        wrong = [(code, problem) for code, checked in self.instruments.items() for problem in checked.problems]
        return (*self.unreadable, *unknown, *wrong)

    @property
    def missing(self) -> tuple[tuple[str, str], ...]:
        """Required items that were asked and left empty."""
        return tuple((code, item) for code, checked in self.instruments.items() for item in checked.missing)

    @property
    def said(self) -> dict[str, Mapping[str, object]]:
        """All that she answered, also what an answer before it says is not asked: a person sees to it all the same."""
        return {code: checked.answers for code, checked in self.instruments.items()}

    @property
    def empty(self) -> bool:
        return all(value is None for checked in self.instruments.values() for value in checked.answers.values())

    @cached_property
    def canonical(self) -> str:
        """The same answers are the same text: keys sorted, no spaces, decimals without trailing zeros."""
        given = {code: all_canonical(checked.answers) for code, checked in self.instruments.items()}
        return CANONICAL_VISIT.encode({"visit": self.visit, "answers": given})

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.canonical.encode()).hexdigest()

    def rows(self) -> list[NewAnswer]:
        """One row per item, in the order of the page: its value, or why there is none."""
        rows: list[NewAnswer] = []
        for questionnaire in self.questionnaires:
            code, checked = questionnaire.code, self.instruments[questionnaire.code]
            for item, value in all_canonical(checked.answers).items():
                reason = _missing_reason(questionnaire, item, checked) if value is None else None
                written = None if value is None else str(value)
                rows.append(NewAnswer(code, item, len(rows) + 1, written, reason))
        return rows


def check_visit(visit: str, questionnaires: Iterable[Instrument], answers: VisitAnswers, on: date) -> CheckedVisit:
    """Check `answers` of the day `on` to these questionnaires; whatever is wrong is listed in the result."""
    listed = tuple(questionnaires)
    checked = {each.code: check_answers(each, answers.get(each.code, {}), on) for each in listed}
    return CheckedVisit(visit, listed, checked, tuple(sorted(set(answers) - set(checked))))


def wrong_dates(
    questionnaires: Iterable[Instrument], answers: VisitAnswers, on: date
) -> tuple[tuple[str, AnswerProblem], ...]:
    """What is wrong with the dates among `answers`; a number may still be half typed, so it is not looked at."""
    problems: list[tuple[str, AnswerProblem]] = []
    for each in questionnaires:
        given = answers.get(each.code, {})
        if dates := {item.code: given.get(item.code) for item in each.items if item.type is ItemType.DATE}:
            problems += [(each.code, problem) for problem in check_answers(each, dates, on).problems]
    return tuple(problems)


def _missing_reason(questionnaire: Instrument, item: str, checked: Checked) -> NotAnswered:
    was_asked = is_asked(questionnaire, questionnaire.item(item), checked.answers)
    return NotAnswered.SKIPPED if was_asked else NotAnswered.NOT_APPLICABLE
