"""Hopkins Symptom Checklist-25: mean of the items, anxiety (1-10) and depression (11-25); a case from 1.75.

No rule for missing items is published; ours is that four fifths of a scale must be answered.
"""

from dataclasses import replace
from decimal import Decimal

from app.instruments.scoring.result import Answers, Result, ScoringSettings, mean_of_answered

VERSION = "1"
ANXIETY = (
    "frightened", "fearful", "faint", "nervous", "heart", "trembling", "tense", "headache", "panic", "restless",
)  # fmt: skip
DEPRESSION = (
    "low_energy", "self_blame", "crying", "sexual_interest", "appetite", "sleep", "hopeless", "sad", "lonely",
    "ending_life", "trapped", "worry", "no_interest", "effort", "worthless",
)  # fmt: skip
CUT_OFF = Decimal("1.75")
MINIMUM = 20


def score(answers: Answers, settings: ScoringSettings) -> tuple[Result, ...]:
    at_least = MINIMUM if settings.minimum_answered is None else settings.minimum_answered
    return (
        with_case(mean_of_answered("hscl25", answers, (*ANXIETY, *DEPRESSION), at_least), CUT_OFF),
        mean_of_answered("hscl25_anxiety", answers, ANXIETY, at_least=8),
        mean_of_answered("hscl25_depression", answers, DEPRESSION, at_least=12),
    )


def with_case(result: Result, cut_off: Decimal) -> Result:
    """The result, called a case from the cut-off on."""
    if result.value is None:
        return result
    return replace(result, category="case" if result.value >= cut_off else "not_case")
