"""`score`: answers in, scores with their provenance out."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from app.instruments.answering import check_answers
from app.instruments.library import instrument
from app.instruments.model import Instrument
from app.instruments.numerals import all_canonical
from app.instruments.problems import BadAnswers
from app.instruments.scoring import (
    eq5d5l,
    fabq,
    gpe,
    hours_lbp,
    hscl10,
    hscl25,
    nrs_lbp,
    nrs_lbp_week,
    nrs_leg,
    odi,
    rand36,
    rmdq,
    satisfaction,
    shc,
    sick_leave,
    startback,
    wellbeing,
    wpai_shp,
)
from app.instruments.scoring.result import Answers, Result, ScoringSettings, Unscored
from app.instruments.value_set import ValueSet
from app.instruments.value_set_files import chosen


class Scorer(Protocol):
    """What a scoring module offers."""

    VERSION: str

    def score(self, answers: Answers, settings: ScoringSettings, /) -> tuple[Result, ...]: ...


SCORERS: Mapping[str, Scorer] = {
    "eq5d5l": eq5d5l,
    "fabq": fabq,
    "gpe": gpe,
    "hours_lbp": hours_lbp,
    "hscl10": hscl10,
    "hscl25": hscl25,
    "nrs_lbp": nrs_lbp,
    "nrs_lbp_week": nrs_lbp_week,
    "nrs_leg": nrs_leg,
    "odi": odi,
    "rand36": rand36,
    "rmdq": rmdq,
    "satisfaction": satisfaction,
    "shc": shc,
    "sick_leave": sick_leave,
    "startback": startback,
    "wellbeing": wellbeing,
    "wpai_shp": wpai_shp,
}
CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
MINIMUM_MAY_BE_CHOSEN = ("odi", "hscl10", "hscl25")


@dataclass(frozen=True, slots=True)
class ComputedScore:
    """One score of one instrument. `value` is None for the `reason` given; `category` names a band, group or case."""

    instrument: str
    name: str
    value: Decimal | None
    value_set: str | None
    unit: str | None
    n_answered: int
    reason: Unscored | None
    rule: str
    category: str | None
    instrument_version: str
    scorer_version: str
    input_sha256: str


def score(
    code: str,
    answers: Mapping[str, object],
    value_sets: Iterable[str | ValueSet] | None = None,
    *,
    minimum_answered: int | None = None,
    on: date | None = None,
) -> tuple[ComputedScore, ...]:
    """The scores of one instrument, the principal one first; none for an instrument that has no scores.

    `value_sets` are for EQ-5D-5L (default Norway), one `index` each; other instruments take no notice of them.
    `minimum_answered` replaces the least number of answered items of ODI and HSCL; `on` is the day of answering.
    Raises `BadAnswers` with every problem, `UnknownInstrument`, `UnknownValueSet`.
    """
    questionnaire = instrument(code)
    checked = check_answers(code, answers, on)
    if checked.problems:
        raise BadAnswers(code, checked.problems)
    settings = ScoringSettings(chosen(value_sets), _minimum(questionnaire, minimum_answered))
    return score_checked(questionnaire, checked.scorable, settings)


def score_checked(
    questionnaire: Instrument, answers: Answers, settings: ScoringSettings | None = None
) -> tuple[ComputedScore, ...]:
    """`score` for what `check_answers` found without a problem: its `scorable` answers."""
    code = questionnaire.code
    if code not in SCORERS:
        return ()
    scorer, digest = SCORERS[code], input_hash(code, answers)
    results = scorer.score(answers, settings or ScoringSettings(chosen(None)))
    return tuple(_with_provenance(questionnaire, result, scorer.VERSION, digest) for result in results)


def input_hash(code: str, answers: Answers) -> str:
    """SHA-256 of the canonical JSON of what was scored."""
    given = all_canonical(answers)
    return hashlib.sha256(CANONICAL.encode({"instrument": code, "answers": given}).encode()).hexdigest()


def _minimum(questionnaire: Instrument, minimum: int | None) -> int | None:
    if minimum is None:
        return None
    if questionnaire.code not in MINIMUM_MAY_BE_CHOSEN:
        raise ValueError(f"minimum_answered can be chosen for {', '.join(MINIMUM_MAY_BE_CHOSEN)} only.")
    if not 1 <= minimum <= len(questionnaire.items):
        raise ValueError(f"minimum_answered of {questionnaire.code} lies between 1 and {len(questionnaire.items)}.")
    return minimum


def _with_provenance(questionnaire: Instrument, result: Result, version: str, digest: str) -> ComputedScore:
    definition = next(each for each in questionnaire.scores if each.name == result.name)
    return ComputedScore(
        instrument=questionnaire.code,
        name=result.name,
        value=result.value,
        value_set=result.value_set,
        unit=definition.unit,
        n_answered=result.n_answered,
        reason=result.reason,
        rule=result.rule,
        category=result.category,
        instrument_version=questionnaire.version,
        scorer_version=version,
        input_sha256=digest,
    )
