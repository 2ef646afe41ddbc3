"""Pooling, on numbers worked by hand."""

import numpy as np
import pytest

from app.analysis.distributions import Array, t_quantile
from app.analysis.imputation.pooling import pool, rubin

INF = float("inf")


def draws(estimates: list[float], se: float = 1.0, df: float = 20.0) -> Array:
    return np.array([[[value, se, df]] for value in estimates])


FULL = np.array([[2.5, 1.0, 20.0]])


def test_rubin_s_rules_on_numbers_worked_by_hand() -> None:
    estimates, se, df = np.array([[1.0], [2.0], [3.0]]), np.array([[1.0], [1.0], [1.0]]), np.full((3, 1), 20.0)
    estimate, total, pooled_df, error = rubin(estimates, se, df)
    assert estimate[0] == 2
    assert total[0] ** 2 == pytest.approx(1 + 4 / 3)
    share = (4 / 3) / (7 / 3)
    old, seen = 2 / share**2, 20 * 21 / 23 * (1 - share)
    assert pooled_df[0] == pytest.approx(1 / (1 / old + 1 / seen))
    assert error[0] == pytest.approx(np.sqrt(1 / 3))


RUBIN = [
    # estimates, complete-data df, pooled df (Barnard and Rubin 1999)
    ([2.0, 2.0, 2.0], 20.0, 20 * 21 / 23),
    ([2.0, 2.0, 2.0], INF, INF),
    ([1.0, 2.0, 3.0], INF, 2 / (4 / 7) ** 2),
    ([1.0, 3.0], INF, 1 / (3 / 4) ** 2),
]


@pytest.mark.parametrize(("estimates", "complete", "expected"), RUBIN)
def test_barnard_and_rubin_s_degrees_of_freedom(estimates: list[float], complete: float, expected: float) -> None:
    count = len(estimates)
    _, _, df, _ = rubin(np.array(estimates)[:, None], np.ones((count, 1)), np.full((count, 1), complete))
    assert df[0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("estimates", "se"),
    [
        ([1.0, 2.0, 3.0], (2 / 3 * 2) ** 0.5),
        ([2.0, 2.0, 2.0, 2.0], 0.0),
        ([0.0, 4.0], (1 / 2 * 8) ** 0.5),
    ],
)
def test_the_jackknife_sums_the_squares_of_those_left_out(estimates: list[float], se: float) -> None:
    """(n - 1) / n times the sum of squares about their mean; the estimate is that of everybody."""
    row = pool("condmean-jackknife", FULL, draws(estimates), 0.95).iloc[0]
    assert row["estimate"] == 2.5
    assert row["se"] == pytest.approx(se)
    assert row["df"] == INF
    assert row["mc_error"] == 0


def test_the_bootstrap_takes_the_spread_of_its_draws_and_says_how_sure_it_is() -> None:
    row = pool("bootstrap", FULL, draws([1.0, 2.0, 3.0]), 0.95).iloc[0]
    assert (row["estimate"], row["se"], row["df"]) == (2.5, 1.0, INF)
    assert row["mc_error_of_se"] == pytest.approx(1 / 2)


def test_random_draws_are_pooled_by_rubin_s_rules() -> None:
    row = pool("approx-bayes", FULL, draws([1.0, 2.0, 3.0]), 0.95).iloc[0]
    assert row["estimate"] == 2.0
    assert row["se"] ** 2 == pytest.approx(1 + 4 / 3)
    assert row["mc_error"] == pytest.approx((1 / 3) ** 0.5)


@pytest.mark.parametrize("method", ["condmean-jackknife", "bootstrap", "approx-bayes"])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_the_limits_are_as_far_as_level_and_degrees_of_freedom_say(method: str, level: float) -> None:
    row = pool(method, FULL, draws([1.0, 2.0, 4.0]), level).iloc[0]
    reach = float(t_quantile(0.5 + level / 2, row["df"])) * row["se"]
    assert (row["lower"], row["upper"]) == pytest.approx((row["estimate"] - reach, row["estimate"] + reach))
    assert row["t"] == pytest.approx(row["estimate"] / row["se"])


def test_each_row_is_pooled_by_itself() -> None:
    two = np.concatenate([draws([1.0, 2.0, 3.0]), draws([5.0, 5.0, 5.0])], axis=1)
    table = pool("bootstrap", np.array([[2.0, 1.0, 20.0], [5.0, 1.0, 20.0]]), two, 0.95)
    assert table["se"].tolist() == [1.0, 0.0]
    assert table["estimate"].tolist() == [2.0, 5.0]
