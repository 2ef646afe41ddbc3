"""Power by simulation, held against what is known exactly."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from app.analysis import Assumptions, conditional_power, power, sample_size
from app.analysis.errors import AnalysisError
from app.analysis.trial.plan import Plan
from tests.analysis.plans import analysis, read

ARMS = ("Sham", "High")


def expected(effect: float = -6.0, n: int = 60, **others: Any) -> Assumptions:
    flat = {0: 40.0, 30: 40.0, 90: 40.0}
    given: dict[str, Any] = {
        "participants": {"Sham": n, "High": n},
        "means": {"Sham": flat, "High": {**flat, 90: 40.0 + effect}},
        "sd": 12.0,
        "correlation": 0.5,
        "lost": {},
    }
    return Assumptions(**given | others)


def planned(
    folder: Path, model: str = "mmrm", formula: str = "chg ~ walk_base*visit + arm*visit", **others: Any
) -> Plan:
    return read(folder, arms=ARMS, analyses=[analysis("main", model, formula, role="primary")], **others)


def exact(effect: float, n: int, variance: float) -> float:
    """Power of a t test of two groups of n with that residual variance, less one degree of freedom for the baseline."""
    df, shift = 2 * n - 3, abs(effect) / np.sqrt(2 * variance / n)
    critical = stats.t.ppf(0.975, df)
    return float(stats.nct.sf(critical, df, shift) + stats.nct.cdf(-critical, df, shift))


@pytest.mark.parametrize(("effect", "n"), [(-6.0, 60), (-3.0, 40), (0.0, 50)])
def test_with_complete_data_it_is_the_power_of_a_t_test(tmp_path: Path, effect: float, n: int) -> None:
    """Of the change with the baseline as covariate: residual variance (1 - rho squared) sd squared."""
    simulated = power(planned(tmp_path), expected(effect, n), simulations=600)
    by_t = exact(effect, n, 12.0**2 * (1 - 0.25))
    assert simulated.simulations == 600
    assert abs(simulated.power - by_t) < 4 * np.sqrt(max(by_t * (1 - by_t), 0.02) / 600)
    assert simulated.lower < simulated.power < simulated.upper
    assert simulated.estimate == pytest.approx(effect, abs=0.6)


def test_a_random_intercept_is_simulated_as_compound_symmetry(tmp_path: Path) -> None:
    """Of change scores: variance 2 (1 - rho) sd squared, but the visits between add what they know."""
    simulated = power(planned(tmp_path, "lmm", "walk ~ arm*visit"), expected(), simulations=300)
    assert simulated.se == pytest.approx(np.sqrt(2 * 2 * 12.0**2 * 0.5 / 60), rel=0.03)
    assert simulated.failed == 0


def test_who_is_lost_costs_power(tmp_path: Path) -> None:
    lost = {"Sham": {30: 0.1, 90: 0.3}, "High": {30: 0.2, 90: 0.4}}
    plan = planned(tmp_path)
    whole, some = (power(plan, expected(lost=gone), simulations=200) for gone in ({}, lost))
    assert some.se > 1.1 * whole.se
    assert some.estimate == pytest.approx(-6.0, abs=1.0)


def test_the_sample_size_gives_the_power_that_was_wanted(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    enough = sample_size(plan, expected(n=30), wanted=0.8, simulations=200)
    by_t = exact(-6.0, enough.participants["Sham"], 12.0**2 * 0.75)
    assert by_t == pytest.approx(0.8, abs=0.04)
    assert power(plan, enough, simulations=400).power == pytest.approx(0.8, abs=0.08)


def test_the_same_seed_gives_the_same_trials(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    once, again, other = (power(plan, expected(), 100, seed=seed) for seed in (1, 1, 2))
    assert once == again
    assert once != other


HALF = float(np.sqrt(0.5))
CONDITIONAL = [
    # estimate with standard error 2, drift, normal quantile of the conditional power with half of the information
    (-3.0, None, (1.5 * HALF + 3 * HALF * 0.5 - 1.959964) / HALF),
    (-3.0, 0.0, (-1.5 * HALF - 1.959964) / HALF),
    (3.0, 5.0, (1.5 * HALF + 5 * HALF * 0.5 - 1.959964) / HALF),
]


@pytest.mark.parametrize(("estimate", "drift", "quantile"), CONDITIONAL)
def test_conditional_power_is_that_of_the_b_value(estimate: float, drift: float | None, quantile: float) -> None:
    by_hand = stats.norm.cdf(quantile)
    assert conditional_power(estimate, 2.0, float(np.sqrt(2)), drift=drift) == pytest.approx(by_hand, abs=1e-6)


@pytest.mark.parametrize("final", [0.0, 2.0, 3.0, -1.0])
def test_the_end_knows_more_than_now(final: float) -> None:
    with pytest.raises(AnalysisError, match="smaller than that of now"):
        conditional_power(-3.0, 2.0, final)


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ({"participants": {"Sham": 10}}, "participants must name each arm of the plan: Sham, High"),
        ({"means": {"Sham": {0: 1.0}, "High": {0: 1.0}}}, "means of Sham lack day 30"),
        ({"sd": 0.0}, "sd must be positive"),
        ({"correlation": 1.0}, "the correlation one that visits can have"),
        ({"correlation": np.eye(2)}, "a matrix of 3 by 3"),
    ],
)
def test_assumptions_that_say_too_little_are_refused(tmp_path: Path, others: dict[str, Any], words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        power(planned(tmp_path), expected(**others), 50)


def test_a_plan_that_cannot_be_simulated_is_refused(tmp_path: Path) -> None:
    plan = planned(tmp_path)
    cohort = replace(plan, arms=replace(plan.arms, reference=None))
    with pytest.raises(AnalysisError, match="a primary lmm or mmrm of several arms"):
        power(cohort, expected(), 50)
    with pytest.raises(AnalysisError, match="must lie between 0 and 1"):
        sample_size(plan, expected(), wanted=1.0)
    with pytest.raises(AnalysisError, match="no number of participants is enough"):
        sample_size(plan, expected(effect=0.0), simulations=50)
