"""Means over everybody with everybody in the one arm, which is what every imputation reports."""

import numpy as np
import pandas as pd
import pytest

from app.analysis import ANCOVA
from app.analysis.errors import AnalysisError
from app.analysis.imputation.analysing import as_estimates
from app.analysis.report.completed import CompletedANCOVA
from app.analysis.results.marginal import counterfactual_means
from tests.analysis.formula_cases import r_says, two_arms

CASES = {
    "post ~ log(pre) + arm": "counterfactual_log",
    "post ~ pre*arm + male": "counterfactual_interaction",
}
MORE = ("post ~ pre + arm", "post ~ arm", "post ~ poly(pre, 2)*arm", "post ~ C(male)*arm + pre", "post ~ arm:pre + arm")


@pytest.mark.parametrize(("formula", "key"), CASES.items())
def test_counterfactual_means_are_those_of_r(formula: str, key: str) -> None:
    fit = ANCOVA(formula, two_arms(), robust=None).fit()
    means = counterfactual_means(fit.design, "arm") @ fit.beta
    np.testing.assert_allclose(means, r_says()[key], rtol=1e-10)


@pytest.mark.parametrize("formula", [*CASES, *MORE])
def test_they_are_the_average_predictions_and_both_ways_of_imputing_report_them(formula: str) -> None:
    frame = two_arms()
    fit = ANCOVA(formula, frame, robust=None).fit()
    predicted = []
    for arm in ("P", "A"):
        swapped = pd.concat([frame, frame.assign(arm=pd.Categorical([arm] * len(frame), ["P", "A"]), post=np.nan)])
        design = ANCOVA(formula, swapped.assign(post=swapped["post"].fillna(0.0))).design
        own = dict(zip(design.names, np.linalg.lstsq(design.X[: len(frame)], fit.design.y)[0], strict=True))
        predicted.append(float((design.X[len(frame) :] @ np.array(list(own.values()))).mean()))
    terms, rows = as_estimates(fit, "arm")
    assert terms == ["A - P", "P", "A"]
    assert rows[:, 0] == pytest.approx([predicted[1] - predicted[0], *predicted], rel=1e-8)
    quick = CompletedANCOVA(formula, frame, ("P", "A"), np.array([[-1.0, 1.0]])).estimates(
        fit.design.y[:, None], np.arange(len(frame))
    )
    np.testing.assert_allclose(quick[:, 0], rows[:, 0], rtol=1e-8)


def test_a_factor_that_the_model_lacks_has_no_means() -> None:
    with pytest.raises(AnalysisError, match="'site' is not a factor of 'post ~ arm'; it has arm"):
        counterfactual_means(ANCOVA("post ~ arm", two_arms()).design, "site")
