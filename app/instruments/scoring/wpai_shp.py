"""Work Productivity and Activity Impairment, specific problem: four percentages (Reilly 1993).

With the hours missed for the problem Q2, the hours worked Q4, productivity Q5 and activity Q6: absenteeism
Q2/(Q2+Q4), presenteeism Q5/10, overall Q2/(Q2+Q4) + (1 - Q2/(Q2+Q4)) x Q5/10, activity Q6/10. Whoever is not employed
has activity only; whoever worked no hours has no presenteeism. Whoever missed them all for the problem has an overall
score of 100, whatever Q5, which was not asked: its share of the formula is nothing. With no hours at all there is none.
"""

from fractions import Fraction

from app.instruments.results import Answers, Result, ScoringSettings, Unscored, absent, numbers, rounded

VERSION = "2"
WORK = {
    "wpai_absenteeism": ("100 x Q2 / (Q2 + Q4)", ("hours_missed_problem", "hours_worked")),
    "wpai_presenteeism": ("100 x Q5 / 10", ("productivity",)),
    "wpai_overall": (
        "100 x (Q2 / (Q2 + Q4) + (1 - Q2 / (Q2 + Q4)) x Q5 / 10)",
        ("hours_missed_problem", "hours_worked", "productivity"),
    ),
}


def score(answers: Answers, settings: ScoringSettings) -> tuple[Result, ...]:
    activity = _result("wpai_activity", answers, "100 x Q6 / 10", ("activity",))
    return (*(_work(name, answers) for name in WORK), activity)


def _work(name: str, answers: Answers) -> Result:
    rule, items = WORK[name]
    result = _result(name, answers, rule, items)
    if answers.get("employed") == 0:
        return Result(name, None, result.n_answered, rule, Unscored.NOT_EMPLOYED)
    if name == "wpai_overall" and _missed_all(answers):
        return Result(name, rounded(Fraction(100)), result.n_answered, rule)
    if answers.get("hours_worked") == 0 and result.value is None and _undefined(name, answers):
        return Result(name, None, result.n_answered, rule, Unscored.NO_HOURS)
    return result


def _missed_all(answers: Answers) -> bool:
    """No hours worked, and some missed for the problem."""
    missed = numbers(answers, ("hours_missed_problem",))
    return answers.get("hours_worked") == 0 and bool(missed) and missed[0] > 0


def _undefined(name: str, answers: Answers) -> bool:
    """With no hours worked, presenteeism is undefined; the others too if none were missed."""
    return name != "wpai_absenteeism" or answers.get("hours_missed_problem") == 0


def _result(name: str, answers: Answers, rule: str, items: tuple[str, ...]) -> Result:
    given = numbers(answers, items)
    value = _share(given) if len(given) == len(items) else None
    if value is None:
        return absent(name, len(given), rule)
    return Result(name, rounded(100 * value), len(given), rule)


def _share(given: list[Fraction]) -> Fraction | None:
    if len(given) == 1:
        return given[0] / 10
    missed, worked = given[:2]
    if missed + worked == 0:
        return None
    missed_share = missed / (missed + worked)
    return missed_share if len(given) == 2 else missed_share + (1 - missed_share) * given[2] / 10
