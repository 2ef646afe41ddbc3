"""Oswestry Disability Index: 100 × sum / (5 × sections answered); 2.0 and 2.1a alike (Fairbank and Pynsent 2000).

No official least number of sections is published; 8 of 10 is common practice and the default here.
"""

from decimal import Decimal

from app.instruments.scoring.result import Answers, Result, ScoringSettings, absent, numbers, rounded, total

VERSION = "1"
SECTIONS = (
    "pain_intensity", "personal_care", "lifting", "walking", "sitting",
    "standing", "sleeping", "sex_life", "social_life", "travelling",
)  # fmt: skip
MINIMUM = 8
BANDS = ((20, "minimal"), (40, "moderate"), (60, "severe"), (80, "crippled"), (100, "bed_bound"))


def score(answers: Answers, settings: ScoringSettings) -> tuple[Result, ...]:
    given = numbers(answers, SECTIONS)
    at_least = max(1, MINIMUM if settings.minimum_answered is None else settings.minimum_answered)
    rule = f"100 x sum / (5 x answered); at least {at_least} of 10 sections needed"
    sum_rule = f"sum of the answered; at least {at_least} of 10 sections needed"
    if len(given) < at_least:
        return absent("odi", len(given), rule), absent("odi_sum", len(given), sum_rule)
    points = total(given)
    percent = rounded(100 * points / (5 * len(given)))
    return (
        Result("odi", percent, len(given), rule, category=band(percent)),
        Result("odi_sum", rounded(points), len(given), sum_rule),
    )


def band(percent: Decimal) -> str:
    """The published band of disability; the percentage is fractional, so a band reaches up to its bound."""
    return next(name for bound, name in BANDS if percent <= bound)
