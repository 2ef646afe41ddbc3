"""Satisfaction with treatment: the code chosen, 1 best to 5 worst."""

from app.instruments.scoring.result import Answers, Result, ScoringSettings, complete_sum

VERSION = "1"


def score(answers: Answers, settings: ScoringSettings) -> tuple[Result, ...]:
    return (complete_sum("satisfaction", answers, ("satisfaction",)),)
