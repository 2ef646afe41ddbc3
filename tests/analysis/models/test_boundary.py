"""A variance estimated as zero: Kenward-Roger keeps its component, as R's pbkrtest does."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis import LMM
from app.analysis.covariance.random import VarianceComponents
from app.analysis.models.lmm import RandomEffectsResult
from tests.analysis.formula_cases import batches, r_says
from tests.analysis.reference_fits import data
from tests.analysis.trials import trial

DYESTUFF2 = {
    "A": (7.298, 3.846, 2.434, 9.566, 7.990),
    "B": (5.220, 6.556, 0.608, 11.788, -0.892),
    "C": (0.110, 10.386, 13.434, 5.510, 8.166),
    "D": (2.212, 4.852, 7.092, 9.288, 4.980),
    "E": (0.282, 9.014, 4.458, 9.446, 7.198),
    "F": (1.722, 4.782, 8.106, 0.758, 3.758),
}
"""Box and Tiao 1973, Bayesian Inference in Statistical Analysis, table 5.1.4; lme4's data set of this name."""


def dyestuff() -> pd.DataFrame:
    return pd.DataFrame(
        [(batch, value) for batch, values in DYESTUFF2.items() for value in values], columns=["id", "y"]
    )


@pytest.mark.parametrize("df", ["kenward-roger", "kenward-roger-linear"])
def test_a_component_at_zero_counts_as_pbkrtest_counts_it(df: Any) -> None:
    fit = LMM("y ~ dose", batches(), subject="batch").fit(df=df)
    assert isinstance(fit, RandomEffectsResult)
    assert fit.singular
    assert list(fit.variance_components.values()) == pytest.approx(r_says()["boundary_var"], rel=1e-9)
    table, wanted = fit.coefficients(), r_says()["boundary_kr"]
    for ours, theirs in (("estimate", "estimate"), ("se", "se"), ("df", "df")):
        np.testing.assert_allclose(table[ours], wanted[theirs], rtol=1e-8)


@pytest.mark.parametrize(("df", "expected"), [("kenward-roger", 5.0), ("satterthwaite", 29.0), ("residual", 29.0)])
def test_dyestuff2_has_the_degrees_of_freedom_of_its_batches(df: Any, expected: float) -> None:
    fit = LMM("y ~ 1", dyestuff(), subject="id").fit(df=df)
    row = fit.coefficients().iloc[0]
    assert (row["estimate"], row["se"]) == pytest.approx((5.6656, 0.678388), abs=1e-6)
    assert row["df"] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("slope", [None, "Days"])
def test_away_from_the_boundary_the_components_give_what_the_factor_gives(slope: str | None) -> None:
    """Kenward-Roger of variance components does not depend on how they are written."""
    model = LMM("Reaction ~ Days", data("sleepstudy"), subject="Subject", slope=slope)
    fit = model.fit(df="kenward-roger")
    assert isinstance(fit, RandomEffectsResult)
    assert not fit.singular
    other = model.boundary_inference(fit.optimum, fit.criterion, "kenward-roger")
    for ours, theirs in zip(other.rows(np.eye(2)), fit.inference.rows(np.eye(2)), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8)


def test_a_slope_at_its_boundary_keeps_three_components() -> None:
    S = 20 * (0.5 + 0.5 * np.eye(4))
    fits = [
        LMM("y ~ base + arm*month", trial(40, 4, covariance=S, seed=seed), subject="id", slope="month").fit(df=method)
        for seed in range(4)
        for method in ("kenward-roger", "satterthwaite")
    ]
    pairs = [pair for pair in zip(fits[::2], fits[1::2], strict=True) if getattr(pair[0], "singular", False)]
    assert pairs
    for kenward_roger, satterthwaite in pairs:
        assert len(kenward_roger.inference.slopes) == 4
        assert len(satterthwaite.inference.slopes) < 4
        np.testing.assert_allclose(kenward_roger.beta, satterthwaite.beta)
        row = kenward_roger.coefficients().set_index("term").loc["month"]
        assert row["df"] < satterthwaite.coefficients().set_index("term").loc["month", "df"]


def test_components_start_without_random_effects() -> None:
    (start,) = VarianceComponents(np.ones((1, 3, 1))).starts(np.eye(3)[None] * 7.0)
    assert start.tolist() == [0.0, 7.0]
