"""Fear-Avoidance Beliefs Questionnaire: physical activity (items 2-5) and work (6, 7, 9-12, 15); Waddell 1993.

No rule for missing items is published; a subscale needs all of its items.
"""

from app.instruments.scoring.result import Answers, Result, ScoringSettings, complete_sum

VERSION = "1"
PHYSICAL_ACTIVITY = tuple(f"fabq{number:02d}" for number in (2, 3, 4, 5))
WORK = tuple(f"fabq{number:02d}" for number in (6, 7, 9, 10, 11, 12, 15))


def score(answers: Answers, settings: ScoringSettings) -> tuple[Result, ...]:
    return (
        complete_sum("fabq_pa", answers, PHYSICAL_ACTIVITY),
        complete_sum("fabq_work", answers, WORK),
    )
