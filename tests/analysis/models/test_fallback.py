"""Covariances that fail are recorded and replaced by those that were named beforehand, or nothing is reported."""

import numpy as np
import pytest

from app.analysis import LMM, MMRM
from app.analysis.errors import NotConverged
from app.analysis.fitting.inference import Method
from app.analysis.models.lmm import RandomEffectsResult
from tests.analysis.trials import FORMULA, trial


def test_the_first_that_can_be_fitted_is_taken_and_all_are_recorded() -> None:
    model = MMRM("y ~ visit", trial(8, 8, missing=0.0), subject="id", visit="visit")
    fit = model.fit(fallback=("toeph", "ar1h", "cs"))
    assert fit.attempts[0].covariance == "us"
    assert "too few subjects" in fit.attempts[0].outcome
    assert fit.attempts[-1].outcome == "converged"
    assert fit.covariance == fit.attempts[-1].covariance != "us"
    assert "us, " in fit.summary()
    assert "too few subjects" in fit.to_json()


def test_nothing_is_reported_when_all_fail() -> None:
    model = MMRM("y ~ visit", trial(4, 4, missing=0.0), subject="id", visit="visit")
    with pytest.raises(NotConverged, match=r"us: .*; toeph: "):
        model.fit(fallback=("toeph",))


def test_an_optimum_at_infinity_is_not_an_optimum() -> None:
    """Two visits that are copies of each other: the correlation runs to one."""
    frame = trial(30, 2, missing=0.0)
    first = frame["y"].to_numpy().reshape(-1, 2)[:, :1]
    frame["y"] = np.column_stack([first, first + 1]).reshape(-1)
    with pytest.raises(NotConverged, match="us: "):
        MMRM("y ~ visit", frame, subject="id", visit="visit").fit()


@pytest.mark.parametrize(("seed", "optima"), [(19, 2), (20, 1)])
def test_that_there_were_several_optima_is_said(seed: int, optima: int) -> None:
    frame = trial(8, 4, seed=seed, missing=0.4)
    fit = MMRM("y ~ visit", frame, subject="id", visit="visit", covariance="ar1h").fit()
    assert len(fit.optimum.optima) == optima
    said = f"The likelihood has {optima} optima; the highest was taken."
    assert [message for message in fit.messages if "optima" in message] == [said] * (optima > 1)


def singular_trial(df: Method = "satterthwaite") -> RandomEffectsResult:
    """Negative correlation within subjects: the variance between them is estimated as zero."""
    S = 20 * (np.eye(3) - 0.3 * (1 - np.eye(3)))
    frame = trial(40, 3, covariance=S, missing=0.1)
    fit = LMM("y ~ base + arm*visit", frame, subject="id", visit="visit").fit(df=df)
    assert isinstance(fit, RandomEffectsResult)
    return fit


def test_random_intercept_at_zero_is_said_and_is_least_squares() -> None:
    fit = singular_trial()
    assert fit.singular
    assert fit.variance_components["intercept"] == 0
    assert any("Singular" in message and "zero" in message for message in fit.messages)
    assert "Singular" in fit.summary()
    assert set(fit.coefficients()["df"].round(6)) == {float(fit.n_obs - len(fit.beta))}
    X, y = fit.design.X, fit.design.y
    beta, rss, *_ = np.linalg.lstsq(X, y)
    np.testing.assert_allclose(fit.beta, beta, rtol=1e-8)
    np.testing.assert_allclose(fit.vcov, rss / (len(y) - len(beta)) * np.linalg.inv(X.T @ X), rtol=1e-8)


def test_compound_symmetry_may_be_negative_where_the_random_intercept_stops() -> None:
    singular = singular_trial()
    frame = singular.design.frame
    cs = MMRM("y ~ base + arm*visit", frame, subject="id", visit="visit", covariance="cs").fit()
    assert cs.Sigma[0, 1] < 0
    assert cs.loglik > singular.loglik


def test_a_slope_without_variance_is_said() -> None:
    S = 20 * (0.5 + 0.5 * np.eye(4))
    frames = [trial(40, 4, covariance=S, seed=seed) for seed in range(8)]
    fits = [LMM(FORMULA, frame, subject="id", slope="month").fit() for frame in frames]
    singular = [fit for fit in fits if isinstance(fit, RandomEffectsResult) and fit.singular]
    assert 0 < len(singular) < len(fits)
    for fit in singular:
        assert any("Singular" in message for message in fit.messages)
        assert np.isfinite(fit.coefficients()[["estimate", "se", "df"]].to_numpy()).all()


def test_results_cannot_be_changed() -> None:
    fit = MMRM(FORMULA, trial(), subject="id", visit="visit").fit()
    with pytest.raises(AttributeError):
        fit.level = 0.9  # type: ignore[misc]
    fit.beta[0] = 1e9
    fit.Sigma[0, 0] = -1
    fit.vcov[0, 0] = -1
    assert fit.beta[0] != 1e9
    assert fit.Sigma[0, 0] > 0
    assert fit.vcov[0, 0] > 0
