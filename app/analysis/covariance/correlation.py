"""Structures made of standard deviations and a correlation: ar1 toep cs ad, and their heterogeneous forms.

theta = one log SD (or T of them, names ending in h), then the correlation's parameters.
"""

from abc import abstractmethod
from functools import cached_property

import numpy as np

from app.analysis.covariance.structure import Structure
from app.analysis.design.layout import Ints
from app.analysis.distributions import Array


class Correlated(Structure):
    """S = diag(sd) R diag(sd) with a correlation R of few parameters."""

    n_groups = 1

    def __init__(self, n_slots: int, heterogeneous: bool) -> None:
        self.n_slots = n_slots
        self.n_scales = n_slots if heterogeneous else 1
        self.n_theta = self.n_scales + self.n_rho
        self.owner: Ints = np.arange(n_slots) if heterogeneous else np.zeros(n_slots, np.intp)

    @property
    @abstractmethod
    def n_rho(self) -> int:
        """How many parameters the correlation has."""

    @abstractmethod
    def correlation(self, t: Array) -> tuple[Array, Array, Array]:
        """R (T, T), dR/dt (r, T, T) and d2R/dt2 (r, r, T, T)."""

    @abstractmethod
    def start(self, rho: float) -> Array:
        """Parameters that give neighbours (or all pairs) about the correlation `rho`."""

    @cached_property
    def lift(self) -> Array:
        """d log S_ab / d log sd_s: (scales, T, T)."""
        own = (np.arange(self.n_scales)[:, None] == self.owner).astype(float)
        return np.asarray(own[:, :, None] + own[:, None, :])

    def sd(self, theta: Array) -> Array:
        """Standard deviation of each slot (T,), in the unit of the outcome."""
        return np.exp(theta[: self.n_scales])[self.owner]

    def matrices(self, theta: Array) -> Array:
        """S_ab = sd_a sd_b R_ab: (1, T, T), in the unit of the outcome squared."""
        sd = self.sd(theta)
        return np.asarray((self.correlation(theta[self.n_scales :])[0] * np.outer(sd, sd))[None])

    def slopes(self, theta: Array) -> Array:
        """dS/dtheta_j (q, 1, T, T): those of the log SDs, then those of the correlation."""
        sd = self.sd(theta)
        R, dR, _ = self.correlation(theta[self.n_scales :])
        return np.asarray((np.concatenate([self.lift * R, dR]) * np.outer(sd, sd))[:, None])

    def second(self, theta: Array) -> Array:
        """All second derivatives of S: (q, q, T, T)."""
        s, sd = self.n_scales, self.sd(theta)
        R, dR, ddR = self.correlation(theta[s:])
        out = np.empty((self.n_theta, self.n_theta, self.n_slots, self.n_slots))
        out[:s, :s] = self.lift[:, None] * self.lift[None] * R
        out[:s, s:] = self.lift[:, None] * dR[None]
        out[s:, :s] = out[:s, s:].transpose(1, 0, 2, 3)
        out[s:, s:] = ddR
        return np.asarray(out * np.outer(sd, sd))

    def bend(self, theta: Array, A: Array) -> Array:
        """Sum over j, l of A_jl d2S/dtheta_j dtheta_l: (1, T, T)."""
        return np.asarray(np.tensordot(A, self.second(theta), 2)[None])

    def curvature(self, theta: Array, F: Array) -> Array:
        """<F, d2S/dtheta_j dtheta_l> (q, q) for weights F (1, T, T)."""
        return np.asarray(np.tensordot(self.second(theta), F[0], 2))

    def starts(self, moments: Array) -> list[Array]:
        """SDs by visit or their mean, with low, middle and high correlation: there can be several optima."""
        log_sd = 0.5 * np.log(np.diag(moments[0]))
        own = np.array([log_sd[self.owner == s].mean() for s in range(self.n_scales)])
        equal = np.full(self.n_scales, log_sd.mean())
        if self.n_rho == 0:
            return [own]
        wanted = [(own, 0.45), (equal, 0.05), (own, 0.85)]
        return [np.concatenate([scale, self.start(rho)]) for scale, rho in wanted]


def squash(t: Array) -> tuple[Array, Array, Array]:
    """rho = t / sqrt(1 + t^2) with its first and second derivative."""
    w = 1 / np.sqrt(1 + t**2)
    return t * w, w**3, -3 * t * w**5


def unsquash(rho: float) -> float:
    """The t of a correlation: the inverse of `squash`; infinite at -1 and 1."""
    return float(rho / np.sqrt(1 - rho**2))


