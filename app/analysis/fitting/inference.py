"""Degrees of freedom and tests: Satterthwaite, Fai-Cornelius, Kenward-Roger, between-within, residual, normal.

Satterthwaite 1946; Giesbrecht and Burns 1985; Fai and Cornelius 1996, J Stat Comput Simul 54:363; Kenward and Roger
1997, Biometrics 53:983. A is the covariance of theta, P_j = dPhi^-1/dtheta_j; dPhi/dtheta_j = -Phi P_j Phi.
"""

from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from scipy import linalg

from app.analysis.design.layout import Ints
from app.analysis.distributions import Array

Method = Literal["satterthwaite", "kenward-roger", "kenward-roger-linear", "between-within", "residual", "normal"]
POLE = 1e-4
"""Nearer than this to m = 2, where an F has no mean and the formulas divide by zero, both sides' limit is taken."""
METHODS: tuple[Method, ...] = get_args(Method)


@dataclass(frozen=True)
class Inference:
    """What tests of the fixed effects need: estimates, two covariances, and how uncertain the covariance is.

    Covariances and slopes are kept for the orthogonal columns Q of X = Q R, in which they are well conditioned; a
    contrast L beta is L R^-1 there.
    """

    method: Method
    beta: Array
    R: Array = field(repr=False)
    adjusted: Array = field(repr=False)
    """Covariance used for standard errors (adjusted by Kenward-Roger, or robust)."""
    Phi: Array = field(repr=False)
    """(Q' V^-1 Q)^-1."""
    slopes: Array = field(repr=False)
    """(q, p, p): P_j."""
    theta_vcov: Array = field(repr=False)
    residual_df: float
    coefficient_df: Array | None = field(default=None, repr=False)
    """(p,): between-within degrees of freedom of each coefficient; a contrast has the least of those it involves."""

    def turned(self, L: Array) -> Array:
        """Contrast rows in the orthogonal columns: L R^-1, (rows, p)."""
        return np.asarray(linalg.solve_triangular(self.R, L.T, trans="T").T)

    @property
    def vcov(self) -> Array:
        """Covariance of beta behind the standard errors."""
        half = linalg.solve_triangular(self.R, self.adjusted)
        return np.asarray(linalg.solve_triangular(self.R, half.T))

    def df(self, L: Array) -> Array:
        """Degrees of freedom of each row of L."""
        return self._df(self.turned(L), L)

    def _df(self, K: Array, L: Array) -> Array:
        if self.method == "between-within":
            assert self.coefficient_df is not None
            return np.asarray(np.where(np.abs(L) > 1e-12, self.coefficient_df, np.inf).min(axis=1, initial=np.inf))
        if self.method == "normal":
            return np.full(len(K), np.inf)
        if self.method == "residual":
            return np.full(len(K), self.residual_df)
        return self._satterthwaite(K)

    def _satterthwaite(self, K: Array) -> Array:
        M = K @ self.Phi
        v = np.einsum("ij,ij->i", M, K)
        g = -np.einsum("ia,jab,ib->ij", M, self.slopes, M, optimize=True)
        spread = np.einsum("ij,jl,il->i", g, self.theta_vcov, g)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(spread > 0, 2 * v**2 / spread, np.inf)

    def rows(self, L: Array) -> tuple[Array, Array, Array]:
        """Estimate, standard error and degrees of freedom of each row of L."""
        K = self.turned(L)
        variance = np.einsum("ij,jk,ik->i", K, self.adjusted, K)
        return L @ self.beta, np.sqrt(np.maximum(variance, 0.0)), self._df(K, L)

    def f_test(self, L: Array) -> tuple[float, float, float]:
        """F, numerator and denominator degrees of freedom of L beta = 0; L has full row rank."""
        rank, K = len(L), self.turned(L)
        estimate, variance = L @ self.beta, K @ self.adjusted @ K.T
        F = float(estimate @ np.linalg.solve(variance, estimate)) / rank
        if self.method in ("residual", "normal", "between-within") or rank == 1:
            return F, rank, float(self._df(K, L).min())
        if self.method == "satterthwaite":
            return F, rank, self._fai_cornelius(K)
        den_df, scale = kenward_roger_df(K, self.Phi, self.slopes, self.theta_vcov)
        return scale * F, rank, den_df

    def _fai_cornelius(self, K: Array) -> float:
        _, vectors = np.linalg.eigh(K @ self.Phi @ K.T)
        nu = self._satterthwaite(vectors.T @ K)
        if np.ptp(nu) < 1e-8 * nu.max():
            return float(nu.mean())
        if (nu <= 2).any():
            return 2.0
        E = float((nu / (nu - 2)).sum())
        return 2 * E / (E - len(nu))


def kenward_roger_df(L: Array, Phi: Array, P: Array, A: Array) -> tuple[float, float]:
    """Denominator degrees of freedom m and scale lambda of Kenward and Roger (1997), section 3, for several rows."""
    rows = len(L)
    Theta = L.T @ np.linalg.solve(L @ Phi @ L.T, L)
    M = Theta @ Phi @ P @ Phi
    single = np.trace(M, axis1=1, axis2=2)
    A1 = float(single @ A @ single)
    A2 = float((A * (M.reshape(len(P), -1) @ M.transpose(0, 2, 1).reshape(len(P), -1).T)).sum())
    if A2 <= 0:
        return float("inf"), 1.0
    if abs(1 - A2 / rows) > POLE:
        return _matched(A1, A2, rows)
    sides = [_matched(share * A1, share * A2, rows) for share in (1 - 10 * POLE, 1 + 10 * POLE)]
    return (sides[0][0] + sides[1][0]) / 2, (sides[0][1] + sides[1][1]) / 2


def _matched(A1: float, A2: float, rows: int) -> tuple[float, float]:
    """m and lambda with which lambda F has the first two moments of an F distribution."""
    B = (A1 + 6 * A2) / (2 * rows)
    g = ((rows + 1) * A1 - (rows + 4) * A2) / ((rows + 2) * A2)
    below = 3 * rows + 2 * (1 - g)
    c1, c2, c3 = g / below, (rows - g) / below, (rows + 2 - g) / below
    by_mean = 1 - A2 / rows  # 1 / E
    above, under = (1 + c1 * B) * by_mean**2, (1 - c2 * B) ** 2 * (1 - c3 * B)  # rows V / (2 E^2) = above / under
    m = 4 + (rows + 2) * under / (above - under)
    return m, m * by_mean / (m - 2)


def between_within(X: Array, subject: Ints) -> Array:
    """Degrees of freedom of each column of X (rows, p), as mmrm and nlme count them.

    A column that is constant within every subject has subjects - columns between (the intercept among them); any other,
    and the intercept itself, rows - subjects - columns within (Schluchter and Elashoff 1990; Pinheiro and Bates 2000,
    section 2.4.2).
    """
    first = np.unique(subject, return_index=True)[1]
    constant = np.abs(X - X[first][subject]).max(axis=0) <= 1e-12 * np.maximum(np.abs(X).max(axis=0), 1e-300)
    intercept = constant & (np.ptp(X, axis=0) == 0)
    between = len(first) - int(constant.sum())
    within = len(X) - len(first) - int((~constant).sum())
    return np.where(constant & ~intercept, float(between), float(within))
