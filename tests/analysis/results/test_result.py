"""What every linear result answers: rows by array, frame or mapping, terms, pairs, limits, and what it refuses."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from app.analysis import ANCOVA, AnalysisError
from app.analysis.results.result import FTest, LinearResult, independent_rows
from tests.analysis.tables import cells
from tests.analysis.trials import factor


def frame() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    arm, site = np.arange(40) % 2, np.arange(40) % 3
    base = rng.normal(30, 5, 40)
    y = 5 + 0.5 * base - 3 * arm + site + rng.normal(0, 2, 40)
    arms = factor(arm, ["P", "A"])
    return pd.DataFrame({"y": y, "base": base, "arm": arms, "site": factor(site, ["s1", "s2", "s3"])})


def fit(level: float = 0.95, data: pd.DataFrame | None = None) -> LinearResult:
    return ANCOVA("y ~ base + arm*site", frame() if data is None else data, robust=None).fit(level)


def number(table: pd.DataFrame, row: Any, column: str) -> float:
    return float(cells(table, row, [column])[0])


INDEPENDENT = [
    # rows, which of them stay
    ([[1, 0], [0, 1]], [0, 1]),
    ([[1, 0], [2, 0]], [0]),
    ([[1, 0], [0, 1], [1, 1]], [0, 1]),
    ([[0, 0], [1, 0]], [1]),
    ([[1, 1, 0], [0, 0, 0], [2, 2, 0], [0, 1, 1]], [0, 3]),
]


@pytest.mark.parametrize(("rows", "kept"), INDEPENDENT)
def test_rows_that_earlier_ones_determine_are_left_out(rows: list[list[float]], kept: list[int]) -> None:
    L = np.array(rows, float)
    np.testing.assert_array_equal(independent_rows(L), L[kept])


def test_nothing_but_zeros_cannot_be_tested() -> None:
    with pytest.raises(AnalysisError, match="L is zero; there is nothing to test"):
        fit().test(np.zeros((2, 7)))


def test_a_row_may_be_written_as_array_frame_or_mapping() -> None:
    result = fit()
    place = result.coef_names.index("arm[T.A]")
    row = np.eye(len(result.coef_names))[place]
    ways = [row, row[None], row.tolist(), {"arm[T.A]": 1.0}, pd.DataFrame({"arm[T.A]": [1.0]})]
    for way in ways:
        np.testing.assert_allclose(
            result.contrast(way).to_numpy(float), result.coefficients().iloc[[place], 1:].to_numpy(float)
        )


def test_a_frame_s_index_labels_the_rows() -> None:
    table = fit().contrast(pd.DataFrame({"base": [1.0, 10.0]}, index=["per point", "per ten"]))
    assert table.index.tolist() == ["per point", "per ten"]
    assert number(table, "per ten", "estimate") == pytest.approx(10 * number(table, "per point", "estimate"))
    assert fit().contrast(np.eye(7)[:2]).index.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("L", "words"),
    [
        ([1.0, 2.0], "L has 2 columns, the model 7 coefficients."),
        (np.ones((2, 8)), "L has 8 columns, the model 7 coefficients."),
        (np.ones((1, 2, 7)), "L has 7 columns"),
        ({"arm": 1.0}, "No coefficient arm; there are Intercept"),
        (pd.DataFrame({"weight": [1.0], "arm[T.A]": [1.0]}), "No coefficient weight; there are"),
        ([np.nan] * 7, "L holds values that are not finite numbers."),
        ({"base": np.inf}, "L holds values that are not finite numbers."),
    ],
)
def test_rows_that_do_not_fit_are_refused(L: Any, words: str) -> None:
    with pytest.raises(AnalysisError, match=re.escape(words)):
        fit().contrast(L)


def test_estimates_hang_together_row_by_row() -> None:
    table = fit().coefficients()
    df = 40 - 7
    assert set(table["df"]) == {df}
    np.testing.assert_allclose(table["t"], table["estimate"] / table["se"])
    np.testing.assert_allclose(table["p"], 2 * stats.t.sf(table["t"].abs(), df))
    reach = stats.t.ppf(0.975, df) * table["se"]
    np.testing.assert_allclose(table["lower"], table["estimate"] - reach)
    np.testing.assert_allclose(table["upper"], table["estimate"] + reach)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.99])
def test_the_level_moves_the_limits_and_nothing_else(level: float) -> None:
    wide, usual = fit(level).coefficients(), fit().coefficients()
    pd.testing.assert_frame_equal(wide.drop(columns=["lower", "upper"]), usual.drop(columns=["lower", "upper"]))
    reach = (wide["upper"] - wide["lower"]) / 2
    np.testing.assert_allclose(reach, stats.t.ppf(0.5 + level / 2, 33) * wide["se"])


def test_a_row_of_zeros_is_zero_without_error_and_has_no_t() -> None:
    row = fit().contrast(np.zeros(7)).iloc[0]
    assert (row["estimate"], row["se"]) == (0.0, 0.0)
    assert np.isnan(row["t"])


@pytest.mark.parametrize(("term", "rows"), [("arm:site", 2), ("site:arm", 2), ("base", 1), ("Intercept", 1)])
def test_a_term_that_no_other_contains_is_tested_by_all_its_columns_and_no_others(term: str, rows: int) -> None:
    result = fit()
    parts = set(term.split(":"))
    columns = [i for i, name in enumerate(result.coef_names) if {p.split("[")[0] for p in name.split(":")} == parts]
    assert len(columns) == rows
    assert tuple(result.test(term)) == pytest.approx(tuple(result.test(np.eye(7)[columns])))


def test_a_term_that_is_not_there_is_named() -> None:
    with pytest.raises(AnalysisError, match=r"'visit' is no term of .*; its terms are 1,"):
        fit().test("visit")


def test_a_joint_test_is_the_comparison_of_residual_sums() -> None:
    result = fit()
    smaller = ANCOVA("y ~ base + arm + site", frame(), robust=None).fit()
    sums = [
        fitted.sigma**2 * fitted.df_residual
        for fitted in (smaller, ANCOVA("y ~ base + arm*site", frame(), robust=None).fit())
    ]
    F = (sums[0] - sums[1]) / 2 / (sums[1] / 33)
    test = result.test("arm:site")
    assert pytest.approx(test.F) == F
    assert (test.num_df, test.den_df) == (2, 33)
    assert test.p == pytest.approx(stats.f.sf(F, 2, 33))


def test_a_test_is_read_by_name_by_place_or_by_key() -> None:
    test = FTest(2.0, 3.0, 40.0, 0.13)
    assert tuple(test) == (2.0, 3.0, 40.0, 0.13)
    assert [test[name] for name in ("F", "num_df", "den_df", "p")] == list(test)


def test_differences_are_level_minus_reference_and_pairs_later_minus_earlier() -> None:
    result = fit()
    assert result.contrasts("site")["contrast"].tolist() == ["s2 - s1", "s3 - s1"]
    pairs = result.contrasts("site", kind="pairwise")
    assert pairs["contrast"].tolist() == ["s2 - s1", "s3 - s1", "s3 - s2"]
    estimates = pairs["estimate"].tolist()
    assert estimates[2] == pytest.approx(estimates[1] - estimates[0])
    means = result.emmeans("site").set_index("site")["estimate"]
    assert estimates[0] == pytest.approx(means["s2"] - means["s1"])


def test_differences_within_the_levels_of_another_factor() -> None:
    table = fit().contrasts("arm", by="site")
    assert table["site"].tolist() == ["s1", "s2", "s3"]
    assert table["site"].cat.categories.tolist() == ["s1", "s2", "s3"]
    assert set(table["contrast"]) == {"A - P"}


def test_one_level_alone_has_no_difference() -> None:
    with pytest.raises(AnalysisError, match="'site' has one level only; there is no difference to estimate"):
        fit().contrasts("site", at={"site": ["s2"]})


@pytest.mark.parametrize("name", ["arm", "site"])
def test_a_reference_that_nobody_chose_is_refused_for_differences_but_not_for_means(name: str) -> None:
    result = fit(data=frame().astype({name: str}))
    assert len(result.emmeans(name)) == frame()[name].nunique()
    with pytest.raises(AnalysisError, match=f"The reference of '{name}' is unknown"):
        result.contrasts(name)


def test_results_cannot_be_changed_from_outside() -> None:
    result = fit()
    result.beta[:] = 0
    result.vcov[:] = 0
    assert np.abs(result.beta).min() > 0
    assert np.diag(result.vcov).min() > 0
