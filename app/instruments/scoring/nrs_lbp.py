"""Low back pain: the mean of three numeric rating scales (Gjefsen 2020); the weekly form is scored alike.

The trial's rule for a missing scale is not published; all three are needed.
"""

from app.instruments.scoring.result import Answers, Result, ScoringSettings, mean_of_answered

VERSION = "1"
SCALES = ("now", "worst", "usual")


def score(answers: Answers, settings: ScoringSettings) -> tuple[Result, ...]:
    return (mean_of_answered("nrs_lbp", answers, SCALES, at_least=3),)
