"""STarT Back: total of nine, psychosocial subscore of the last five, and the risk group (Hill 2008, Keele).

"Bothersome" counts when very much or extremely so. High risk from a subscore of 4; otherwise low up to a total of 3,
medium above. No rule for missing items is published; every item is needed.
"""

from decimal import Decimal
from fractions import Fraction

from app.instruments.scoring.result import Answers, Result, ScoringSettings, absent, numbers, rounded, total

VERSION = "1"
PHYSICAL = ("leg_pain", "shoulder_neck_pain", "walking", "dressing")
PSYCHOSOCIAL = ("unsafe", "worry", "terrible", "no_enjoyment", "bothersome")
VERY_MUCH = 3
RULE = "number of items that count; all {} items needed"


def score(answers: Answers, settings: ScoringSettings) -> tuple[Result, ...]:
    counted = {**answers, "bothersome": _bothersome(answers)} if "bothersome" in answers else answers
    total = _count("startback", counted, (*PHYSICAL, *PSYCHOSOCIAL))
    psychosocial = _count("startback_psych", counted, PSYCHOSOCIAL)
    if total.value is not None and psychosocial.value is not None:
        group = risk_group(total.value, psychosocial.value)
        total = Result(total.name, total.value, total.n_answered, total.rule, category=group)
    return total, psychosocial


def risk_group(total: Decimal, psychosocial: Decimal) -> str:
    """The published cut-offs: four or more psychosocial points are high; of the others a total up to three is low."""
    if psychosocial >= 4:
        return "high"
    return "low" if total <= 3 else "medium"


def _bothersome(answers: Answers) -> int:
    return int(Fraction(answers["bothersome"]) >= VERY_MUCH)


def _count(name: str, answers: Answers, items: tuple[str, ...]) -> Result:
    given, rule = numbers(answers, items), RULE.format(len(items))
    if len(given) < len(items):
        return absent(name, len(given), rule)
    return Result(name, rounded(total(given)), len(given), rule)
