"""The law of a patient's outcomes after an event, by strategy."""

import numpy as np

from app.analysis.imputation.strategies import covariance_law, mean_law


def test_strategies_follow_their_definitions() -> None:
    own, other = np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([[10.0, 20.0, 30.0, 40.0]])
    table = {
        ("MAR", 2): [1, 2, 3, 4],
        ("CR", 2): [10, 20, 30, 40],
        ("J2R", 2): [1, 2, 30, 40],
        ("CIR", 2): [1, 2, 2 + 10, 2 + 20],
        ("LMCF", 2): [1, 2, 2, 2],
        ("J2R", 0): [10, 20, 30, 40],
        ("CIR", 0): [10, 20, 30, 40],
    }
    for (strategy, t), expected in table.items():
        assert mean_law(strategy, own, other, t).tolist() == [expected], (strategy, t)


def test_spliced_covariance_keeps_own_past_and_the_reference_s_regression() -> None:
    rng = np.random.default_rng(4)
    own, other = (a @ a.T + np.eye(4) for a in rng.normal(size=(2, 4, 4)))
    S = covariance_law("J2R", own, other, 2)
    np.testing.assert_allclose(S[:2, :2], own[:2, :2])
    np.testing.assert_allclose(S[2:, :2] @ np.linalg.inv(S[:2, :2]), other[2:, :2] @ np.linalg.inv(other[:2, :2]))
    ours, theirs = (M[2:, 2:] - M[2:, :2] @ np.linalg.inv(M[:2, :2]) @ M[:2, 2:] for M in (S, other))
    np.testing.assert_allclose(ours, theirs)
    assert np.allclose(covariance_law("J2R", own, own, 2), own)
