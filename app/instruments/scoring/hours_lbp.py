"""Hours with low back pain in the last four weeks, as given."""

from app.instruments.scoring.result import Answers, Result, ScoringSettings, complete_sum

VERSION = "1"


def score(answers: Answers, settings: ScoringSettings) -> tuple[Result, ...]:
    return (complete_sum("hours_lbp", answers, ("hours",)),)
