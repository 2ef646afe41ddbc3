"""sp_exp: correlation rho^distance in time; theta = log SD, logit rho (of each group with parameters of its own)."""

import numpy as np

from app.analysis.covariance.structure import Structure
from app.analysis.design.layout import Ints
from app.analysis.distributions import Array


class SpatialExponential(Structure):
    """S_ab = sd^2 rho^|time_a - time_b|; each set of `times` (groups, slots) is a group.

    All groups have one theta, or each that of its owner: `owner` numbers the sets of parameters.
    """

    name = "sp_exp"

    def __init__(self, times: Array, owner: Ints | None = None) -> None:
        self.n_groups, self.n_slots = times.shape
        self.owner = np.zeros(self.n_groups, np.intp) if owner is None else owner
        self.n_owners = int(self.owner.max()) + 1
        self.n_theta = 2 * self.n_owners
        filled = np.nan_to_num(times)
        self.distance = np.abs(filled[:, :, None] - filled[:, None, :])

    def parts(self, theta: Array) -> tuple[Array, Array]:
        """S and 1 - rho (d log rho / d logit), each group's own."""
        log_sd, logit = theta.reshape(-1, 2)[self.owner].T[:, :, None, None]
        log_rho = -np.logaddexp(0.0, -logit)
        return np.exp(2 * log_sd + self.distance * log_rho), np.exp(-np.logaddexp(0.0, logit))

    def matrices(self, theta: Array) -> Array:
        """S_ab = sd^2 rho^|time_a - time_b| (G, T, T), in the unit of the outcome squared."""
        return self.parts(theta)[0]

    def slopes(self, theta: Array) -> Array:
        """dS/dtheta_j (q, G, T, T): by log SD and logit rho of each owner."""
        S, rest = self.parts(theta)
        out = np.zeros((self.n_owners, 2, self.n_groups, self.n_slots, self.n_slots))
        out[self.owner, :, np.arange(self.n_groups)] = np.stack([2 * S, S * self.distance * rest], axis=1)
        return out.reshape(self.n_theta, *S.shape)

    def second(self, theta: Array) -> Array:
        """Second derivatives by the group's own two parameters: (2, 2, groups, slots, slots)."""
        S, rest = self.parts(theta)
        slope = self.distance * rest
        both = S * (slope**2 - slope * (1 - rest))
        return np.stack([np.stack([4 * S, 2 * S * slope]), np.stack([2 * S * slope, both])])

    def bend(self, theta: Array, A: Array) -> Array:
        """Sum over j, l of A_jl d2S/dtheta_j dtheta_l (G, T, T), each group by its owner's parameters."""
        own = A.reshape(self.n_owners, 2, self.n_owners, 2)[self.owner, :, self.owner]
        return np.asarray(np.einsum("gjl,jlgab->gab", own, self.second(theta)))

    def curvature(self, theta: Array, F: Array) -> Array:
        """<F, d2S/dtheta_j dtheta_l> (q, q), zero between owners, for weights F (G, T, T)."""
        out = np.zeros((self.n_owners, 2, self.n_owners, 2))
        each = np.einsum("jlgab,gab->gjl", self.second(theta), F)
        for owner in range(self.n_owners):
            out[owner, :, owner] = each[self.owner == owner].sum(axis=0)
        return out.reshape(self.n_theta, self.n_theta)

    def starts(self, moments: Array) -> list[Array]:
        """The mean variance, with a correlation of 0.5, 0.1 and 0.9 over the middle distance."""
        log_sd = 0.5 * np.log(np.mean(np.diagonal(moments, axis1=1, axis2=2)))
        gap = np.median(self.distance[self.distance > 0]) if (self.distance > 0).any() else 1.0
        rhos = [rho ** (1 / gap) for rho in (0.5, 0.1, 0.9)]
        return [np.tile([log_sd, np.log(rho / (1 - rho))], self.n_owners) for rho in rhos]
