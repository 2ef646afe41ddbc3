"""Leg pain of the last week: the scale itself."""

from app.instruments.scoring.result import Answers, Result, ScoringSettings, complete_sum

VERSION = "1"


def score(answers: Answers, settings: ScoringSettings) -> tuple[Result, ...]:
    return (complete_sum("nrs_leg", answers, ("leg",)),)
