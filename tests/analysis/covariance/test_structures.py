"""Each structure: derivatives against differences, and what its parameters mean."""

import numpy as np
import pytest

from app.analysis.covariance.choice import STRUCTURES
from app.analysis.covariance.random import RandomEffects, VarianceComponents
from app.analysis.covariance.spatial import SpatialExponential
from app.analysis.covariance.structure import PerGroup, Structure
from app.analysis.distributions import Array
from tests.some import some

TIMES = np.array([[0.0, 1.0, 2.5, 4.0], [0.0, 0.5, 3.0, np.nan]])
CASES: dict[str, Structure] = {
    **{name: make(4) for name, make in STRUCTURES.items()},
    "us by group": PerGroup(STRUCTURES["us"](3), 2),
    "adh by group": PerGroup(STRUCTURES["adh"](3), 2),
    "sp_exp": SpatialExponential(TIMES),
    "sp_exp by group": SpatialExponential(np.concatenate([TIMES, TIMES]), np.array([0, 1, 1, 0])),
    "intercept": RandomEffects(np.ones((1, 4, 1))),
    "slope": RandomEffects(np.stack([np.ones_like(TIMES), TIMES], axis=2)),
    "slope, singular": RandomEffects(np.stack([np.ones_like(TIMES), TIMES], axis=2), (True, True, False)),
    "components": VarianceComponents(np.ones((1, 4, 1))),
    "components of a slope": VarianceComponents(np.stack([np.ones_like(TIMES), TIMES], axis=2)),
    "one visit": STRUCTURES["ar1h"](1),
}


def theta_of(structure: Structure) -> Array:
    return np.random.default_rng(3).normal(0.2, 0.15, structure.n_theta)


def differences(structure: Structure, theta: Array, j: int, step: float = 1e-5) -> tuple[Array, Array]:
    move = np.zeros_like(theta)
    move[j] = step
    return theta + move, theta - move


@pytest.mark.parametrize("name", CASES)
def test_first_derivatives_are_those_of_the_covariance(name: str) -> None:
    structure, theta = CASES[name], theta_of(CASES[name])
    for j, slope in enumerate(structure.slopes(theta)):
        up, down = differences(structure, theta, j)
        numeric = (structure.matrices(up) - structure.matrices(down)) / 2e-5
        np.testing.assert_allclose(slope, numeric, atol=1e-8)


@pytest.mark.parametrize("name", CASES)
def test_second_derivatives_in_both_contractions(name: str) -> None:
    structure, theta = CASES[name], theta_of(CASES[name])
    q, rng = structure.n_theta, np.random.default_rng(5)
    second = np.empty((q, q, structure.n_groups, structure.n_slots, structure.n_slots))
    for j in range(q):
        up, down = differences(structure, theta, j)
        second[j] = (structure.slopes(up) - structure.slopes(down)) / 2e-5
    F = rng.normal(size=second.shape[2:])
    F = F + F.transpose(0, 2, 1)
    A = rng.normal(size=(q, q))
    A = A + A.T
    np.testing.assert_allclose(structure.curvature(theta, F), np.tensordot(second, F, 3), atol=1e-7)
    np.testing.assert_allclose(structure.bend(theta, A), np.tensordot(A, second, 2), atol=1e-7)


@pytest.mark.parametrize("name", STRUCTURES)
def test_starting_values_are_positive_definite_and_near_the_moments(name: str) -> None:
    moments = np.diag([4.0, 9.0, 16.0, 25.0])[None]
    for start in some(CASES[name].starts(moments)):
        S = CASES[name].matrices(start)[0]
        np.linalg.cholesky(S)
        assert 3 < np.sqrt(np.trace(S)) < 9


@pytest.mark.parametrize(
    ("name", "theta", "expected"),
    [
        ("ar1", [0.0, 1.0], [[1, 0.5**0.5, 0.5], [0.5**0.5, 1, 0.5**0.5], [0.5, 0.5**0.5, 1]]),
        ("cs", [0.0, 0.0], [[1, 0.25, 0.25], [0.25, 1, 0.25], [0.25, 0.25, 1]]),
        ("toep", [0.0, 0.75, 0.0], [[1, 0.6, 0], [0.6, 1, 0.6], [0, 0.6, 1]]),
        ("ad", [0.0, 0.75, 4 / 3], [[1, 0.6, 0.48], [0.6, 1, 0.8], [0.48, 0.8, 1]]),
        ("us", [0.0, np.log(2), 0.0, 0.5, 0.0, 0.0], [[1, 1, 0], [1, 5, 0], [0, 0, 1]]),
        ("csh", [0.0, np.log(2), 0.0, 0.0], [[1, 0.5, 0.25], [0.5, 4, 0.5], [0.25, 0.5, 1]]),
    ],
)
def test_parameters_mean_what_mmrm_s_mean(name: str, theta: list[float], expected: list[list[float]]) -> None:
    np.testing.assert_allclose(STRUCTURES[name](3).matrices(np.array(theta))[0], expected, atol=1e-12)


def test_spatial_correlation_falls_with_time() -> None:
    S = CASES["sp_exp"].matrices(np.array([np.log(2.0), 0.0]))
    np.testing.assert_allclose(S[0, 0], 4 * 0.5 ** TIMES[0])
