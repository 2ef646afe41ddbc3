"""Days of sick leave in the last four weeks; whoever is not in paid work has none to be counted."""

from app.instruments.scoring.result import Answers, Result, ScoringSettings, Unscored, complete_sum

VERSION = "1"


def score(answers: Answers, settings: ScoringSettings) -> tuple[Result, ...]:
    if answers.get("employed") == 0:
        return (Result("sick_leave", None, 1, "the answer itself", Unscored.NOT_EMPLOYED),)
    return (complete_sum("sick_leave", answers, ("days",)),)
