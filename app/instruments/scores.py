"""`score`: answers in, scores with their provenance out."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.instruments.answering import check_answers
from app.instruments.library import instrument
from app.instruments.model import Instrument
from app.instruments.numerals import all_canonical
from app.instruments.problems import BadAnswers
from app.instruments.results import Answers, Compute, Result, ScoringSettings, Unscored
from app.instruments.scoring.scorers import scorer
from app.instruments.value_set import ValueSet
from app.instruments.value_set_files import chosen

CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


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
    of: Instrument | str,
    answers: Mapping[str, object],
    value_sets: Iterable[str | ValueSet] | None = None,
    *,
    minimum_answered: int | None = None,
    on: date | None = None,
) -> tuple[ComputedScore, ...]:
    """The scores of one instrument, or of the shipped one of a code, the principal one first; none where it has none.

    `value_sets` are for EQ-5D-5L (default Norway), one `index` each; other instruments take no notice of them.
    `minimum_answered` replaces the least number of answered items where the definition lets it be chosen; `on` is the
    day of answering.
    Raises `BadAnswers` with every problem, `UnknownInstrument`, `UnknownValueSet`.
    """
    questionnaire = instrument(of) if isinstance(of, str) else of
    checked = check_answers(questionnaire, answers, on)
    if checked.problems:
        raise BadAnswers(questionnaire.code, checked.problems)
    settings = ScoringSettings(chosen(value_sets), _minimum(questionnaire, minimum_answered))
    return score_checked(questionnaire, checked.scorable, settings)


def score_checked(
    questionnaire: Instrument, answers: Answers, settings: ScoringSettings | None = None
) -> tuple[ComputedScore, ...]:
    """`score` for what `check_answers` found without a problem: its `scorable` answers."""
    if not questionnaire.scores:
        return ()
    compute, version = _computing(questionnaire)
    digest = input_hash(questionnaire.code, answers)
    results = compute(answers, settings or ScoringSettings(chosen(None)))
    return tuple(_with_provenance(questionnaire, result, version, digest) for result in results)


def _computing(questionnaire: Instrument) -> tuple[Compute, str]:
    """What computes the scores, and its version."""
    if questionnaire.compute is not None:
        return questionnaire.compute, questionnaire.scoring_version
    module = scorer(questionnaire.scorer or "")
    return module.score, module.VERSION


def input_hash(code: str, answers: Answers) -> str:
    """SHA-256 of the canonical JSON of what was scored."""
    given = all_canonical(answers)
    return hashlib.sha256(CANONICAL.encode({"instrument": code, "answers": given}).encode()).hexdigest()


def _minimum(questionnaire: Instrument, minimum: int | None) -> int | None:
    if minimum is None:
        return None
    if not questionnaire.minimum_may_be_chosen:
        raise ValueError(f"The scoring of {questionnaire.code} is fixed: minimum_answered cannot be chosen.")
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
