"""-2 log (restricted) likelihood with exact gradient and Hessian, on reduced data.

    -2 l = sum_k n_k log|S_k| + log|X' V^-1 X| + r' V^-1 r + (N - p) log 2 pi          (REML)

the constant of mmrm, lme4 and SAS. With W_k = S_k^-1, Phi = (X' V^-1 X)^-1, D_j = dS/dtheta_j and per pattern
E_k = W_k (sum_i X_i Phi X_i' + r_i r_i') W_k:

    gradient_j  = <F, D_j>,  F = sum_k n_k W_k - E_k
    Hessian_jl  = <F, D_jl> + sum_k tr[(2 E_k - n_k W_k) D_j W_k D_l] - tr(Phi P_j Phi P_l) - 2 u_j' Phi u_l

with P_j = -X' V^-1 D_j V^-1 X and u_j = -X' V^-1 D_j V^-1 r; without the terms in Phi for ML (Wolfinger, Tobias and
Sall 1994, SIAM J Sci Comput 15:1294; Lindstrom and Bates 1988, JASA 83:1014).
"""

from dataclasses import dataclass, field

import numpy as np

from app.analysis.covariance.structure import Structure
from app.analysis.distributions import Array
from app.analysis.fitting.patterns import Reduced, both_seen

LOG_2_PI = float(np.log(2 * np.pi))


@dataclass(frozen=True)
class Point:
    """The criterion at one theta, with what its derivatives need."""

    theta: Array
    value: float
    """-2 log likelihood."""
    W: Array = field(repr=False)
    Phi: Array = field(repr=False)
    b: Array = field(repr=False)


@dataclass(frozen=True)
class Derivatives:
    """Gradient and Hessian of -2 log likelihood, and the matrices P_j."""

    gradient: Array
    hessian: Array
    P: Array = field(repr=False)
    """(q, p, p): P_j = dPhi^-1/dtheta_j."""


@dataclass(frozen=True)
class Criterion:
    """The (restricted) likelihood of one data set under one structure; `log_det_r` = log|det R| of X = Q R."""

    data: Reduced = field(repr=False)
    structure: Structure
    n_obs: int
    reml: bool
    log_det_r: float

    @property
    def p(self) -> int:
        """How many coefficients the mean has."""
        return self.data.n_columns - 1

    def at(self, theta: Array) -> Point | None:
        """The criterion at theta; None where S is not positive definite."""
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            S = self.structure.matrices(theta)
        if not np.isfinite(S).all():
            return None
        mask = self.data.mask
        both = both_seen(mask)
        padded = np.where(both, S[self.data.group], np.eye(S.shape[-1]))
        try:
            if self.structure.name.startswith("toep"):
                np.linalg.cholesky(S)
            log_det = 2 * np.log(np.diagonal(np.linalg.cholesky(padded), axis1=1, axis2=2)).sum(axis=1)
            W = np.where(both, np.linalg.inv(padded), 0.0)
            W = 0.5 * (W + W.transpose(0, 2, 1))
            M = self.data.weigh(W)
            A = M[:-1, :-1]
            factor = np.linalg.cholesky(A)
            Phi = np.linalg.inv(A)
        except np.linalg.LinAlgError:
            return None
        Phi = 0.5 * (Phi + Phi.T)
        b = Phi @ M[:-1, -1]
        value = float(self.data.count @ log_det + M[-1, -1] - b @ M[:-1, -1] + self.n_obs * LOG_2_PI)
        if self.reml:
            value += 2 * float(np.log(np.diag(factor)).sum() + self.log_det_r) - self.p * LOG_2_PI
        return Point(theta, value, W, Phi, b) if np.isfinite(value) else None

    def slopes(self, theta: Array) -> Array:
        """dS/dtheta_j of each pattern: (q, patterns, slots, slots)."""
        return self.structure.slopes(theta)[:, self.data.group]

    def derivatives(self, point: Point) -> Derivatives:
        """Exact gradient (q,) and Hessian (q, q) of -2 log likelihood by theta, and P_j (q, p, p)."""
        W, Phi, v = point.W, point.Phi, np.append(-point.b, 1.0)
        n = self.data.count[:, None, None]
        bracket = np.outer(v, v)
        if self.reml:
            bracket[:-1, :-1] += Phi
        E = W @ self.data.spread(bracket) @ W
        slopes = self.structure.slopes(point.theta)
        D = slopes[:, self.data.group]
        F = np.zeros(slopes.shape[1:])
        np.add.at(F, self.data.group, n * W - E)
        q = len(D)
        gradient = slopes.reshape(q, -1) @ F.reshape(-1)
        WD = W @ D
        M = self.data.weigh(WD @ W)
        P, U = -M[:, :-1, :-1], -(M @ v)[:, :-1]
        hessian = self.structure.curvature(point.theta, F) + _paired(2 * E - n * W, D, WD) - 2 * U @ Phi @ U.T
        if self.reml:
            hessian = hessian - trace_products(Phi, P)
        return Derivatives(gradient, 0.5 * (hessian + hessian.T), P)

    def expected_information(self, point: Point, P: Array) -> Array:
        """Expected information of theta under REML: half of sum_k tr(n W - 2 E^X) D_j W D_l + tr(Phi P_j Phi P_l)."""
        W, D = point.W, self.slopes(point.theta)
        bracket = np.zeros((self.p + 1, self.p + 1))
        bracket[:-1, :-1] = point.Phi
        E = W @ self.data.spread(bracket) @ W
        G = self.data.count[:, None, None] * W - 2 * E
        out = 0.5 * (_paired(G, D, W @ D) + trace_products(point.Phi, P))
        return np.asarray(0.5 * (out + out.T))


def _paired(G: Array, D: Array, WD: Array) -> Array:
    """sum_k tr(G_k D_jk W_k D_lk) for all j, l."""
    q = len(D)
    left = (G @ D).reshape(q, -1)
    right = WD.transpose(0, 1, 3, 2).reshape(q, -1)
    return np.asarray(left @ right.T)


def trace_products(Phi: Array, P: Array) -> Array:
    """tr(Phi P_j Phi P_l) for all j, l."""
    left = Phi @ P
    return np.asarray(left.reshape(len(P), -1) @ left.transpose(0, 2, 1).reshape(len(P), -1).T)
