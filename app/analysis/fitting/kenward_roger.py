"""The small-sample covariance of Kenward and Roger (1997).

Phi_A = Phi + 2 Phi { sum_jl A_jl (Q_jl - P_j Phi P_l - R_jl / 4) } Phi with Q_jl = X'WD_jWD_lWX and
R_jl = X'WD_jlWX. The linear variant drops R and does not depend on the parametrisation of the covariance; the full
one does. Sums over j and l are taken per pattern first, so no q x q x p x p array is formed.
"""

import numpy as np

from app.analysis.distributions import Array
from app.analysis.fitting.likelihood import Criterion, Point


def adjusted_vcov(criterion: Criterion, point: Point, P: Array, A: Array, full: bool) -> Array:
    """Phi_A for the theta covariance A, with the second derivatives of S when `full`."""
    W, Phi, D = point.W, point.Phi, criterion.slopes(point.theta)
    q, shape = len(D), D.shape[1:]
    AD = (A @ D.reshape(q, -1)).reshape(q, *shape)
    inner = np.einsum("jkab,jkbc->kac", D @ W, AD, optimize=True)
    if full:
        inner = inner - criterion.structure.bend(point.theta, A)[criterion.data.group] / 4
    weights = W @ inner @ W
    Q = criterion.data.weigh(0.5 * (weights + weights.transpose(0, 2, 1)))[:-1, :-1]
    AP = np.tensordot(A, P, (1, 0))
    PPhiP = np.einsum("jab,jbc->ac", P @ Phi, AP, optimize=True)
    adjusted = Phi + 2 * Phi @ (Q - PPhiP) @ Phi
    return np.asarray(0.5 * (adjusted + adjusted.T))
