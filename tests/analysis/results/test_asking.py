"""Margins and sides, and families of differences: against the textbook's distributions and R's numbers."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from app.analysis import ANCOVA, LMM, AnalysisError
from app.analysis.results.asking import Question, holm_steps
from app.analysis.results.result import LinearResult
from tests.analysis.formula_cases import repeated, two_arms
from tests.analysis.trials import factor


def fit(level: float = 0.95) -> LinearResult:
    return ANCOVA("post ~ pre + arm", two_arms(), robust=None).fit(level)


@pytest.mark.parametrize("null", [0.0, -2.0, 0.5])
def test_a_one_sided_test_is_that_of_the_t_distribution(null: float) -> None:
    plain = fit().contrasts("arm").iloc[0]
    rows = {side: fit().contrasts("arm", null=null, side=side).iloc[0] for side in ("greater", "less", "two-sided")}
    t = (plain["estimate"] - null) / plain["se"]
    assert all(row["t"] == pytest.approx(t) for row in rows.values())
    assert rows["greater"]["p"] == pytest.approx(stats.t.sf(t, plain["df"]))
    assert rows["less"]["p"] == pytest.approx(stats.t.cdf(t, plain["df"]))
    assert rows["two-sided"]["p"] == pytest.approx(2 * min(rows["greater"]["p"], rows["less"]["p"]))
    assert rows["two-sided"][["lower", "upper"]].tolist() == plain[["lower", "upper"]].tolist()


@pytest.mark.parametrize("level", [0.9, 0.95, 0.975])
def test_a_one_sided_limit_excludes_the_margin_exactly_where_p_is_below_the_level(level: float) -> None:
    row = fit(level).contrasts("arm", side="greater").iloc[0]
    assert row["upper"] == np.inf
    at_limit = fit(level).contrasts("arm", null=float(row["lower"]), side="greater").iloc[0]
    assert at_limit["p"] == pytest.approx(1 - level)
    other = fit(level).contrasts("arm", side="less").iloc[0]
    assert other["lower"] == -np.inf
    assert fit(level).contrasts("arm", null=float(other["upper"]), side="less").iloc[0]["p"] == pytest.approx(1 - level)


def test_margins_are_taken_by_every_table_of_differences() -> None:
    model = LMM("y ~ arm*visit", repeated(), subject="id", visit="visit").fit()
    change = model.change_from("week 0", null=2.0, side="less")
    plain = model.change_from("week 0")
    np.testing.assert_allclose(change["t"], (plain["estimate"] - 2.0) / plain["se"])
    row = fit().contrast({"arm[T.A]": 1.0}, null=-1.0, side="greater").iloc[0]
    assert row["p"] == pytest.approx(fit().contrasts("arm", null=-1.0, side="greater").iloc[0]["p"])


SITES = two_arms().assign(site=lambda d: factor(d.index % 4, ["s1", "s2", "s3", "s4"]))


def test_pairwise_differences_are_tukey_s_and_say_so() -> None:
    """A one-way layout of equal groups is Tukey's own; scipy's tukey_hsd is the oracle."""
    table = ANCOVA("post ~ site", SITES, robust=None).fit().contrasts("site", kind="pairwise")
    oracle = stats.tukey_hsd(*(own["post"] for _, own in SITES.groupby("site", observed=True)))
    limits = oracle.confidence_interval(0.95)
    pairs = [(i, j) for i in range(4) for j in range(i + 1, 4)]
    np.testing.assert_allclose(table["p"], [oracle.pvalue[j, i] for i, j in pairs], atol=1e-8)
    np.testing.assert_allclose(table["lower"], [limits.low[j, i] for i, j in pairs], atol=1e-6)
    np.testing.assert_allclose(table["upper"], [limits.high[j, i] for i, j in pairs], atol=1e-6)
    assert set(table["adjustment"]) == {"tukey"}


def test_two_levels_need_no_adjustment_and_get_none() -> None:
    pair, plain = fit().contrasts("arm", kind="pairwise"), fit().contrasts("arm")
    columns = ["estimate", "p", "lower", "upper"]
    np.testing.assert_allclose(pair[columns], plain[columns], rtol=1e-7)


def test_a_family_is_one_by_group() -> None:
    """Three arms at each of four visits: three differences each, not twelve."""
    model = LMM("y ~ arm*visit", repeated(), subject="id", visit="visit").fit()
    table = model.contrasts("arm", by="visit", kind="pairwise")
    alone = model.contrasts("arm", by="visit", kind="pairwise", at={"visit": ["week 6"]})
    last = table[table["visit"] == "week 6"]
    np.testing.assert_allclose(alone["p"], last["p"], rtol=1e-9)
    raw = model.contrasts("arm", by="visit", kind="pairwise", adjust="none")
    wanted = stats.studentized_range.sf(np.sqrt(2) * raw["t"].abs(), 3, raw["df"])
    np.testing.assert_allclose(table["p"], wanted, rtol=1e-6)
    assert "adjustment" not in raw


@pytest.mark.parametrize(
    ("adjust", "wanted"),
    [
        ("none", [0.01, 0.04, 0.03]),
        ("bonferroni", [0.03, 0.12, 0.09]),
        ("holm", [0.03, 0.06, 0.06]),
    ],
)
def test_families_by_hand(adjust: Any, wanted: list[float]) -> None:
    se, df = np.ones(3), np.full(3, 20.0)
    estimate = stats.t.isf(np.array([0.01, 0.04, 0.03]) / 2, df)
    _, p, lower, upper = Question(0.95).family(estimate, se, df, adjust, 3)
    np.testing.assert_allclose(p, wanted, rtol=1e-9)
    reach = stats.t.isf(0.025 if adjust == "none" else 0.025 / 3, 20)
    np.testing.assert_allclose(upper - lower, 2 * reach)


def test_what_cannot_be_estimated_is_no_member_of_the_family() -> None:
    estimate = np.array([2.0, np.nan, 1.0])
    _, p, lower, _ = Question(0.95).family(estimate, np.ones(3), np.full(3, np.inf), "bonferroni", 3)
    assert p[0] == pytest.approx(2 * 2 * stats.norm.sf(2.0))
    assert np.isnan(p[1])
    assert np.isnan(lower[1])
    assert holm_steps(np.array([0.5, np.nan])).tolist()[0] == 0.5


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"side": "upper"}, "side='upper' is unknown; use 'two-sided', 'greater' or 'less'."),
        ({"null": np.nan}, "null=nan must be a finite number"),
        ({"null": "5"}, "null='5' must be a finite number"),
        ({"null": True}, "null=True must be a finite number"),
        ({"adjust": "dunnet"}, "adjust='dunnet' is unknown"),
        ({"adjust": "tukey"}, "Tukey's adjustment is for kind='pairwise'"),
    ],
)
def test_what_cannot_be_asked_is_said(options: dict[str, Any], words: str) -> None:
    with pytest.raises(AnalysisError, match=re.escape(words)):
        ANCOVA("post ~ site", SITES).fit().contrasts("site", **options)


def test_tukey_has_two_sides() -> None:
    with pytest.raises(AnalysisError, match="two-sided; use adjust='holm'"):
        ANCOVA("post ~ site", SITES).fit().contrasts("site", kind="pairwise", side="less")
    table = ANCOVA("post ~ site", SITES).fit().contrasts("site", kind="pairwise", side="less", adjust="holm")
    assert set(table["adjustment"]) == {"holm"}
    assert isinstance(table, pd.DataFrame)
