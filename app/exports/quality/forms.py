"""Questionnaires that were answered oddly: one answer throughout, as the time before, or as somebody else (pure)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from hashlib import blake2b
from itertools import groupby

from app.exports.quality.answers import AnswerLine, Version
from app.exports.quality.remarks import Remark, RemarkKind, Remarks
from app.instruments import Instrument, Item
from app.instruments.model import SCALES, ItemType

FEWEST, FEWEST_OF_TWO_PEOPLE = 5, 8
"""So many questions say something: of one answer throughout or the same as before; and of the same as somebody else."""


class FormCount(StrEnum):
    """What is counted of a questionnaire: forms with an answer, those long enough to tell, and odd ones."""

    ANSWERED = "answered"
    COMPARABLE = "comparable"
    SAME_THROUGHOUT = "same_throughout"
    AS_BEFORE = "as_before"
    AS_SOMEBODY_ELSE = "as_somebody_else"


@dataclass(frozen=True)
class FormReview:
    """The counts of each questionnaire, and the forms to look at."""

    forms: dict[Version, Counter[FormCount]] = field(default_factory=dict)
    remarks: Remarks = field(default_factory=Remarks)


def review_forms(lines: Iterable[AnswerLine], instruments: Iterable[Instrument]) -> FormReview:
    """Look at every form; the lines come by participant, then by visit in the order of time, then by questionnaire."""
    questionnaires: Mapping[Version, Instrument] = {(each.code, each.version): each for each in instruments}
    review = FormReview()
    firsts: dict[bytes, str] = {}
    for participant, of_participant in groupby(lines, lambda line: line.participant):
        before: dict[str, dict[str, str]] = {}
        for (visit, instrument), of_form in groupby(of_participant, lambda line: (line.visit, line.instrument)):
            form = list(of_form)
            given = {line.item: line.value for line in form if line.value is not None}
            if not given:
                continue
            version = (instrument, form[0].version)
            counts = review.forms.setdefault(version, Counter())
            counts[FormCount.ANSWERED] += 1
            kinds = list(_odd(given, before.get(instrument, {}), questionnaires.get(version), counts))
            before[instrument] = given
            is_telling = len(given) >= FEWEST_OF_TWO_PEOPLE and len(set(given.values())) > 1
            same = _digest(instrument, form[0].answered_on, given)
            other = firsts.setdefault(same, participant) if is_telling else participant
            if other != participant:
                counts[FormCount.AS_SOMEBODY_ELSE] += 1
                kinds.append((RemarkKind.AS_SOMEBODY_ELSE, other))
            for kind, detail in kinds:
                review.remarks.append(Remark(kind, participant, visit, instrument, detail))
    return review


def is_same_throughout(answers: Mapping[str, str], questionnaire: Instrument) -> bool | None:
    """Whether all questions with one set of answers got the same one; nothing where too few share a set."""
    shared: dict[object, list[str]] = {}
    for item in questionnaire.items:
        if item.code in answers and (of := _answers_of(item)) is not None:
            shared.setdefault(of, []).append(answers[item.code])
    long_enough = [values for values in shared.values() if len(values) >= FEWEST]
    return any(len(set(values)) == 1 for values in long_enough) if long_enough else None


def _digest(instrument: str, on: date | None, given: Mapping[str, str]) -> bytes:
    """What is kept of a form to know it again: 16 bytes, however many its questions."""
    return blake2b(repr((instrument, on, sorted(given.items()))).encode(), digest_size=16).digest()


def _odd(
    given: Mapping[str, str], before: Mapping[str, str], questionnaire: Instrument | None, counts: Counter[FormCount]
) -> Iterator[tuple[RemarkKind, str]]:
    same = is_same_throughout(given, questionnaire) if questionnaire else None
    counts[FormCount.COMPARABLE] += same is not None
    if same:
        counts[FormCount.SAME_THROUGHOUT] += 1
        yield RemarkKind.SAME_THROUGHOUT, ""
    if len(given) >= FEWEST and given == before and not same:
        counts[FormCount.AS_BEFORE] += 1
        yield RemarkKind.AS_BEFORE, ""


def _answers_of(item: Item) -> tuple[ItemType, Sequence[int]] | None:
    """The answers that a question shares with others; of a text, a date or an amount none."""
    if item.type in SCALES:
        return item.type, item.ends
    return (item.type, item.codes) if item.type in (ItemType.CHOICE, ItemType.YESNO) else None
