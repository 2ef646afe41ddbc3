"""Degrees of freedom by hand: each method on covariances so plain that the answer can be worked out on paper."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from app.analysis.distributions import Array, f_tail
from app.analysis.fitting.inference import METHODS, Inference, Method, kenward_roger_df

INF = float("inf")


def inference(nu: list[float], method: Method = "satterthwaite", residual_df: float = 30.0) -> Inference:
    """Independent estimates of variance one; the variance of the i-th alone is uncertain, with `nu[i]` df."""
    p = len(nu)
    slopes = np.zeros((p, p, p))
    slopes[np.arange(p), np.arange(p), np.arange(p)] = 1.0
    return Inference(
        method=method,
        beta=np.arange(1.0, p + 1),
        R=np.eye(p),
        adjusted=np.eye(p),
        Phi=np.eye(p),
        slopes=slopes,
        theta_vcov=np.diag(2 / np.array(nu)),
        residual_df=residual_df,
        coefficient_df=np.full(p, 12.0),
    )


def denominator(nu: list[float], method: Method = "satterthwaite") -> float:
    return inference(nu, method).f_test(np.eye(len(nu)))[2]


@pytest.mark.parametrize("nu", [0.5, 1.0, 2.0, 7.5, 1e6])
def test_a_row_has_the_degrees_of_freedom_of_its_own_variance(nu: float) -> None:
    """Satterthwaite 1946: 2 v^2 / var(v)."""
    assert inference([nu, 40.0]).df(np.array([[1.0, 0.0]])) == pytest.approx(nu)


def test_a_sum_has_the_degrees_of_freedom_of_satterthwaite_s_formula() -> None:
    """(v1 + v2)^2 / (v1^2 / nu1 + v2^2 / nu2), with the weights' squares as variances."""
    L = np.array([[3.0, 1.0]])
    assert inference([5.0, 20.0]).df(L)[0] == pytest.approx((9 + 1) ** 2 / (9**2 / 5 + 1 / 20))


def test_a_variance_that_is_known_has_infinite_degrees_of_freedom() -> None:
    assert inference([4.0, 4.0]).df(np.zeros((1, 2)))[0] == INF


FAI_CORNELIUS = [
    # degrees of freedom of the independent parts, of the joint test
    ([2.5, 4.0], 2 * 7 / (7 - 2)),  # 2.5/0.5 + 4/2 = 7
    ([4.0, 10.0], 2 * 3.25 / (3.25 - 2)),
    ([3.0, 4.0, 6.0], 2 * 6.5 / (6.5 - 3)),
    ([2.000001, 50.0], 2 * (2000001 + 50 / 48) / (2000001 + 50 / 48 - 2)),
    ([2.0, 50.0], 2.0),
    ([1.999999, 50.0], 2.0),
    ([1.5, 50.0], 2.0),
    ([50.0, 1.0], 2.0),
    ([0.3, 1.0, 90.0], 2.0),
    ([8.0, 8.0], 8.0),
    ([8.0, 8.0, 8.0], 8.0),
    ([1.5, 1.5], 1.5),
    ([2.0, 2.0], 2.0),
]


@pytest.mark.parametrize(("nu", "expected"), FAI_CORNELIUS)
def test_the_joint_test_of_fai_and_cornelius(nu: list[float], expected: float) -> None:
    """2 E / (E - q) with E the sum of nu / (nu - 2); 2 where any part has 2 or fewer; the common one of equal parts."""
    assert denominator(nu) == pytest.approx(expected, rel=1e-9)


def test_a_part_with_exactly_two_degrees_of_freedom_has_no_mean_and_gives_two() -> None:
    """nu / (nu - 2) is the mean of an F with nu denominators, which is infinite from 2 downwards."""
    assert denominator([2.0, 12.0]) == 2.0
    assert denominator([2.0 + 1e-9, 12.0]) == pytest.approx(2.0, abs=1e-6)


@pytest.mark.parametrize(("apart", "equal"), [(1e-10, True), (1e-9, True), (1e-3, False)])
def test_parts_that_differ_by_rounding_count_as_equal(apart: float, equal: bool) -> None:
    """Below two the rules differ: equal parts keep what they have, others get two."""
    assert denominator([1.5, 1.5 * (1 + apart)]) == pytest.approx(1.5 if equal else 2.0)


def test_the_parts_of_a_joint_test_are_its_independent_directions() -> None:
    """The test does not change when its rows are mixed."""
    plain = inference([5.0, 9.0])
    mixed = np.array([[1.0, 2.0], [3.0, -1.0]])
    F, rank, df = plain.f_test(np.eye(2))
    assert plain.f_test(mixed)[:2] == pytest.approx((F, rank))
    turned = np.linalg.qr(mixed.T)[0].T
    assert plain.f_test(turned)[0] == pytest.approx(F)
    assert df == pytest.approx(denominator([5.0, 9.0]))


@pytest.mark.parametrize(
    ("method", "of_a_row", "of_two_rows"),
    [("residual", 30.0, 30.0), ("normal", INF, INF), ("satterthwaite", 6.0, 2 * 2.75 / 0.75)],
)
def test_each_method_s_degrees_of_freedom(method: Method, of_a_row: float, of_two_rows: float) -> None:
    own = inference([6.0, 10.0], method)
    assert own.df(np.eye(2))[0] == pytest.approx(of_a_row)
    assert own.f_test(np.eye(2))[2] == pytest.approx(of_two_rows)
    assert own.f_test(np.eye(2)[:1])[2] == pytest.approx(of_a_row)


