"""Weights: against replicated rows, a dense likelihood, and what they cannot be."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from app.analysis import ANCOVA, CLDA, MMRM, AnalysisError, impute
from app.analysis.distributions import Array
from tests.analysis.formula_cases import two_arms
from tests.analysis.trials import trial


def test_whole_weights_are_rows_that_occur_as_often() -> None:
    frame = two_arms().assign(w=lambda d: 1 + d.index % 3)
    often = frame.loc[frame.index.repeat(frame["w"])].reset_index(drop=True)
    once, many = (ANCOVA("post ~ pre*arm", d, robust=None, **o) for d, o in ((frame, {"weights": "w"}), (often, {})))
    np.testing.assert_allclose(once.fit().beta, many.fit().beta, rtol=1e-10)
    ratio = many.fit().df_residual / once.fit().df_residual
    np.testing.assert_allclose(once.fit().vcov, many.fit().vcov * ratio, rtol=1e-9)


@pytest.mark.parametrize("robust", [None, "HC0", "HC3"])
def test_equal_weights_change_nothing(robust: Any) -> None:
    frame = two_arms().assign(w=2.5)
    plain, weighted = (ANCOVA("post ~ pre + arm", frame, robust=robust, weights=w).fit() for w in (None, "w"))
    np.testing.assert_allclose(weighted.coefficients().iloc[:, 1:], plain.coefficients().iloc[:, 1:], rtol=1e-9)


def weighted_trial() -> pd.DataFrame:
    frame = trial(40, 3)
    return frame.assign(w=np.random.default_rng(2).uniform(0.5, 3, len(frame)))


def of_rows(Sigma: Array, own: pd.DataFrame) -> Array:
    """The covariance of one patient's rows, each divided by the root of its weight."""
    slot, w = own["slot"].to_numpy(int), own["w"].to_numpy(float)
    return np.asarray(Sigma[np.ix_(slot, slot)] / np.sqrt(np.outer(w, w)))


def test_the_likelihood_is_that_of_rows_whose_variance_is_divided_by_their_weight() -> None:
    frame = weighted_trial()
    fit = MMRM("y ~ base + visit", frame, subject="id", visit="visit", weights="w", reml=False).fit(df="satterthwaite")
    used = fit.design.frame.assign(mean=fit.design.X @ fit.beta, slot=fit.design.frame["visit"].cat.codes)
    total = 0.0
    for _, own in used.groupby("id"):
        S = of_rows(fit.Sigma, own)
        total += stats.multivariate_normal(own["mean"], S).logpdf(own["y"])
    assert fit.loglik == pytest.approx(total, abs=1e-8)
    V = np.zeros((len(used), len(used)))
    for who in used["id"].unique():
        at = np.flatnonzero(used["id"] == who)
        V[np.ix_(at, at)] = of_rows(fit.Sigma, used.iloc[at])
    np.testing.assert_allclose(fit.vcov, np.linalg.inv(fit.design.X.T @ np.linalg.solve(V, fit.design.X)), rtol=1e-8)
    table = fit.residuals()
    np.testing.assert_allclose(table["residual"], used["y"] - used["mean"])
    np.testing.assert_allclose(table["standardised"], table["residual"] / np.sqrt(np.diag(V)))


@pytest.mark.parametrize("reml", [True, False])
def test_a_common_weight_moves_the_covariance_and_nothing_else(reml: bool) -> None:
    frame = trial(40, 3).assign(w=4.0)
    plain, weighted = (
        MMRM("y ~ base + arm*visit", frame, subject="id", visit="visit", weights=w, reml=reml).fit(df="satterthwaite")
        for w in (None, "w")
    )
    assert weighted.loglik == pytest.approx(plain.loglik, abs=1e-8)
    np.testing.assert_allclose(weighted.Sigma, 4 * plain.Sigma, rtol=1e-6)
    columns = ["estimate", "se", "df"]
    np.testing.assert_allclose(weighted.coefficients()[columns], plain.coefficients()[columns], rtol=1e-6)


def test_a_constrained_analysis_takes_weights_too() -> None:
    frame = weighted_trial()
    given: dict[str, Any] = {"subject": "id", "visit": "visit", "arm": "arm", "baseline": "v1"}
    plain, weighted = (CLDA("y", frame, weights=w, **given).fit() for w in (None, "w"))
    assert plain.coef_names == weighted.coef_names
    assert np.abs(plain.beta - weighted.beta).max() > 0.01


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([0.0] + [1.0] * 39, "The weights 'w' must be positive; drop the rows"),
        ([-1.0] * 40, "must be positive"),
        (["1"] * 40, "'w' is not numeric"),
        ([np.inf] * 40, "'w' is infinite"),
    ],
)
def test_weights_are_positive_numbers(values: list[Any], words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        ANCOVA("post ~ arm", two_arms().assign(w=values), weights="w")
    with pytest.raises(AnalysisError, match="Column heavy of"):
        ANCOVA("post ~ arm", two_arms(), weights="heavy")


def test_a_row_without_a_weight_is_left_out_and_counted() -> None:
    frame = two_arms().assign(w=[np.nan, *[1.0] * 39])
    assert ANCOVA("post ~ arm", frame, weights="w").design.messages == ("1 rows left out: w missing",)


def test_a_weighted_model_is_not_imputed() -> None:
    model = MMRM("y ~ base + arm*visit", weighted_trial(), subject="id", visit="visit", weights="w")
    with pytest.raises(AnalysisError, match="without weights"):
        impute(model, reference="P")
