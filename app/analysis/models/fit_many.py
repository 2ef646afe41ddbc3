"""`fit_many`: one MMRM fitted to many outcomes of the same rows, or to many weightings of its participants."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from app.analysis.covariance.structure import Structure
from app.analysis.distributions import Array, t_quantile, t_tail
from app.analysis.errors import AnalysisError, DataError
from app.analysis.fitting.many import Points, Shared, at, derivatives, share
from app.analysis.fitting.optimise import DECREMENT, FLAT, LONGEST_STEP, MOST_HALVINGS, MOST_STEPS
from app.analysis.fitting.weighted import share_weighted
from app.analysis.models.mixed_model import search
from app.analysis.models.mmrm import MMRM
from app.analysis.threads import one_thread

CHUNK = 256
WEIGHTED_NUMBERS = 16_000_000
"""Numbers of the weighted sums that are kept at a time."""


def fit_many(
    model: MMRM, outcomes: Any = None, contrast: Any = None, *, weights: Any = None, level: float = 0.95
) -> pd.DataFrame:
    """The contrast in each data set: draw, estimate, se, df, t, p, lower, upper, loglik, converged; one row a draw.

    `outcomes` is (draws, rows), in the order of the model's own rows; `contrast` a row of L over the coefficients, as
    an array or {name: weight}. REML (or ML, as the model says) under the model's covariance, Satterthwaite's degrees of
    freedom; the same numbers as as many calls of `fit`, in a fraction of the time. A data set without a proper optimum
    is not a number and `converged` false. Raises AnalysisError for models with groups, weights or times of their own.

    With `weights` (draws, subjects, in the order of `model.layout.subjects`) instead of outcomes, each draw is the
    model's own outcome with each subject counted so often: whole numbers are the bootstrap, and give what a fit of the
    resampled data would; others, as the Bayesian bootstrap has them, weigh each subject's likelihood.
    """
    if model.cov_by is not None or model.weights is not None or model.own_times:
        raise AnalysisError("fit_many fits one covariance by visit; leave out cov_by=, the model's weights= and times.")
    if contrast is None or (outcomes is None) == (weights is None):
        raise AnalysisError("fit_many needs a contrast, and either outcomes or weights.")
    Y = checked_outcomes(model, outcomes) if weights is None else checked_weights(model, weights)
    row = contrast_row(model, contrast)
    with one_thread():
        structure = model.structure(model.covariance)
        Q = np.asarray(np.linalg.solve(model.prepared.R.T, model.design.X.T).T, float)
        start = search(model.prepared, structure, model.reml)[1].point.theta
        chunk = _of_outcomes if weights is None else _of_weights
        size = CHUNK if weights is None else _weighted_chunk(model)
        parts = [chunk(model, structure, Q, Y[i : i + size], start, row) for i in range(0, len(Y), size)]
    table = pd.concat(parts, ignore_index=True)
    reach = t_quantile(0.5 + level / 2, table["df"].to_numpy(float)) * table["se"]
    t = table["estimate"] / table["se"]
    table = table.assign(
        t=t, p=t_tail(t, table["df"]), lower=table["estimate"] - reach, upper=table["estimate"] + reach
    )
    table.insert(0, "draw", np.arange(len(table)))
    return table[["draw", "estimate", "se", "df", "t", "p", "lower", "upper", "loglik", "converged"]]


def checked_outcomes(model: MMRM, outcomes: Any) -> Array:
    """(draws, rows) of finite numbers; raises DataError for anything else."""
    Y = np.atleast_2d(np.asarray(outcomes, float))
    if Y.shape[1] != len(model.design.y) or not np.isfinite(Y).all():
        raise DataError(
            f"outcomes must be (draws, {len(model.design.y)}) finite numbers, one column a row of the model."
        )
    return Y


def checked_weights(model: MMRM, weights: Any) -> Array:
    """(draws, subjects) of finite numbers, none below zero; raises DataError for anything else."""
    W = np.atleast_2d(np.asarray(weights, float))
    if W.shape[1] != len(model.layout.subjects) or not np.isfinite(W).all() or (W < 0).any():
        size = len(model.layout.subjects)
        raise DataError(f"weights must be (draws, {size}) finite numbers of zero or more, one column a subject.")
    return W


def bootstrap_weights(
    model: MMRM, draws: int, *, seed: int, within: str | None = None, continuous: bool = False
) -> Array:
    """(draws, subjects) for `fit_many`: how often each subject is drawn within the levels of a column.

    Drawn with replacement; `within` is constant in a subject, as the arm is. `continuous` gives the Bayesian bootstrap
    (Rubin 1981, Ann Stat 9:130): exponential weights, which sum to the number of subjects of their level, so that
    nobody is left out.
    """
    rng, n = np.random.default_rng(seed), len(model.layout.subjects)
    groups = np.zeros(n, np.intp)
    if within is not None:
        first = pd.Series(model.layout.subject).drop_duplicates()
        groups[first.to_numpy()] = pd.factorize(model.data.loc[model.design.frame.index, within])[0][first.index]
    out = np.zeros((draws, n))
    for group in np.unique(groups):
        own = np.flatnonzero(groups == group)
        if continuous:
            drawn = rng.exponential(size=(draws, len(own)))
            out[:, own] = drawn * (len(own) / drawn.sum(axis=1, keepdims=True))
        else:
            out[:, own] = rng.multinomial(len(own), np.full(len(own), 1 / len(own)), size=draws)
    return out


def contrast_row(model: MMRM, contrast: Any) -> Array:
    """One row of L over the model's coefficients; raises AnalysisError for another shape or an unknown name."""
    names = model.design.names
    if isinstance(contrast, dict):
        if unknown := [name for name in contrast if name not in names]:
            raise AnalysisError(f"No coefficient {unknown[0]}; there are {', '.join(names)}.")
        return np.array([float(contrast.get(name, 0.0)) for name in names])
    row = np.asarray(contrast, float).reshape(-1)
    if row.shape != (len(names),):
        raise AnalysisError(f"The contrast has {len(row)} numbers, the model {len(names)} coefficients.")
    return row


