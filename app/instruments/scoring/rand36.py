"""RAND-36 1.0: items recoded to 0-100, each scale the mean of its answered items (Hays 1993). Item 2 is unscored."""

from fractions import Fraction

from app.instruments.scoring.result import Answers, Result, ScoringSettings, absent, numbers, rounded, total

VERSION = "1"
SCALES = {
    "physical_functioning": (3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
    "role_physical": (13, 14, 15, 16),
    "role_emotional": (17, 18, 19),
    "energy_fatigue": (23, 27, 29, 31),
    "emotional_wellbeing": (24, 25, 26, 28, 30),
    "social_functioning": (20, 32),
    "pain": (21, 22),
    "general_health": (1, 33, 34, 35, 36),
}
LEVELS = (
    (range(3, 13), 3), (range(13, 20), 2), (range(23, 32), 6), ((21,), 6), ((1, 2, 20, 22, 32, 33, 34, 35, 36), 5),
)  # fmt: skip
FALLING = {1, 2, 20, 21, 22, 23, 26, 27, 30, 34, 36}  # the first answer is the best
RULE = "mean of the answered items recoded to 0-100; at least 1 of {} needed"


def score(answers: Answers, settings: ScoringSettings) -> tuple[Result, ...]:
    return tuple(_scale(name, answers, items) for name, items in SCALES.items())


def recoded(item: int, answer: Fraction) -> Fraction:
    """0 for the worst answer and 100 for the best, in equal steps."""
    levels = next(count for items, count in LEVELS if item in items)
    rising = 100 * (answer - 1) / (levels - 1)
    return 100 - rising if item in FALLING else rising


def _scale(name: str, answers: Answers, items: tuple[int, ...]) -> Result:
    rule = RULE.format(len(items))
    given = [recoded(item, answer) for item in items for answer in numbers(answers, [f"rand{item:02d}"])]
    if not given:
        return absent(name, 0, rule)
    return Result(name, rounded(total(given) / len(given)), len(given), rule)
