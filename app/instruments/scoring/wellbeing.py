"""Symptom-specific well-being: the code chosen, 1 worst to 5 best."""

from app.instruments.scoring.result import Answers, Result, ScoringSettings, complete_sum

VERSION = "1"


def score(answers: Answers, settings: ScoringSettings) -> tuple[Result, ...]:
    return (complete_sum("wellbeing", answers, ("wellbeing",)),)
