"""Tests of terms: type III as R and SAS have it, whatever the names, and the hypothesis in words."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis import ANCOVA, CLDA, LMM, MMRM, AnalysisError
from app.analysis.results.result import LinearResult
from app.analysis.results.terms import parts
from tests.analysis.formula_cases import r_says, repeated, two_arms
from tests.analysis.trials import factor, trial
from tests.some import some


@pytest.mark.parametrize(("key", "method"), [("type3", "kenward-roger"), ("type3_satt", "satterthwaite")])
def test_terms_are_tested_as_r_tests_them_though_levels_hold_colons(key: str, method: Any) -> None:
    wanted = r_says()[key]
    fit = LMM("y ~ arm*visit", repeated(), subject="id", visit="visit").fit(df=method)
    for place, term in some(enumerate(wanted["term"])):
        test = fit.test(term)
        assert pytest.approx(wanted["F"][place], rel=1e-6) == test.F
        assert test.num_df == wanted["num"][place]
        assert test.den_df == pytest.approx(wanted["den"][place], rel=2e-5)  # where lme4's optimiser stops


def test_a_main_effect_under_an_interaction_is_that_of_all_visits_not_of_the_first() -> None:
    """A difference that is nothing at the first visit and large at the others."""
    frame = trial(80, effect=-8.0, missing=0.0)
    fit = MMRM("y ~ base + site + arm*visit", frame, subject="id", visit="visit").fit()
    test = fit.test("arm")
    means = fit.means("arm", None, None, "equal").L
    assert pytest.approx(fit.test(means[1:] - means[:1]).F) == test.F
    assert test.F > 20
    assert fit.test({"arm[T.A]": 1.0}).F < 5
    assert test.tested == "the means of arm are equal, averaged equally over site, visit, with base at " + format(
        fit.design.means["base"], ".6g"
    )


ODD = ["day 0, 08:00", "day 0, 20:00", "arm:visit", "[T.x]"]


@pytest.mark.parametrize("term", ["arm", "visit", "arm:visit", "visit:arm", "site", "base"])
def test_names_of_levels_decide_nothing(term: str) -> None:
    frame = trial()
    odd = frame.assign(
        visit=frame["visit"].cat.rename_categories(ODD), arm=frame["arm"].cat.rename_categories(["visit", "A:[T.1]"])
    )
    plain, other = (MMRM("y ~ base + site + arm*visit", d, subject="id", visit="visit").fit() for d in (frame, odd))
    assert tuple(other.test(term)) == pytest.approx(tuple(plain.test(term)))


FORMS: list[tuple[str, str | Sequence[str], int, str]] = [
    # formula, term, numerator degrees of freedom, the hypothesis
    ("post ~ pre*arm", "pre", 1, "the slope of pre is zero, averaged equally over arm"),
    ("post ~ pre*arm", "arm", 1, "the means of arm are equal, with pre at 9.325"),
    ("post ~ pre*arm", "pre:arm", 1, "the slope of pre is the same at every level of arm"),
    ("post ~ pre*arm", ["arm", "pre"], 1, "the slope of pre is the same at every level of arm"),
    ("post ~ arm + arm:pre", "arm:pre", 2, "the slope of pre is zero at every level of arm"),
    ("post ~ poly(pre, 2)*arm", "poly(pre,2)", 2, "the slope of pre is zero, averaged equally over arm"),
    ("post ~ poly(pre, 2)*arm", "arm:pre", 2, "the slope of pre is the same at every level of arm"),
    ("post ~ 0 + arm", "arm", 1, "the means of arm are equal"),
    ("post ~ C(centre) + arm", "centre", 2, "the means of centre are equal, averaged equally over arm"),
    ("post ~ C(centre)*arm", "C(centre):arm", 2, "arm and centre do not interact"),
    ("post ~ centre + centre:arm", "centre:arm", 3, "the means of arm and centre do not differ beyond centre"),
    ("post ~ `my arm`*pre", "`my arm`:pre", 1, "the slope of pre is the same at every level of my arm"),
    ("post ~ pre + arm", "1", 1, "the intercept is zero"),
    ("post ~ pre + arm", "Intercept", 1, "the intercept is zero"),
]


@pytest.mark.parametrize(("formula", "term", "df", "words"), FORMS)
def test_what_is_tested_is_said(formula: str, term: str | list[str], df: int, words: str) -> None:
    frame = two_arms().assign(centre=lambda d: factor(d.index % 3, ["s1", "s2", "s3"]))
    frame["my arm"] = frame["arm"]
    if "C(centre) + arm" in formula:
        frame["centre"] = frame["centre"].cat.codes
    test = ANCOVA(formula, frame, robust=None).fit().test(term)
    assert (test.num_df, test.tested) == (df, words)


def by_sums_of_squares(formula: str, without: str, frame: pd.DataFrame) -> float:
    """F of the model against the one without a term, for terms that no other contains."""
    full, less = (ANCOVA(f, frame, robust=None).fit() for f in (formula, without))
    rss = [fit.sigma**2 * fit.df_residual for fit in (full, less)]
    return (rss[1] - rss[0]) / (less.df_residual - full.df_residual) / full.sigma**2


@pytest.mark.parametrize(
    ("formula", "term", "without"),
    [
        ("post ~ pre + arm", "arm", "post ~ pre"),
        ("post ~ pre*arm", "arm:pre", "post ~ pre + arm"),
        ("post ~ C(centre)*arm + pre", "C(centre):arm", "post ~ C(centre) + arm + pre"),
        ("post ~ poly(pre, 2)*arm", "pre:arm", "post ~ poly(pre, 2) + arm"),
        ("post ~ poly(pre, 2) + arm", "pre", "post ~ arm"),
        ("post ~ arm + arm:pre", "arm:pre", "post ~ arm"),
        ("post ~ C(centre)*arm*pre", "C(centre):arm:pre", "post ~ (C(centre) + arm + pre)**2"),
    ],
)
def test_a_term_that_no_other_contains_is_tested_by_what_it_explains(formula: str, term: str, without: str) -> None:
    frame = two_arms().assign(centre=lambda d: d.index % 3)
    test = ANCOVA(formula, frame, robust=None).fit().test(term)
    assert pytest.approx(by_sums_of_squares(formula, without, frame), rel=1e-8) == test.F


def test_the_interaction_of_a_constrained_analysis_is_every_difference_after_baseline() -> None:
    fit = CLDA("y", trial(), subject="id", visit="visit", arm="arm", baseline="v1", covariates=("base",)).fit()
    rows = np.eye(len(fit.coef_names))[[name.startswith("arm") for name in fit.coef_names]]
    assert tuple(fit.test("arm:visit")) == pytest.approx(tuple(fit.test(rows)))


def result() -> LinearResult:
    return ANCOVA("post ~ pre*arm + log(pre)", two_arms()).fit()


@pytest.mark.parametrize(
    ("term", "words"),
    [
        ("male", "'male' is no term of 'post ~ pre*arm + log(pre)'; its terms are 1, pre, arm, log(pre), pre:arm."),
        ("arm:male", "'arm:male' is no term"),
        ("", "'' is no term"),
    ],
)
def test_a_term_that_is_not_there_is_refused_with_those_that_are(term: str, words: str) -> None:
    with pytest.raises(AnalysisError) as refusal:
        result().test(term)
    assert words in str(refusal.value)


@pytest.mark.parametrize("term", ["pre", "log(pre)"])
def test_a_transformation_is_a_term_of_its_own(term: str) -> None:
    """Moving the covariate moves both columns; the test is of its own column alone."""
    fit = ANCOVA("post ~ pre + log(pre) + arm", two_arms(), robust=None).fit()
    t = float(fit.coefficients().set_index("term")["t"][term])
    F, *_ = fit.test(term)
    np.testing.assert_allclose(F, t**2, rtol=1e-9)


@pytest.mark.parametrize(
    ("term", "wanted"),
    [
        ("arm:visit", ("arm", "visit")),
        ("`my:arm`:visit", ("my:arm", "visit")),
        ("C(a, contr.treatment('x:y')):b", ("C(a, contr.treatment('x:y'))", "b")),
        (" arm : visit ", ("arm", "visit")),
    ],
)
def test_a_term_is_split_between_its_factors_only(term: str, wanted: tuple[str, ...]) -> None:
    assert parts(term) == wanted
