"""Tail probabilities and quantiles of t and F, from `scipy.special` (loading `scipy.stats` would take a second)."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

Array = npt.NDArray[np.float64]


def t_tail(t: Any, df: Any) -> Array:
    """Two-sided p value of t with `df` degrees of freedom (infinite: normal); NaN stays NaN."""
    t, df = np.broadcast_arrays(np.abs(np.asarray(t, float)), np.asarray(df, float))
    finite = np.where(np.isinf(df), 1.0, df)
    return np.asarray(np.where(np.isinf(df), 2 * special.ndtr(-t), 2 * special.stdtr(finite, -t)))


def t_quantile(probability: float, df: Any) -> Array:
    """Quantile of the t distribution, the normal one for infinite `df`."""
    df = np.asarray(df, float)
    finite = np.where(np.isinf(df), 1.0, df)
    return np.asarray(np.where(np.isinf(df), special.ndtri(probability), special.stdtrit(finite, probability)))


def f_tail(f: float, num_df: float, den_df: float) -> float:
    """P(F > f); with infinite denominator degrees of freedom the chi-square limit."""
    if not np.isfinite(f):
        return float("nan")
    if np.isinf(den_df):
        return float(special.chdtrc(num_df, num_df * f))
    return float(special.fdtrc(num_df, den_df, f))
