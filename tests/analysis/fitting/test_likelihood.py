"""The criterion against a dense computation, its derivatives against differences, and Newton's result."""

from typing import Any

import numpy as np
import pytest

from app.analysis import LMM, MMRM
from app.analysis.distributions import Array
from app.analysis.fitting import patterns
from app.analysis.fitting.likelihood import Criterion
from app.analysis.models.mixed_model import MixedModel
from tests.analysis.trials import FORMULA, trial

KINDS: dict[str, dict[str, Any]] = {
    "us": {"covariance": "us"},
    "us by arm": {"covariance": "us", "cov_by": "arm"},
    "toeph": {"covariance": "toeph"},
    "adh": {"covariance": "adh"},
    "csh": {"covariance": "csh"},
    "ar1 ml": {"covariance": "ar1", "reml": False},
    "sp_exp": {"covariance": "sp_exp", "time": "month"},
    "sp_exp by arm": {"covariance": "sp_exp", "time": "month", "cov_by": "arm"},
}


def make(name: str) -> MixedModel:
    return MMRM(FORMULA, trial(), subject="id", visit="visit", **KINDS[name])


def model_of(name: str) -> MixedModel:
    if name == "slope":
        return LMM(FORMULA, trial(), subject="id", visit="visit", slope="month")
    return make(name)


def criterion_of(model: MixedModel) -> tuple[Criterion, Array]:
    criterion = model.prepared.criterion(model.structure(model.covariance), model.reml)
    theta = criterion.structure.starts(model.prepared.moments)[0]
    return criterion, theta + np.random.default_rng(2).normal(0, 0.05, len(theta))


def dense(model: MixedModel, criterion: Criterion, theta: Array) -> float:
    """-2 log likelihood with one big V."""
    X, y, layout = model.design.X, model.design.y, model.layout
    S = criterion.structure.matrices(theta)
    same = layout.subject[:, None] == layout.subject[None, :]
    group = layout.group[layout.subject]
    V = np.where(same, S[group[:, None], layout.slot[:, None], layout.slot[None, :]], 0.0)
    W = np.linalg.inv(V)
    A = X.T @ W @ X
    r = y - X @ np.linalg.solve(A, X.T @ W @ y)
    value = np.linalg.slogdet(V)[1] + r @ W @ r + len(y) * np.log(2 * np.pi)
    if model.reml:
        value += np.linalg.slogdet(A)[1] - X.shape[1] * np.log(2 * np.pi)
    return float(value)


@pytest.mark.parametrize("name", [*KINDS, "slope"])
def test_reduced_data_give_the_dense_likelihood(name: str) -> None:
    model = model_of(name)
    criterion, theta = criterion_of(model)
    point = criterion.at(theta)
    assert point is not None
    assert point.value == pytest.approx(dense(model, criterion, theta), abs=1e-8)


@pytest.mark.parametrize("name", [*KINDS, "slope"])
def test_gradient_and_hessian_against_differences(name: str) -> None:
    criterion, theta = criterion_of(model_of(name))
    point = criterion.at(theta)
    assert point is not None
    exact = criterion.derivatives(point)
    for j in range(len(theta)):
        step = np.zeros_like(theta)
        step[j] = 1e-5
        up, down = criterion.at(theta + step), criterion.at(theta - step)
        assert up is not None
        assert down is not None
        scale = np.abs(exact.hessian).max()
        assert abs(exact.gradient[j] - (up.value - down.value) / 2e-5) < 1e-6 * scale
        numeric = (criterion.derivatives(up).gradient - criterion.derivatives(down).gradient) / 2e-5
        np.testing.assert_allclose(exact.hessian[j], numeric, atol=1e-6 * scale)


@pytest.mark.parametrize("name", ["us", "slope"])
def test_expected_information_is_the_mean_of_the_observed(name: str) -> None:
    """Over data simulated at theta, the Hessian's half averages to the expected information."""
    model = model_of(name)
    criterion, theta = criterion_of(model)
    rng, layout = np.random.default_rng(6), model.layout
    S = criterion.structure.matrices(theta)[layout.group]
    factor = np.linalg.cholesky(S + 1e-12 * np.eye(S.shape[-1]))
    total, count = np.zeros((len(theta), len(theta))), 400
    for _ in range(count):
        e = (factor @ rng.normal(size=(*S.shape[:2], 1)))[:, :, 0]
        Z = np.column_stack([model.prepared.Z[:, :-1], e[layout.subject, layout.slot]])
        drawn = Criterion(patterns.reduce(Z, layout), criterion.structure, criterion.n_obs, True, 0.0)
        point = drawn.at(theta)
        assert point is not None
        derivatives = drawn.derivatives(point)
        total += derivatives.hessian / 2 / count
    assert point is not None
    expected = drawn.expected_information(point, derivatives.P)
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert np.abs((total - expected) / scale).max() < 0.08


def test_patterns_kept_as_rows_give_the_same_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    reduced = make("us").fit()
    monkeypatch.setattr(patterns, "TABLE_LIMIT", 0)
    model = make("us")
    assert len(model.prepared.data.raw) > 0
    assert len(model.prepared.data.table) > 0
    kept = model.fit()
    assert kept.loglik == pytest.approx(reduced.loglik, abs=1e-9)
    np.testing.assert_allclose(kept.vcov, reduced.vcov, rtol=1e-9)
    np.testing.assert_allclose(kept.coefficients()["df"], reduced.coefficients()["df"], rtol=1e-8)


def test_the_gradient_ends_at_rounding_level() -> None:
    for name in KINDS:
        fit = make(name).fit()
        assert np.abs(fit.optimum.derivatives.gradient).max() < 1e-8, name
        assert np.linalg.eigvalsh(fit.optimum.derivatives.hessian).min() > 0, name


@pytest.mark.parametrize("limit", [patterns.TABLE_LIMIT, 0])
def test_taking_one_subject_off_is_reducing_the_others(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "TABLE_LIMIT", limit)
    model = make("us by arm")
    prepared, layout = model.prepared, model.layout
    data = patterns.reduce(prepared.Z, layout)
    weights = np.ones(len(layout.subjects))
    weights[7] = 0.0
    structure = model.structure("us")
    theta = structure.starts(prepared.moments)[1]
    n_obs = int(weights[layout.subject].sum())
    values = [
        Criterion(less, structure, n_obs, True, 0.0).at(theta)
        for less in (
            patterns.without(data, prepared.Z, layout, 7),
            patterns.reduce(prepared.Z, layout, weights),
        )
    ]
    assert values[0] is not None
    assert values[1] is not None
    assert values[0].value == pytest.approx(values[1].value, abs=1e-9)
