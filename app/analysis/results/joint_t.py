"""The joint t distribution of several contrasts: what Dunnett's and Tukey's adjustments are made of.

P(all |T_i| <= c_i) for T = Z / s, Z normal with the contrasts' correlations and s^2 chi-square / df, by separation of
variables on a lattice (Genz and Bretz 2009, Computation of Multivariate Normal and t Probabilities, sections 4.1 and
4.2); a contrast that others determine narrows the last of them. The lattice is fixed, so the same contrasts give the
same digits; the error is about 1e-5, 1e-4 in a quantile.
"""

from functools import lru_cache

import numpy as np
from scipy import optimize, special

from app.analysis.distributions import Array, t_quantile
from app.analysis.errors import AnalysisError

POINTS = 20_011
PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103)
MOST_CONTRASTS = 200
SINGULAR = 1e-9


def joint_probability(lower: Array, upper: Array, correlation: Array, df: float) -> float:
    """P(lower_i <= T_i <= upper_i for all i); limits may be infinite, correlations singular, df infinite."""
    L, order = pivoted(correlation)
    rank = L.shape[1]
    if len(L) > MOST_CONTRASTS or rank >= len(PRIMES):
        raise AnalysisError(f"{len(L)} contrasts are too many for their joint distribution; use adjust='holm'.")
    lower, upper = np.asarray(lower, float)[order], np.asarray(upper, float)[order]
    u = lattice(1 + rank)
    scale = scales(df)
    probability, y = np.ones(POINTS), np.zeros((rank, POINTS))
    last = [int(np.flatnonzero(np.abs(row) > SINGULAR)[-1]) for row in L]
    for step in range(rank):
        low, high = np.zeros(POINTS), np.ones(POINTS)
        for row, below, above in ((L[i], lower[i], upper[i]) for i in range(len(L)) if last[i] == step):
            middle = row[:step] @ y[:step]
            ends = [special.ndtr((_times(limit, scale) - middle) / row[step]) for limit in (below, above)]
            low, high = np.maximum(low, np.minimum(*ends)), np.minimum(high, np.maximum(*ends))
        probability = probability * np.maximum(high - low, 0.0)
        y[step] = special.ndtri(np.clip(low + u[1 + step] * (high - low), 1e-300, 1 - 1e-16))
    return float(np.clip(probability.mean(), 0.0, 1.0))


def _times(limit: float, scale: Array) -> Array:
    return np.full(len(scale), limit) if np.isinf(limit) else limit * scale


@lru_cache(maxsize=8)
def lattice(dimensions: int) -> Array:
    """(dimensions, POINTS): Richtmyer's lattice, folded so that it is periodic. Kept, and so not to be written to."""
    steps = np.sqrt(np.array(PRIMES[:dimensions], float))
    raw = np.outer(steps, np.arange(1, POINTS + 1)) % 1.0
    return _kept(np.clip(np.abs(2 * raw - 1), 1e-12, 1 - 1e-12))


@lru_cache(maxsize=32)
def scales(df: float) -> Array:
    """(POINTS,): s at each point of the lattice. Kept: a quantile asks ten times for the same, half of its work."""
    return _kept(np.ones(POINTS) if np.isinf(df) else np.sqrt(special.chdtri(df, 1 - lattice(1)[0]) / df))


def _kept(values: Array) -> Array:
    values.setflags(write=False)
    return values


def pivoted(correlation: Array) -> tuple[Array, list[int]]:
    """Cholesky factor (contrasts, rank) of the correlations in an order in which the independent ones come first."""
    size = len(correlation)
    rest, order, columns = correlation.astype(float).copy(), list(range(size)), []
    for step in range(size):
        left = np.array([rest[i, i] for i in order[step:]])
        best = int(left.argmax())
        if left[best] < SINGULAR:
            break
        order[step], order[step + best] = order[step + best], order[step]
        column = rest[:, order[step]] / np.sqrt(rest[order[step], order[step]])
        column[order[:step]] = 0.0
        columns.append(column)
        rest = rest - np.outer(column, column)
    return np.column_stack(columns)[order], order


def joint_p(t: Array, correlation: Array, df: Array, tails: int) -> Array:
    """Adjusted p of each: the chance that the largest of all is as large; two tails, or the upper one."""
    out = np.empty(len(t))
    for i, value in enumerate(t):
        edge = np.full(len(t), abs(value) if tails == 2 else value)
        lower = -edge if tails == 2 else np.full(len(t), -np.inf)
        out[i] = 1 - joint_probability(lower, edge, correlation, float(df[i]))
    return out


def joint_quantile(level: float, correlation: Array, df: float, tails: int) -> float:
    """The c with which P(all |T_i| <= c), or P(all T_i <= c) with one tail, is `level`."""
    size = len(correlation)

    def _excess(c: float) -> float:
        edge = np.full(size, c)
        return joint_probability(-edge if tails == 2 else np.full(size, -np.inf), edge, correlation, df) - level

    miss = (1 - level) / tails
    low, high = (float(t_quantile(1 - part, df)) for part in (miss * (1 + 1e-6), miss / size / 1.001))
    return float(optimize.brentq(_excess, low - 1e-3, high + 1e-3, xtol=1e-8))
