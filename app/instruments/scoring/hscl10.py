"""Hopkins Symptom Checklist-10: mean of the items, a case from 1.85 (Strand 2003); at least 8 of 10, our rule."""

from decimal import Decimal

from app.instruments.scoring.hscl25 import with_case
from app.instruments.scoring.result import Answers, Result, ScoringSettings, mean_of_answered

VERSION = "1"
ITEMS = (
    "frightened", "fearful", "faint", "tense", "self_blame", "sleep", "sad", "worthless", "effort", "hopeless",
)  # fmt: skip
CUT_OFF = Decimal("1.85")
MINIMUM = 8


def score(answers: Answers, settings: ScoringSettings) -> tuple[Result, ...]:
    at_least = MINIMUM if settings.minimum_answered is None else settings.minimum_answered
    return (with_case(mean_of_answered("hscl10", answers, ITEMS, at_least), CUT_OFF),)
