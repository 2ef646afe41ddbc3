"""The empirical covariance, against loops over subjects and the jackknife."""

import numpy as np
import pytest

from app.analysis import LMM, MMRM, AnalysisError
from app.analysis.distributions import Array
from app.analysis.results.mixed_result import MixedResult
from tests.analysis.trials import FORMULA, trial


def by_loop(fit: MixedResult, cr3: bool) -> Array:
    X, y, layout = fit.design.X, fit.design.y, fit.layout
    r = y - X @ fit.beta
    own = [np.flatnonzero(layout.subject == i) for i in range(fit.n_subjects)]
    W = [np.linalg.inv(fit.Sigma[np.ix_(layout.slot[rows], layout.slot[rows])]) for rows in own]
    bread = np.linalg.inv(sum(X[rows].T @ w @ X[rows] for rows, w in zip(own, W, strict=True)))
    meat: Array = np.zeros((len(bread), len(bread)))
    for rows, w in zip(own, W, strict=True):
        e: Array = r[rows]
        if cr3:
            e = np.asarray(np.linalg.solve(np.eye(len(rows)) - X[rows] @ bread @ X[rows].T @ w, e), np.float64)
        score = X[rows].T @ w @ e
        meat = meat + np.outer(score, score)
    return np.asarray(bread @ meat @ bread)


@pytest.mark.parametrize("kind", ["CR0", "CR3"])
def test_sandwich_is_the_sum_over_subjects(kind: str) -> None:
    fit = MMRM(FORMULA, trial(), subject="id", visit="visit").fit()
    robust = fit.robust(kind)  # type: ignore[arg-type]
    np.testing.assert_allclose(robust.vcov, by_loop(fit, kind == "CR3"), rtol=1e-8)
    np.testing.assert_allclose(robust.beta, fit.beta)
    assert any(kind in message for message in robust.messages)
    assert robust.df_method == "satterthwaite"


def test_cr3_is_near_the_jackknife_and_wider_than_cr0() -> None:
    frame = trial(40)
    fit = LMM(FORMULA, frame, subject="id", visit="visit").fit()
    left_out = [
        LMM(FORMULA, frame[frame["id"] != name], subject="id", visit="visit").fit().beta for name in fit.layout.subjects
    ]
    spread = np.array(left_out) - np.mean(left_out, axis=0)
    jackknife = np.sqrt((39 / 40) * (spread**2).sum(axis=0))
    cr3, cr0 = (np.sqrt(np.diag(fit.robust(kind).vcov)) for kind in ("CR3", "CR0"))
    np.testing.assert_allclose(cr3, jackknife, rtol=0.1)
    assert (cr3 > cr0).all()


def test_unknown_kind() -> None:
    fit = LMM(FORMULA, trial(), subject="id", visit="visit").fit()
    with pytest.raises(AnalysisError, match="'CR1' is unknown"):
        fit.robust("CR1")  # type: ignore[arg-type]
