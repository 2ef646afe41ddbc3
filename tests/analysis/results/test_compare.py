"""Likelihood-ratio tests: lme4's numbers, hand-made ones, and pairs that no test compares."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from app.analysis import LMM, MMRM, AnalysisError, compare
from app.analysis.results.mixed_result import MixedResult
from tests.analysis.reference_fits import data
from tests.analysis.trials import trial


def sleep(slope: str | None, reml: bool) -> MixedResult:
    return LMM("Reaction ~ Days", data("sleepstudy"), subject="Subject", slope=slope, reml=reml).fit(df="satterthwaite")


def test_a_random_slope_is_tested_as_lme4_s_anova_tests_it() -> None:
    """anova(fm1, fm2) of lme4's sleepstudy, refitted by ML: Chisq 42.139 on 2 df, p 7.072e-10."""
    table = compare(sleep("Days", False), sleep(None, False))
    assert table["parameters"].tolist() == [4, 6]
    assert table["chisq"][1] == pytest.approx(42.139, abs=6e-4)
    assert (table["df"][1], table["p"][1]) == (2, pytest.approx(7.072e-10, rel=5e-4))
    assert np.isnan(table.loc[0, ["chisq", "df", "p"]].to_numpy(float)).all()


def mmrm(formula: str, covariance: str = "us", reml: bool = False, frame: Any = None, **options: Any) -> MixedResult:
    rows = trial(80) if frame is None else frame
    model = MMRM(formula, rows, subject="id", visit="visit", covariance=covariance, reml=reml, **options)
    return model.fit(df="satterthwaite")


def test_means_are_compared_by_maximum_likelihood() -> None:
    small, large = mmrm("y ~ base + visit"), mmrm("y ~ base + arm*visit")
    table = compare(small, large)
    chisq = 2 * (large.loglik - small.loglik)
    assert table["chisq"][1] == pytest.approx(chisq)
    assert table["df"][1] == 4
    assert table["p"][1] == pytest.approx(stats.chi2.sf(chisq, 4))
    assert table["aic"].tolist() == [small.aic, large.aic]


@pytest.mark.parametrize(
    ("small", "large", "df"),
    [("cs", "us", 8), ("ar1", "ar1h", 3), ("cs", "toep", 2), ("csh", "toeph", 2), ("ad", "us", 6), ("ar1", "ad", 2)],
)
@pytest.mark.parametrize("reml", [True, False])
def test_covariances_are_compared_by_either(small: str, large: str, df: int, reml: bool) -> None:
    table = compare(*(mmrm("y ~ base + visit", name, reml) for name in (large, small)))
    assert table["model"][0].startswith(f"MMRM, {small}: ")
    assert table["df"][1] == df
    assert table["chisq"][1] > 0


def test_one_covariance_for_all_is_a_special_case_of_one_each() -> None:
    each = mmrm("y ~ base + visit", "cs", cov_by="arm")
    assert compare(each, mmrm("y ~ base + visit", "cs"))["df"][1] == 2


REFUSED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (
        {"formula": "y ~ visit", "reml": True},
        {"formula": "y ~ arm + visit", "reml": True},
        "compares covariances of one",
    ),
    ({"formula": "y ~ visit"}, {"formula": "y ~ arm + visit", "reml": True}, "One fit is by REML"),
    ({"formula": "y ~ base + visit"}, {"formula": "y ~ arm*visit"}, "is no special case"),
    ({"formula": "y ~ visit", "covariance": "ar1"}, {"formula": "y ~ visit", "covariance": "csh"}, "compare their aic"),
    ({"formula": "y ~ visit"}, {"formula": "y ~ visit"}, "as many parameters"),
    ({"formula": "y ~ visit"}, {"formula": "y ~ arm + visit", "frame": trial(79)}, "same outcomes in the same rows"),
    ({"formula": "y ~ visit"}, {"formula": "I(2*y) ~ arm + visit"}, "same outcomes in the same rows"),
]


@pytest.mark.parametrize(("small", "large", "words"), REFUSED)
def test_fits_that_no_test_compares_are_refused(small: dict[str, Any], large: dict[str, Any], words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        compare(mmrm(**small), mmrm(**large))


def test_one_fit_is_compared_with_nothing() -> None:
    with pytest.raises(AnalysisError, match="Give two fits or more"):
        compare(mmrm("y ~ visit"))
