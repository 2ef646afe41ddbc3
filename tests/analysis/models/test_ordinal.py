"""Proportional odds: R's polr, the logistic model as its smallest case, and what cannot be estimated."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis import GLM, AnalysisError, ProportionalOdds
from app.analysis.distributions import Array
from app.analysis.models.ordinal import Cumulative, OrdinalResult
from tests.analysis.reference_generalised import EXPECTED, at_m05

FORMULA = "level ~ odi_base + site + arm"


def test_estimates_errors_and_thresholds_are_those_of_polr() -> None:
    """polr stops about 1e-5 short of the optimum; the log likelihood is the same to the last digit."""
    expected, result = EXPECTED["ordinal"], ProportionalOdds(FORMULA, at_m05()).fit()
    table = result.coefficients().set_index("term").drop(index="Intercept")
    names = ["odi_base", "site[T.S2]", "site[T.S3]", "site[T.S4]", "site[T.S5]", "arm[T.Infliximab]"]
    assert table.loc[names, "estimate"].tolist() == pytest.approx(expected["estimate"], rel=3e-5)
    assert table.loc[names, "se"].tolist() == pytest.approx(expected["se"], rel=1e-4)
    assert result.thresholds.tolist() == pytest.approx(expected["thresholds"], rel=1e-6)
    assert result.loglik == pytest.approx(expected["loglik"], abs=1e-10)
    assert result.levels == (1.0, 2.0, 3.0)


def test_two_levels_are_the_logistic_model() -> None:
    rows = at_m05()
    ordinal, logistic = (
        ProportionalOdds("better ~ odi_base + arm", rows).fit(),
        GLM("better ~ odi_base + arm", rows).fit(),
    )
    assert ordinal.beta == pytest.approx(logistic.beta)
    assert ordinal.vcov == pytest.approx(logistic.vcov, rel=1e-6)
    assert ordinal.ratios("arm")["upper"].item() == pytest.approx(logistic.ratios("arm")["upper"].item())
    shares = ordinal.shares("arm").set_index(["arm", "level"])["share"]
    assert shares[:, 1.0].tolist() == pytest.approx(logistic.standardised("arm")["estimate"].tolist())


def test_derivatives_are_those_of_differences() -> None:
    rng = np.random.default_rng(2)
    own = Cumulative(rng.normal(size=(40, 2)), np.concatenate([np.arange(4), rng.integers(0, 4, 36)]), 4)
    where, step = np.array([-1.0, 0.2, 1.1, 0.3, -0.4]), 1e-6
    value, gradient, hessian = own.at(where)
    ends = [(own.at(where + step * e), own.at(where - step * e)) for e in np.eye(5)]
    assert gradient == pytest.approx([(up[0] - down[0]) / (2 * step) for up, down in ends], rel=1e-6)
    assert hessian == pytest.approx(np.array([(up[1] - down[1]) / (2 * step) for up, down in ends]), rel=1e-5, abs=1e-6)
    assert np.isfinite(value)


def test_turning_the_scale_round_turns_the_signs_and_nothing_else() -> None:
    plain = ProportionalOdds(FORMULA, at_m05()).fit().coefficients().iloc[1:]
    turned = (
        ProportionalOdds(FORMULA, at_m05().assign(level=lambda d: 7 - 2 * d["level"])).fit().coefficients().iloc[1:]
    )
    assert turned["estimate"].tolist() == pytest.approx((-plain["estimate"]).tolist(), rel=1e-6)
    assert turned["se"].tolist() == pytest.approx(plain["se"].tolist(), rel=1e-6)


def test_shares_sum_to_one_and_without_covariates_are_near_those_observed() -> None:
    result = ProportionalOdds("level ~ arm", at_m05()).fit()
    shares = result.shares("arm")
    assert shares.groupby("arm", observed=True)["share"].sum().tolist() == pytest.approx([1.0, 1.0])
    observed = at_m05().groupby("arm", observed=True)["level"].value_counts(normalize=True)
    for row in shares.to_dict("records")[:3]:
        assert row["share"] == pytest.approx(observed[row["arm"], row["level"]], abs=0.05)


@pytest.mark.parametrize(
    ("formula", "others", "words"),
    [
        ("level ~ 0 + arm", {}, "has no intercept; write it without 0 or -1"),
        ("level ~ arm", {"level": 2.0}, "The outcome 'level' is 2 for everybody"),
        ("odi + 0.01 * odi_base ~ arm", {}, "levels; join some, or use ANCOVA"),
        ("level ~ arm", {"level": lambda d: d["arm"].cat.codes * 2.0}, "A covariate separates the levels"),
        ("level ~ odi", {}, "A covariate separates the levels"),
    ],
)
def test_what_cannot_be_estimated_says_what_to_do(formula: str, others: dict[str, Any], words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        ProportionalOdds(formula, at_m05().assign(**others)).fit()


def test_three_arms_have_each_its_common_odds_ratio() -> None:
    rows = at_m05()
    rows["arm"] = pd.Categorical(np.array(["P", "L", "H"])[np.arange(len(rows)) % 3], ["P", "L", "H"])
    table = ProportionalOdds("level ~ odi_base + arm", rows).fit().ratios("arm", adjust="holm")
    assert table["contrast"].tolist() == ["L - P", "H - P"]
    assert (table["lower"] < table["estimate"]).all()
    assert (table["lower"] > 0).all()


def test_the_mean_level_is_that_of_its_shares_with_an_error_that_differences_confirm() -> None:
    result = ProportionalOdds(FORMULA, at_m05()).fit()
    shares = result.shares("arm").assign(part=lambda d: d["level"] * d["share"])
    means = result.standardised("arm")
    assert means["estimate"].tolist() == pytest.approx(shares.groupby("arm", sort=False)["part"].sum().tolist())
    contrast = result.standardised_contrasts("arm").iloc[0]
    assert contrast["estimate"] == pytest.approx(means["estimate"][1] - means["estimate"][0])
    parameters, J = np.concatenate([result.thresholds, result.beta[1:]]), []
    for step in 1e-6 * np.eye(len(parameters)):
        ends = [moved(result, parameters + sign * step).averages("arm").means for sign in (1, -1)]
        J.append((ends[0] - ends[1]) / 2e-6)
    assert pytest.approx(np.array(J).T, abs=1e-8) == result.averages("arm").J
    own = np.array(J)[:, 1] - np.array(J)[:, 0]
    assert contrast["se"] == pytest.approx(np.sqrt(own @ result.whole_vcov @ own), rel=1e-6)


def moved(result: OrdinalResult, parameters: Array) -> OrdinalResult:
    beta = np.concatenate([[-parameters[0]], parameters[2:]])
    return replace(result, thresholds=parameters[:2], inference=replace(result.inference, beta=beta))
