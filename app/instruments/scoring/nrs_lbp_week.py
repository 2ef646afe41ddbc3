"""Low back pain of the last week: the mean of three scales, as in `nrs_lbp`."""

from app.instruments.scoring.nrs_lbp import SCALES
from app.instruments.scoring.result import Answers, Result, ScoringSettings, mean_of_answered

VERSION = "1"


def score(answers: Answers, settings: ScoringSettings) -> tuple[Result, ...]:
    return (mean_of_answered("nrs_lbp_week", answers, SCALES, at_least=3),)