def _of_outcomes(model: MMRM, structure: Structure, Q: Array, Y: Array, start: Array, row: Array) -> pd.DataFrame:
    fitted = (Y @ Q) / len(model.design.y)
    data = share(Q, Y - fitted @ Q.T, model.layout)
    return _estimates(model, structure, data, fitted, start, row, float(len(model.design.y)))


def _of_weights(model: MMRM, structure: Structure, Q: Array, W: Array, start: Array, row: Array) -> pd.DataFrame:
    fitted = (model.design.y @ Q) / len(model.design.y)
    rows = np.bincount(model.layout.subject, minlength=W.shape[1])
    made = partial(share_weighted, Q, model.design.y - Q @ fitted, model.layout)
    data = made(W)
    estimable = data.tells_apart()
    usable = np.where(estimable[:, None], W, 1.0)
    if not estimable.all():
        data = made(usable)
    table = _estimates(model, structure, data, np.tile(fitted, (len(W), 1)), start, row, usable @ rows)
    numbers = [name for name in table.columns if name != "converged"]
    return table.assign(
        converged=table["converged"] & estimable, **{name: table[name].where(estimable) for name in numbers}
    )


def _weighted_chunk(model: MMRM) -> int:
    """So many draws that their sums are some 128 MB."""
    slots = len(model.layout.slots)
    patterns = len(model.prepared.data.count)
    numbers = patterns * slots * (slots + 1) // 2 * (model.design.X.shape[1] + 1) ** 2
    return int(min(CHUNK, max(1, WEIGHTED_NUMBERS // numbers)))


def _estimates(
    model: MMRM, structure: Structure, data: Shared, fitted: Array, start: Array, row: Array, n_obs: float | Array
) -> pd.DataFrame:
    thetas = np.tile(start, (len(data.yy), 1))
    points, hessian, P, proper = _newton(model, structure, data, thetas, n_obs)
    K = np.linalg.solve(model.prepared.R.T, row)
    v = np.einsum("i,bij,j->b", K, points.Phi, K)
    half = np.einsum("i,bij->bj", K, points.Phi)
    g = -np.einsum("bi,bqij,bj->bq", half, P, half, optimize=True)
    A = np.linalg.inv(np.where(proper[:, None, None], hessian, np.eye(hessian.shape[-1])) / 2)
    df = 2 * v**2 / np.einsum("bq,bqr,br->b", g, A, g)
    value = points.value + (2 * float(np.log(np.abs(np.diag(model.prepared.R))).sum()) if model.reml else 0.0)
    columns = {"estimate": (points.b + fitted) @ K, "se": np.sqrt(v), "df": df, "loglik": -value / 2}
    table = pd.DataFrame(columns).where(pd.Series(proper), np.nan)
    return table.assign(converged=proper)


def _newton(
    model: MMRM, structure: Structure, data: Shared, theta: Array, n_obs: float | Array
) -> tuple[Points, Array, Array, np.ndarray]:
    """Newton for every data set at once; those that are done wait for the others."""
    reml = model.reml
    points = at(data, structure, theta, n_obs, reml)
    done = np.zeros(len(theta), bool)
    for _ in range(MOST_STEPS):
        gradient, hessian, P = derivatives(data, structure, points, reml)
        step, decrement = newton_steps(gradient, hessian)
        done = decrement < DECREMENT
        trial = at(data, structure, points.theta + step, n_obs, reml)
        slope = (gradient * step).sum(axis=1)
        share_of = np.ones(len(theta))
        for _ in range(MOST_HALVINGS):
            bound = points.value + 1e-4 * share_of * slope + 1e-11 * np.abs(points.value)
            worse = ~(trial.value <= bound) & ~done
            if not worse.any():
                break
            share_of[worse] /= 2
            trial = at(data, structure, points.theta + share_of[:, None] * step, n_obs, reml)
        points = trial
        if done.all():
            break
    _, hessian, P = derivatives(data, structure, points, reml)
    scale = 1 / np.sqrt(np.abs(np.diagonal(hessian, axis1=1, axis2=2)))
    smallest = np.linalg.eigvalsh(hessian * scale[:, :, None] * scale[:, None, :])[:, 0]
    return points, hessian, P, done & np.isfinite(points.value) & (smallest > FLAT)


def newton_steps(gradient: Array, hessian: Array) -> tuple[Array, Array]:
    """The steps (B, q) on the Hessians with their eigenvalues made positive, and the squared decrements (B,)."""
    scale = 1 / np.sqrt(np.maximum(np.abs(np.diagonal(hessian, axis1=1, axis2=2)), 1e-300))
    values, vectors = np.linalg.eigh(hessian * scale[:, :, None] * scale[:, None, :])
    size = np.abs(values)
    bounded = np.maximum(size, 1e-8 * size.max(axis=1, keepdims=True))
    inner = np.einsum("bij,bi->bj", vectors, scale * gradient)
    step = -scale * np.einsum("bij,bj->bi", vectors, inner / bounded)
    longest = np.abs(step).max(axis=1, keepdims=True)
    step = np.where(longest > LONGEST_STEP, step * LONGEST_STEP / np.maximum(longest, 1e-300), step)
    return step, (inner * (inner / bounded)).sum(axis=1)
