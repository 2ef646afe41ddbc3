"""What the likelihood asks of a covariance structure."""

from abc import ABC, abstractmethod

import numpy as np

from app.analysis.distributions import Array


class Structure(ABC):
    """S(theta) for each of `n_groups` covariance groups, with first and second derivatives.

    Shapes: S (G, T, T); slopes (q, G, T, T); F (G, T, T) are symmetric weights.
    """

    name: str
    n_groups: int
    n_slots: int
    n_theta: int

    @abstractmethod
    def matrices(self, theta: Array) -> Array:
        """S(theta): (G, T, T); need not be positive definite at every theta."""

    @abstractmethod
    def slopes(self, theta: Array) -> Array:
        """First derivatives dS/dtheta_j: (q, G, T, T)."""

    @abstractmethod
    def bend(self, theta: Array, A: Array) -> Array:
        """Sum over j, l of A_jl d2S/dtheta_j dtheta_l: (G, T, T)."""

    @abstractmethod
    def curvature(self, theta: Array, F: Array) -> Array:
        """Inner products <F, d2S/dtheta_j dtheta_l> for weights F (G, T, T): (q, q)."""

    @abstractmethod
    def starts(self, moments: Array) -> list[Array]:
        """Starting values from a rough covariance per group (G, T, T), diagonal positive."""


class PerGroup(Structure):
    """The same structure for each group with parameters of its own, one group's after the other's."""

    def __init__(self, base: Structure, n_groups: int) -> None:
        self.base, self.n_groups, self.n_slots = base, n_groups, base.n_slots
        self.name, self.n_theta = base.name, base.n_theta * n_groups

    def parts(self, theta: Array) -> list[Array]:
        """Each group's own parameters, (q / G,) each."""
        return list(theta.reshape(self.n_groups, -1))

    def matrices(self, theta: Array) -> Array:
        """The base's S at each group's parameters: (G, T, T)."""
        return np.concatenate([self.base.matrices(part) for part in self.parts(theta)])

    def slopes(self, theta: Array) -> Array:
        """dS/dtheta_j (q, G, T, T), zero in the groups whose parameter theta_j is not."""
        q = self.base.n_theta
        out = np.zeros((self.n_theta, self.n_groups, self.n_slots, self.n_slots))
        for g, part in enumerate(self.parts(theta)):
            out[g * q : (g + 1) * q, g] = self.base.slopes(part)[:, 0]
        return out

    def bend(self, theta: Array, A: Array) -> Array:
        """The base's own sum in each group, by the block of A that is the group's: (G, T, T)."""
        q = self.base.n_theta
        blocks = [A[g * q : (g + 1) * q, g * q : (g + 1) * q] for g in range(self.n_groups)]
        return np.concatenate(
            [self.base.bend(part, block) for part, block in zip(self.parts(theta), blocks, strict=True)]
        )

    def curvature(self, theta: Array, F: Array) -> Array:
        """The base's own inner products as blocks on the diagonal: (q, q)."""
        q = self.base.n_theta
        out = np.zeros((self.n_theta, self.n_theta))
        for g, part in enumerate(self.parts(theta)):
            out[g * q : (g + 1) * q, g * q : (g + 1) * q] = self.base.curvature(part, F[g : g + 1])
        return out

    def starts(self, moments: Array) -> list[Array]:
        """The base's starting values for each group's moments (G, T, T), put together in order."""
        lists = [self.base.starts(moments[g : g + 1]) for g in range(self.n_groups)]
        return [np.concatenate(together) for together in zip(*lists, strict=True)]
