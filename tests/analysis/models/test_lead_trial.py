"""The trial of lead-exposed children, from its published means and covariance: what does not depend on more than these.

A hundred children, fifty an arm, weeks 0, 1, 4 and 6, none missing (Fitzmaurice, Laird and Ware 2011, Applied
Longitudinal Analysis, chapters 5 and 6). The children's own values are not carried here. In complete data every model
below depends on the values through the means and the covariance alone, so children are made who have exactly these;
R's figures are of the same data.
"""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis import LMM, MMRM
from app.analysis.models.lmm import RandomEffectsResult

WEEKS = (0, 1, 4, 6)
MEANS = {"Placebo": (26.272, 24.660, 24.070, 23.646), "Succimer": (26.540, 13.522, 15.514, 20.762)}
COVARIANCE = np.array(
    [
        [25.2257, 19.1074, 19.6996, 22.2016],
        [19.1074, 44.3458, 35.5351, 29.6750],
        [19.6996, 35.5351, 47.3778, 30.6205],
        [22.2016, 29.6750, 30.6205, 58.6510],
    ]
)
CHILDREN = 50
"""In each arm."""


def children() -> pd.DataFrame:
    """Each arm has exactly the published means and covariance: four cosines, orthogonal to each other and to one."""
    place = np.arange(CHILDREN) + 0.5
    waves = np.column_stack([np.cos(np.pi * place * k / CHILDREN) for k in (1, 2, 3, 4)]) * np.sqrt(2 / CHILDREN)
    apart = waves @ np.linalg.cholesky(COVARIANCE).T * np.sqrt(CHILDREN - 1)
    rows = [
        (f"{arm}{child}", arm, week, mean + apart[child, slot])
        for arm, means in MEANS.items()
        for child in range(CHILDREN)
        for slot, (week, mean) in enumerate(zip(WEEKS, means, strict=True))
    ]
    data = pd.DataFrame(rows, columns=["id", "arm", "week", "lead"])
    return data.assign(arm=pd.Categorical(data["arm"], list(MEANS)), visit=pd.Categorical(data["week"], WEEKS))


def test_the_made_children_have_the_published_means_and_covariance() -> None:
    data = children()
    for arm, means in MEANS.items():
        own = data.loc[data["arm"] == arm, "lead"].to_numpy(float).reshape(CHILDREN, len(WEEKS))
        assert own.mean(axis=0).tolist() == pytest.approx(list(means))
        np.testing.assert_allclose(np.cov(own.T), COVARIANCE, rtol=1e-12)


def test_an_unstructured_fit_finds_them_again_and_the_published_interaction() -> None:
    """Wald 107.79 on 3 df in the book, F = 35.93; Kenward and Roger scale it by 96 of 98."""
    fit = MMRM("lead ~ arm*visit", children(), subject="id", visit="visit").fit(df="satterthwaite")
    np.testing.assert_allclose(fit.Sigma, COVARIANCE, rtol=1e-8)
    wald = 3 * fit.test("arm:visit").F
    assert wald == pytest.approx(107.79, abs=0.005)
    scaled = MMRM("lead ~ arm*visit", children(), subject="id", visit="visit").fit(df="kenward-roger-linear")
    test = scaled.test("arm:visit")
    assert (test.F, test.den_df) == pytest.approx((fit.test("arm:visit").F * 96 / 98, 96))


@pytest.mark.parametrize("model", ["mmrm", "lmm"])
def test_arm_under_an_interaction_is_the_difference_averaged_over_the_weeks(model: str) -> None:
    """25.43 on 1 and 98, as SAS' type III, lmerTest and joint_tests; at the first week alone it would be 0.07."""
    columns: dict[str, Any] = {"subject": "id", "visit": "visit"}
    kind = MMRM if model == "mmrm" else LMM
    test = kind("lead ~ arm*visit", children(), **columns).fit().test("arm")
    difference = np.mean(MEANS["Succimer"]) - np.mean(MEANS["Placebo"])
    by_hand = difference**2 / (2 * COVARIANCE.mean() / CHILDREN)
    assert pytest.approx(by_hand, rel=1e-8) == test.F
    assert (round(test.F, 2), test.num_df, round(test.den_df, 6)) == (25.43, 1, 98)
    first = LMM("lead ~ arm*visit", children(), **columns).fit().contrasts("arm", by="visit").iloc[0]
    assert first["t"] ** 2 < 0.1


SATTERTHWAITE = [120.6663964, 120.6663968, 234.8532204, 234.8532200]
ERRORS = [0.8268675680, 1.1693673290, 0.1766480145, 0.2498180179]


@pytest.mark.parametrize(("df", "expected"), [("kenward-roger", [98.0] * 4), ("satterthwaite", SATTERTHWAITE)])
def test_a_random_slope_at_its_boundary_has_the_degrees_of_freedom_of_r(df: Any, expected: list[float]) -> None:
    """lead ~ arm*week + (1 + week | id): lme4 1.1-31 finds a correlation of 1; pbkrtest 0.5.2, lmerTest 3.1-3."""
    fit = LMM("lead ~ arm*week", children(), subject="id", slope="week").fit(df=df)
    assert isinstance(fit, RandomEffectsResult)
    assert fit.singular
    table = fit.coefficients()
    assert table["df"].tolist() == pytest.approx(expected, rel=1e-6)
    assert table["se"].tolist() == pytest.approx(ERRORS, rel=1e-6)
    estimates = [25.68536263736, -5.41872527473, -0.37213186813, -0.05773626374]
    assert table["estimate"].tolist() == pytest.approx(estimates, rel=1e-9)


def test_a_random_slope_beside_weeks_as_levels_is_that_of_pbkrtest_too() -> None:
    fit = LMM("lead ~ arm*visit", children(), subject="id", slope="week").fit(df="kenward-roger")
    expected = [150.0021371, 150.0021371, 206.0872157, 290.2992597, 143.8626311]
    assert fit.coefficients()["df"].tolist()[:5] == pytest.approx(expected, rel=1e-6)
