"""Roland-Morris Disability Questionnaire: the number of statements ticked (Roland and Morris 1983).

A statement that is not ticked does not apply. Nothing ticked counts as zero only where the patient says so: by "none
of these apply", or by a form on which every statement was explicitly left unticked.
"""

from app.instruments.results import Answers, Result, ScoringSettings, absent, numbers, rounded, total

VERSION = "1"
STATEMENTS = tuple(f"rmdq{number:02d}" for number in range(1, 25))
RULE = "number of statements ticked; a tick, 'none of these apply' or all 24 answered needed"


def score(answers: Answers, settings: ScoringSettings) -> tuple[Result, ...]:
    given = numbers(answers, STATEMENTS)
    ticked = total(given)
    if ticked or answers.get("none") == 1 or len(given) == len(STATEMENTS):
        return (Result("rmdq", rounded(ticked), len(STATEMENTS), RULE),)
    return (absent("rmdq", len(given), RULE),)
