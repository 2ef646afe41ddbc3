"""Random intercept (and slope): V = Z Psi Z' + sigma^2 I, by Psi's factor Lambda as lme4 has it, or by Psi itself."""

import numpy as np

from app.analysis.covariance.structure import Structure
from app.analysis.distributions import Array


class RandomEffects(Structure):
    """theta = lower triangle of Lambda by rows, then log sigma; entries that are not `free` stay 0 (singular fits).

    `Z` is (groups, slots, random effects): ones, and the slope's times.
    """

    name = "random"

    def __init__(self, Z: Array, free: tuple[bool, ...] | None = None) -> None:
        self.Z = np.nan_to_num(Z)
        self.n_groups, self.n_slots, self.r = Z.shape
        rows, columns = np.tril_indices(self.r)
        self.free = free or (True,) * len(rows)
        keep = np.flatnonzero(self.free)
        self.rows, self.columns = rows[keep], columns[keep]
        self.n_theta = len(keep) + 1

    def factor(self, theta: Array) -> Array:
        """Lambda (r, r), lower triangular, with zeros where an entry is not free."""
        out = np.zeros((self.r, self.r))
        out[self.rows, self.columns] = theta[:-1]
        return out

    def components(self, theta: Array) -> tuple[Array, float]:
        """Covariance of the random effects and the residual variance."""
        factor = self.factor(theta)
        return factor @ factor.T, float(np.exp(2 * theta[-1]))

    def matrices(self, theta: Array) -> Array:
        """V (G, T, T) = Z Lambda Lambda' Z' + sigma^2 I, in the unit of the outcome squared."""
        half = self.Z @ self.factor(theta)
        return np.asarray(half @ half.transpose(0, 2, 1) + np.exp(2 * theta[-1]) * np.eye(self.n_slots))

    def slopes(self, theta: Array) -> Array:
        """dV/dtheta_j (q, G, T, T): by the free entries of Lambda, then by log sigma."""
        half = self.Z @ self.factor(theta)
        out = np.empty((self.n_theta, self.n_groups, self.n_slots, self.n_slots))
        for j, (a, b) in enumerate(zip(self.rows, self.columns, strict=True)):
            side = self.Z[:, :, a, None] * half[:, None, :, b]
            out[j] = side + side.transpose(0, 2, 1)
        out[-1] = 2 * np.exp(2 * theta[-1]) * np.eye(self.n_slots)
        return out

    def bend(self, theta: Array, A: Array) -> Array:
        """Sum over j, l of A_jl d2V/dtheta_j dtheta_l (G, T, T); V is quadratic in Lambda."""
        middle = np.zeros((self.r, self.r))
        for j, (a, b) in enumerate(zip(self.rows, self.columns, strict=True)):
            for k, (c, d) in enumerate(zip(self.rows, self.columns, strict=True)):
                middle[a, c] += 2 * A[j, k] * (b == d)
        residual = 4 * np.exp(2 * theta[-1]) * A[-1, -1] * np.eye(self.n_slots)
        return np.asarray(self.Z @ middle @ self.Z.transpose(0, 2, 1) + residual)

    def curvature(self, theta: Array, F: Array) -> Array:
        """<F, d2V/dtheta_j dtheta_l> (q, q) for weights F (G, T, T)."""
        inner = np.tensordot(F @ self.Z, self.Z, ([0, 1], [0, 1]))
        out = np.zeros((self.n_theta, self.n_theta))
        out[:-1, :-1] = 2 * inner[np.ix_(self.rows, self.rows)] * np.equal.outer(self.columns, self.columns)
        out[-1, -1] = 4 * np.exp(2 * theta[-1]) * np.trace(F, axis1=1, axis2=2).sum()
        return out

    def starts(self, moments: Array) -> list[Array]:
        """A tenth, half and nearly all of the variance between subjects."""
        total = float(np.mean(np.diagonal(moments, axis1=1, axis2=2)))
        reach = np.sqrt((self.Z**2).mean(axis=(0, 1)))
        out = []
        for share in (0.5, 0.1, 0.9):
            scale = np.sqrt(share * total / self.r) / reach
            entry = np.where(self.rows == self.columns, scale[self.rows], 0.0)
            out.append(np.concatenate([entry, [0.5 * np.log((1 - share) * total)]]))
        return out


class VarianceComponents(Structure):
    """The same covariance by its components: theta = lower triangle of Psi by rows, then sigma^2.

    V is linear in them, so a component that is estimated as zero keeps its derivative: inference at a boundary needs
    it, as pbkrtest does. It is not for searching, where V must stay positive definite.
    """

    name = "random"

    def __init__(self, Z: Array) -> None:
        self.Z = np.nan_to_num(Z)
        self.n_groups, self.n_slots, self.r = Z.shape
        self.rows, self.columns = np.tril_indices(self.r)
        self.n_theta = len(self.rows) + 1

    def matrices(self, theta: Array) -> Array:
        """V (G, T, T) = Z Psi Z' + sigma^2 I."""
        Psi = np.zeros((self.r, self.r))
        Psi[self.rows, self.columns] = theta[:-1]
        Psi[self.columns, self.rows] = theta[:-1]
        return np.asarray(self.Z @ Psi @ self.Z.transpose(0, 2, 1) + theta[-1] * np.eye(self.n_slots))

    def slopes(self, theta: Array) -> Array:
        """dV/dtheta_j (q, G, T, T), the same at every theta."""
        out = np.empty((self.n_theta, self.n_groups, self.n_slots, self.n_slots))
        for j, (a, b) in enumerate(zip(self.rows, self.columns, strict=True)):
            side = self.Z[:, :, a, None] * self.Z[:, None, :, b]
            out[j] = side if a == b else side + side.transpose(0, 2, 1)
        out[-1] = np.eye(self.n_slots)
        return out

    def bend(self, theta: Array, A: Array) -> Array:
        """Zero (G, T, T): V is linear in its components."""
        return np.zeros((self.n_groups, self.n_slots, self.n_slots))

    def curvature(self, theta: Array, F: Array) -> Array:
        """Zero (q, q): V is linear in its components."""
        return np.zeros((self.n_theta, self.n_theta))

    def starts(self, moments: Array) -> list[Array]:
        """No random effects and all variance residual."""
        total = float(np.mean(np.diagonal(moments, axis1=1, axis2=2)))
        return [np.append(np.zeros(len(self.rows)), total)]
