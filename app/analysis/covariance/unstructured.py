"""us: any covariance; theta = log of the Cholesky diagonal, then the unit lower triangle by rows (S = D L L' D)."""

import numpy as np

from app.analysis.covariance.structure import Structure
from app.analysis.distributions import Array


class Unstructured(Structure):
    """T log scales d and T(T-1)/2 entries of a unit lower triangle L; the Cholesky factor of S is diag(d) L."""

    name, n_groups = "us", 1

    def __init__(self, n_slots: int) -> None:
        self.n_slots, self.n_theta = n_slots, n_slots * (n_slots + 1) // 2
        self.rows, self.columns = np.tril_indices(n_slots, -1)

    def factor(self, theta: Array) -> tuple[Array, Array]:
        """The scales d (T,) and the Cholesky factor C = diag(d) L (T, T) of S."""
        T = self.n_slots
        scale = np.exp(theta[:T])
        lower = np.eye(T)
        lower[self.rows, self.columns] = theta[T:]
        return scale, scale[:, None] * lower

    def matrices(self, theta: Array) -> Array:
        """S = C C' (1, T, T), in the unit of the outcome squared; positive definite at every theta."""
        _, C = self.factor(theta)
        return np.asarray((C @ C.T)[None])

    def factor_slopes(self, theta: Array) -> Array:
        """dC/dtheta: row i for log d_i, one entry d_i for L_ik."""
        T = self.n_slots
        scale, C = self.factor(theta)
        out = np.zeros((self.n_theta, T, T))
        out[np.arange(T), np.arange(T)] = C
        out[np.arange(T, self.n_theta), self.rows, self.columns] = scale[self.rows]
        return out

    def slopes(self, theta: Array) -> Array:
        """dS/dtheta_j = dC_j C' + C dC_j': (q, 1, T, T)."""
        _, C = self.factor(theta)
        half = self.factor_slopes(theta) @ C.T
        return (half + half.transpose(0, 2, 1))[:, None]

    def bend(self, theta: Array, A: Array) -> Array:
        """Second derivatives of C are nonzero for two parameters of one row of which one is its scale."""
        T = self.n_slots
        _, C = self.factor(theta)
        dC = self.factor_slopes(theta)
        mixed = np.tensordot(A, dC, (1, 0))
        first = np.tensordot(dC, mixed, ([0, 2], [0, 2]))
        second = np.diag(A)[:T, None] * C
        entries = np.arange(T, self.n_theta)
        second = second + 2 * np.tensordot(A[self.rows, entries], dC[entries], (0, 0))
        half = second @ C.T
        return np.asarray((2 * first + half + half.T)[None])

    def curvature(self, theta: Array, F: Array) -> Array:
        """<F, d2S/dtheta_j dtheta_l> (q, q) for weights F (1, T, T), from the factor's derivatives."""
        T = self.n_slots
        _, C = self.factor(theta)
        dC = self.factor_slopes(theta)
        G = 2 * (F[0] @ C)
        out = 2 * np.tensordot(dC, F[0] @ dC, ([1, 2], [1, 2]))
        out[np.arange(T), np.arange(T)] += (G * C).sum(axis=1)
        entries = np.arange(T, self.n_theta)
        cross = np.tensordot(dC[entries], G, ([1, 2], [0, 1]))
        out[self.rows, entries] += cross
        out[entries, self.rows] += cross
        return np.asarray(out)

    def starts(self, moments: Array) -> list[Array]:
        """Independence with the moments' variances, then the moments themselves, shrunk to be positive definite."""
        sd = np.sqrt(np.diag(moments[0]))
        return [self.theta_of(np.diag(sd**2)), self.theta_of(0.5 * moments[0] + 0.5 * np.diag(sd**2))]

    def theta_of(self, S: Array) -> Array:
        """The parameters of a positive definite S; of its diagonal if it is not."""
        try:
            C = np.linalg.cholesky(S)
        except np.linalg.LinAlgError:
            C = np.diag(np.sqrt(np.diag(S)))
        scale = np.diag(C)
        return np.concatenate([np.log(scale), (C / scale[:, None])[self.rows, self.columns]])
