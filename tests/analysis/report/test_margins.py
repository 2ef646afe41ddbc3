"""Non-inferiority, superiority by a margin and equivalence, each at its edge."""

from dataclasses import replace
from typing import Any

import pytest
from scipy import stats

from app.analysis.report.fitted import Effect
from app.analysis.report.margins import judged
from app.analysis.trial.plan import Margin
from tests.analysis.small import small_plan


def effect(estimate: float, se: float = 1.0, df: float = 100.0) -> Effect:
    reach = float(stats.t.ppf(0.975, df)) * se
    return Effect(estimate, se, df, estimate - reach, estimate + reach, 0.5)


REACH = float(stats.t.ppf(0.975, 100))
ONE_SIDED = float(stats.t.ppf(0.95, 100))
CASES: list[tuple[Any, float, str, float, bool]] = [
    # test, margin, which is better, difference, shown
    ("non-inferiority", 3, "lower", 3 - REACH - 0.01, True),
    ("non-inferiority", 3, "lower", 3 - REACH + 0.01, False),
    ("non-inferiority", 3, "lower", -50, True),
    ("non-inferiority", 3, "higher", REACH - 3 + 0.01, True),
    ("non-inferiority", 3, "higher", REACH - 3 - 0.01, False),
    ("superiority", 2, "lower", -2 - REACH - 0.01, True),
    ("superiority", 2, "lower", -2 - REACH + 0.01, False),
    ("superiority", 2, "higher", 2 + REACH + 0.01, True),
    ("superiority", 2, "higher", -2 - REACH - 0.01, False),
    ("equivalence", 3, "lower", 3 - ONE_SIDED - 0.01, True),
    ("equivalence", 3, "lower", 3 - ONE_SIDED + 0.01, False),
    ("equivalence", 3, "lower", -3 + ONE_SIDED + 0.01, True),
    ("equivalence", 3, "lower", -3 + ONE_SIDED - 0.01, False),
    ("equivalence", 3, "higher", 0.0, True),
]


@pytest.mark.parametrize(("test", "margin", "better", "difference", "shown"), CASES)
def test_a_margin_is_kept_or_not(test: Any, margin: float, better: Any, difference: float, shown: bool) -> None:
    plan = small_plan()
    plan = replace(plan, outcome=replace(plan.outcome, better=better))
    verdict = judged(effect(difference), Margin(test, margin), plan)
    assert verdict.met == shown
    assert (verdict.p <= (0.05 if test == "equivalence" else 0.025)) == shown
    assert ("was shown" in verdict.words) == shown


def test_the_sentence_names_the_margin_the_limit_and_the_one_sided_p() -> None:
    said = judged(effect(0.5), Margin("non-inferiority", 3), small_plan()).words
    p = float(stats.t.cdf((0.5 - 3) / 1, 100))
    assert said == f"Non-inferiority by 3.0 points was shown: the limit towards worse is 2.5, one-sided p = {p:.3f}."
    both = judged(effect(0.5), Margin("equivalence", 3), small_plan()).words
    assert both.startswith("Equivalence within 3.0 points was shown: the 90\xa0% interval is −1.2 to 2.2, one-sided p")
