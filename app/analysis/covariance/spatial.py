"""sp_exp: correlation rho^distance in time; theta = log SD, logit rho."""

import numpy as np

from app.analysis.covariance.structure import Structure
from app.analysis.distributions import Array


class SpatialExponential(Structure):
    """S_ab = sd^2 rho^|time_a - time_b|; each set of `times` (groups, slots) is a group, all with the same theta."""

    name, n_theta = "sp_exp", 2

    def __init__(self, times: Array) -> None:
        self.n_groups, self.n_slots = times.shape
        filled = np.nan_to_num(times)
        self.distance = np.abs(filled[:, :, None] - filled[:, None, :])

    def parts(self, theta: Array) -> tuple[Array, float]:
        """S and 1 - rho (d log rho / d logit)."""
        log_rho = -np.logaddexp(0.0, -theta[1])
        return np.exp(2 * theta[0] + self.distance * log_rho), float(np.exp(-np.logaddexp(0.0, theta[1])))

    def matrices(self, theta: Array) -> Array:
        return self.parts(theta)[0]

    def slopes(self, theta: Array) -> Array:
        S, rest = self.parts(theta)
        return np.stack([2 * S, S * self.distance * rest])

    def second(self, theta: Array) -> Array:
        S, rest = self.parts(theta)
        slope = self.distance * rest
        both = S * (slope**2 - slope * (1 - rest))
        return np.stack([np.stack([4 * S, 2 * S * slope]), np.stack([2 * S * slope, both])])

    def bend(self, theta: Array, A: Array) -> Array:
        return np.asarray(np.tensordot(A, self.second(theta), 2))

    def curvature(self, theta: Array, F: Array) -> Array:
        return np.asarray(np.tensordot(self.second(theta), F, 3))

    def starts(self, moments: Array) -> list[Array]:
        log_sd = 0.5 * np.log(np.mean(np.diagonal(moments, axis1=1, axis2=2)))
        gap = np.median(self.distance[self.distance > 0]) if (self.distance > 0).any() else 1.0
        rhos = [rho ** (1 / gap) for rho in (0.5, 0.1, 0.9)]
        return [np.array([log_sd, np.log(rho / (1 - rho))]) for rho in rhos]