class Autoregressive(Correlated):
    """ar1: correlation rho^|i - j| by order of visits, rho = t / sqrt(1 + t^2)."""

    name = "ar1"

    @property
    def n_rho(self) -> int:
        """One, the correlation of neighbours; none with a single slot."""
        return int(self.n_slots > 1)

    def correlation(self, t: Array) -> tuple[Array, Array, Array]:
        """R_ij = rho^|i - j|, with its first and second derivative by t."""
        T = self.n_slots
        lag = np.abs(np.subtract.outer(np.arange(T), np.arange(T))).astype(float)
        if T == 1:
            return np.ones((1, 1)), np.zeros((0, 1, 1)), np.zeros((0, 0, 1, 1))
        (rho,), (d1,), (d2,) = squash(t)
        first = lag * rho ** np.maximum(lag - 1, 0)
        second = lag * (lag - 1) * rho ** np.maximum(lag - 2, 0)
        return rho**lag, (first * d1)[None], (second * d1**2 + first * d2)[None, None]

    def start(self, rho: float) -> Array:
        """The t of this correlation of neighbours: (1,)."""
        return np.array([unsquash(rho)])


class Toeplitz(Correlated):
    """toep: one correlation per distance in visits.

    Not every theta is positive definite; the search refuses steps to one that is not.
    """

    name = "toep"

    @property
    def n_rho(self) -> int:
        """T - 1: one for each distance."""
        return self.n_slots - 1

    def correlation(self, t: Array) -> tuple[Array, Array, Array]:
        """R_ij = rho_|i - j|, each rho_d a function of its own t_d."""
        T = self.n_slots
        lag = np.abs(np.subtract.outer(np.arange(T), np.arange(T)))
        rho, d1, d2 = squash(t)
        at = (np.arange(1, T)[:, None, None] == lag).astype(float)
        ddR = np.zeros((T - 1, T - 1, T, T))
        ddR[np.arange(T - 1), np.arange(T - 1)] = at * d2[:, None, None]
        return np.concatenate([[1.0], rho])[lag], at * d1[:, None, None], ddR

    def start(self, rho: float) -> Array:
        """A mixture of compound symmetry and decay, which is positive definite."""
        lags = np.arange(1, self.n_slots)
        return np.array([unsquash(0.5 * rho + 0.5 * rho**lag) for lag in lags])


class CompoundSymmetry(Correlated):
    """cs: one correlation, from -1/(T-1) to 1 by a logistic."""

    name = "cs"

    @property
    def n_rho(self) -> int:
        """One, the correlation of every pair; none with a single slot."""
        return int(self.n_slots > 1)

    def correlation(self, t: Array) -> tuple[Array, Array, Array]:
        """R_ij = rho for i != j; rho = p (1 + a) - a with a = 1 / (T - 1) and p the logistic of t."""
        T = self.n_slots
        if T == 1:
            return np.ones((1, 1)), np.zeros((0, 1, 1)), np.zeros((0, 0, 1, 1))
        a = 1 / (T - 1)
        p = float(1 / (1 + np.exp(-t[0])))
        off = 1 - np.eye(T)
        d1 = p * (1 - p) * (1 + a)
        R = np.where(np.eye(T) > 0, 1.0, p * (1 + a) - a)
        return R, (off * d1)[None], (off * d1 * (1 - 2 * p))[None, None]

    def start(self, rho: float) -> Array:
        """The logit at which every pair has this correlation: (1,)."""
        a = 1 / (self.n_slots - 1)
        p = (rho + a) / (1 + a)
        return np.array([np.log(p / (1 - p))])


class AnteDependence(Correlated):
    """ad: one correlation per neighbouring pair; that of a distant pair is the product along the way."""

    name = "ad"

    @property
    def n_rho(self) -> int:
        """T - 1: one for each pair of neighbours."""
        return self.n_slots - 1

    @cached_property
    def between(self) -> Array:
        """1 where step k lies between slots a and b: (T-1, T, T)."""
        T = self.n_slots
        k, a, b = np.meshgrid(np.arange(T - 1), np.arange(T), np.arange(T), indexing="ij")
        return np.asarray((np.minimum(a, b) <= k) & (k < np.maximum(a, b)), float)

    def correlation(self, t: Array) -> tuple[Array, Array, Array]:
        """For a <= k < b, dR_ab/drho_k = R_ak R_k+1,b: the way without the step k; likewise without two steps."""
        steps = np.arange(self.n_rho)
        rho, d1, d2 = squash(t)
        R = np.where(self.between > 0, rho[:, None, None], 1.0).prod(axis=0)
        slots = np.arange(self.n_slots)
        left = R[:, steps].T * (slots <= steps[:, None])
        right = R[steps + 1] * (slots > steps[:, None])
        first = left[:, :, None] * right[:, None, :]
        middle = np.triu(R[1:, :-1], 1) * np.outer(d1, d1)
        upper = np.einsum("ia,ij,jb->ijab", left, middle, right)
        second = upper + upper.transpose(1, 0, 2, 3)
        second[steps, steps] = first * d2[:, None, None]
        first = first * d1[:, None, None]
        return R, first + first.transpose(0, 2, 1), second + second.transpose(0, 1, 3, 2)

    def start(self, rho: float) -> Array:
        """This correlation for every pair of neighbours: (T - 1,)."""
        return np.full(self.n_rho, unsquash(rho))