@pytest.mark.parametrize("method", METHODS)
def test_one_row_s_f_is_the_square_of_its_t(method: Method) -> None:
    own = inference([6.0, 10.0], method)
    estimate, se, df = own.rows(np.array([[1.0, 1.0]]))
    F, rank, den_df = own.f_test(np.array([[1.0, 1.0]]))
    assert rank == 1
    assert pytest.approx((estimate[0] / se[0]) ** 2) == F
    assert den_df == pytest.approx(df[0])


def test_the_statistic_of_several_rows_is_their_quadratic_form_over_their_number() -> None:
    F, rank, _ = inference([6.0, 10.0, 8.0], "residual").f_test(np.eye(3))
    assert rank == 3
    assert pytest.approx((1 + 4 + 9) / 3) == F


@pytest.mark.parametrize(("variance", "se"), [(4.0, 2.0), (0.0625, 0.25), (0.0, 0.0), (-1e-18, 0.0)])
def test_a_standard_error_is_the_root_of_the_adjusted_variance(variance: float, se: float) -> None:
    """A variance that rounding took below zero is zero."""
    own = inference([6.0, 10.0])
    adjusted = Inference(
        own.method, own.beta, own.R, np.diag([variance, 1.0]), own.Phi, own.slopes, own.theta_vcov, own.residual_df
    )
    assert adjusted.rows(np.eye(2))[1].tolist() == [se, 1.0]


def test_estimates_and_errors_come_back_in_the_scale_of_the_columns() -> None:
    """X = Q R: a contrast L of beta is L R^-1 of the orthogonal columns."""
    R = np.array([[2.0, 1.0], [0.0, 4.0]])
    own = Inference(
        "normal", np.array([1.0, 2.0]), R, np.diag([9.0, 25.0]), np.eye(2), np.zeros((0, 2, 2)), np.zeros((0, 0)), 9.0
    )
    inverse = np.linalg.inv(R)
    vcov = inverse @ np.diag([9.0, 25.0]) @ inverse.T
    np.testing.assert_allclose(own.vcov, vcov)
    estimate, se, _ = own.rows(np.array([[1.0, 1.0], [0.0, 1.0]]))
    assert estimate.tolist() == [3.0, 2.0]
    np.testing.assert_allclose(se, np.sqrt([vcov.sum(), vcov[1, 1]]))


@pytest.mark.parametrize("nu", [3.5, 6.0, 11.0, 60.0])
@pytest.mark.parametrize("rows", [2, 3, 4])
def test_kenward_and_roger_are_exact_for_hotelling_s_statistic(nu: float, rows: int) -> None:
    """Kenward and Roger 1997, section 3: with an unstructured covariance on nu df, F has nu - rows + 1 denominators."""
    slopes, theta_vcov = wishart(rows, nu)
    m, scale = kenward_roger_df(np.eye(rows), np.eye(rows), slopes, theta_vcov)
    assert m == pytest.approx(nu - rows + 1)
    assert scale == pytest.approx((nu - rows + 1) / nu)


@pytest.mark.parametrize("beyond", [-0.5, -1e-3, -1e-6, 0.0, 1e-12, 1e-6, 1e-3, 0.5])
@pytest.mark.parametrize("rows", [2, 3, 4])
def test_two_denominator_degrees_of_freedom_are_no_gap(rows: int, beyond: float) -> None:
    """An F with two denominators has no mean, and its moments cannot be matched there; from both sides they can."""
    nu = rows + 1 + beyond
    slopes, theta_vcov = wishart(rows, nu)
    m, scale = kenward_roger_df(np.eye(rows), np.eye(rows), slopes, theta_vcov)
    assert m == pytest.approx(2 + beyond, abs=1e-5)
    assert scale == pytest.approx((2 + beyond) / nu, abs=1e-5)


@pytest.mark.parametrize("rows", [2, 3, 4, 5])
def test_four_denominator_degrees_of_freedom_are_no_gap(rows: int) -> None:
    """Where an F has no variance: three whole degrees of freedom more than rows, as balanced data have."""
    m, scale = kenward_roger_df(np.eye(rows), np.eye(rows), *wishart(rows, rows + 3.0))
    assert (m, scale) == pytest.approx((4.0, 4 / (rows + 3)))


def wishart(rows: int, nu: float) -> tuple[Array, Array]:
    """A mean vector's precision dPhi^-1/dtheta at Phi = I, and the covariance of a Wishart's entries on nu df."""
    i, j = np.triu_indices(rows)
    slopes = np.zeros((len(i), rows, rows))
    slopes[np.arange(len(i)), i, j] = slopes[np.arange(len(i)), j, i] = -1.0
    return slopes, np.diag(np.where(i == j, 2 / nu, 1 / nu))


def test_kenward_and_roger_with_a_known_covariance_is_the_chi_square() -> None:
    slopes, theta_vcov = wishart(2, 8.0)
    assert kenward_roger_df(np.eye(2), np.eye(2), slopes, 0 * theta_vcov) == (INF, 1.0)


def test_kenward_and_roger_scale_the_statistic() -> None:
    slopes, theta_vcov = wishart(3, 12.0)
    options: dict[str, Any] = {"slopes": slopes, "theta_vcov": theta_vcov, "residual_df": 12.0}
    own = Inference("kenward-roger", np.arange(3.0), np.eye(3), np.eye(3), np.eye(3), **options)
    F, rank, df = own.f_test(np.eye(3))
    assert (F, rank, df) == pytest.approx(((0 + 1 + 4) / 3 * 10 / 12, 3, 10.0))
    hotelling = stats.f.sf(5 * (12 - 3 + 1) / (12 * 3), 3, 10)
    assert f_tail(F, rank, df) == pytest.approx(hotelling)
