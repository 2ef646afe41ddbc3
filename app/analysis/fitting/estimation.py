"""From design and layout to the optimum, and from the optimum to what inference needs."""

from dataclasses import dataclass, field

import numpy as np
from scipy import linalg

from app.analysis.covariance.structure import Structure
from app.analysis.design.design import Design
from app.analysis.design.layout import Layout
from app.analysis.distributions import Array
from app.analysis.errors import NotEstimable
from app.analysis.fitting.inference import Inference, Method
from app.analysis.fitting.kenward_roger import adjusted_vcov
from app.analysis.fitting.likelihood import Criterion
from app.analysis.fitting.optimise import Optimum
from app.analysis.fitting.patterns import Reduced, reduce


@dataclass(frozen=True)
class Prepared:
    """The reduced data, in orthogonal columns Q = X R^-1 and with y centred on its least-squares fit.

    Orthogonal columns keep the cross-products well conditioned whatever the units and offsets of the covariates.
    """

    data: Reduced = field(repr=False)
    Z: Array = field(repr=False)
    """The rows [Q y] that were reduced."""
    R: Array = field(repr=False)
    start: Array = field(repr=False)
    """Least-squares coefficients, in the scale of X."""
    moments: Array = field(repr=False)
    """(groups, slots, slots): rough residual covariance, for starting values."""
    n_obs: int
    log_weight: float = 0.0
    """What weights add to the log likelihood, which was that of the rows times the roots of their weights."""

    def criterion(self, structure: Structure, reml: bool) -> Criterion:
        """The (restricted) likelihood of these data under a structure, in the scale of X."""
        log_det_r = float(np.log(np.abs(np.diag(self.R))).sum())
        return Criterion(self.data, structure, self.n_obs, reml, log_det_r)

    def beta(self, b: Array) -> Array:
        """Coefficients (p,) in the scale of X, of those of the orthogonal columns."""
        return np.asarray(self.start + linalg.solve_triangular(self.R, b))


def prepare(design: Design, layout: Layout) -> Prepared:
    """Orthogonal columns and centred outcome, reduced; raises NotEstimable if X explains y exactly."""
    X, y = design.weighted(design.X), design.weighted(design.y)
    R = np.linalg.qr(X, mode="r")
    Q = linalg.solve_triangular(R, X.T, trans="T").T
    coefficients = Q.T @ y
    coefficients += Q.T @ (y - Q @ coefficients)
    residual = y - Q @ coefficients
    scale = float(np.abs(y).max()) or 1.0
    if np.sqrt((residual**2).mean()) < 1e-10 * scale:
        raise NotEstimable(f"The model explains {design.outcome!r} exactly; no residual variance is left to estimate.")
    root = np.sqrt(len(y))
    Z = np.column_stack([Q * root, residual])
    data = reduce(Z, layout)
    start = linalg.solve_triangular(R, coefficients)
    log_weight = 0.0 if design.weights is None else float(np.log(design.weights).sum() / 2)
    return Prepared(data, Z, R / root, np.asarray(start), residual_moments(residual, layout), len(y), log_weight)


def residual_moments(residual: Array, layout: Layout) -> Array:
    """Pairwise-complete residual covariance of each group, for starting values only."""
    T, overall = len(layout.slots), float((residual**2).mean())
    groups = int(layout.group.max()) + 1
    if groups > 20:
        return np.broadcast_to(overall * np.eye(T), (1, T, T)).copy()
    table = np.zeros((len(layout.subjects), T))
    seen = np.zeros((len(layout.subjects), T))
    table[layout.subject, layout.slot] = residual
    seen[layout.subject, layout.slot] = 1.0
    out = np.empty((groups, T, T))
    for g in range(groups):
        own = layout.group == g
        pairs = seen[own].T @ seen[own]
        out[g] = np.where(pairs > 0, table[own].T @ table[own] / np.maximum(pairs, 1), 0.0)
        diagonal = np.diag(out[g])
        out[g][np.diag_indices(T)] = np.where(diagonal > 1e-8 * overall, diagonal, overall)
    return out


def inference_of(
    prepared: Prepared, criterion: Criterion, optimum: Optimum, method: Method, expected: bool = False
) -> Inference:
    """Covariances, slopes and degrees of freedom at the optimum, back in the scale of the coefficients.

    Kenward-Roger uses the expected information when `expected`, as pbkrtest does, else the observed, as mmrm does;
    `expected` goes with variance components, in which S is linear, so that full and linear are one.
    """
    point, P = optimum.point, optimum.derivatives.P
    kenward_roger = method.startswith("kenward-roger")
    information = criterion.expected_information(point, P) if expected and kenward_roger else optimum.information
    A = inverse(information)
    Phi = point.Phi
    adjusted = Phi
    if kenward_roger:
        adjusted = adjusted_vcov(criterion, point, P, A, full=method == "kenward-roger" and not expected)
    if (np.diag(adjusted) <= 0).any():
        raise NotEstimable("The Kenward-Roger covariance is not positive; use df='kenward-roger-linear'.")
    return Inference(
        method,
        prepared.beta(point.b),
        prepared.R,
        adjusted,
        Phi,
        P,
        A,
        float(prepared.n_obs - criterion.p),
    )


def inverse(information: Array) -> Array:
    """Inverse of an information matrix, scaled to unit diagonal first."""
    scale = 1 / np.sqrt(np.diag(information))
    return np.asarray(np.linalg.inv(information * np.outer(scale, scale)) * np.outer(scale, scale))
