"""Pooling: Rubin's rules with Barnard and Rubin's degrees of freedom, the jackknife and the bootstrap."""

import numpy as np
import pandas as pd

from app.analysis.distributions import Array, t_quantile, t_tail


def pool(method: str, full: Array, draws: Array, level: float) -> pd.DataFrame:
    """One row per estimate; `full` (rows, 3) and `draws` (draws, rows, 3) hold estimate, se, df."""
    values = draws[:, :, 0]
    count = len(values)
    if method == "approx-bayes":
        estimate, se, df, error = rubin(values, draws[:, :, 1], draws[:, :, 2])
    elif method == "bootstrap":
        estimate, se = full[:, 0], values.std(axis=0, ddof=1)
        df, error = np.full(len(se), np.inf), np.zeros(len(se))
    else:
        estimate = full[:, 0]
        se = np.sqrt((count - 1) / count * ((values - values.mean(axis=0)) ** 2).sum(axis=0))
        df, error = np.full(len(se), np.inf), np.zeros(len(se))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = estimate / se
    reach = t_quantile(0.5 + level / 2, df) * se
    columns = {"estimate": estimate, "se": se, "df": df, "t": t, "p": t_tail(t, df)}
    columns |= {"lower": estimate - reach, "upper": estimate + reach, "mc_error": error}
    if method == "bootstrap":
        columns["mc_error_of_se"] = se / np.sqrt(2 * (count - 1))
    return pd.DataFrame(columns)


def rubin(estimates: Array, se: Array, df: Array) -> tuple[Array, Array, Array, Array]:
    """Pooled estimate, se, df and Monte Carlo error from (m, rows) estimates, se and complete-data df.

    T = Ubar + (1 + 1/m) B (Rubin 1987); df of Barnard and Rubin (1999, Biometrika 86:948).
    """
    m = len(estimates)
    within, between = (se**2).mean(axis=0), estimates.var(axis=0, ddof=1)
    total = within + (1 + 1 / m) * between
    complete = df.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (1 + 1 / m) * between / total
        old = np.where(share > 0, (m - 1) / share**2, np.inf)
        finite = np.where(np.isinf(complete), 1.0, complete)
        seen = np.where(np.isinf(complete), np.inf, finite * (finite + 1) / (finite + 3) * (1 - share))
        pooled = 1 / (1 / old + 1 / seen)
    return estimates.mean(axis=0), np.sqrt(total), pooled, np.sqrt(between / m)
