"""Pictures of a fit for the one who fits: means with their limits, and residuals. matplotlib is loaded when asked."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import special

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARKERS = "osD^vP*X"


def means_figure(table: pd.DataFrame, factor: str, by: str | None, level: float) -> "Figure":
    """Marginal means with limits: `by` along the axis, a line for each level of `factor`; without `by` points."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.add_subplot()
    across = list(dict.fromkeys(table[by])) if by else list(table[factor])
    groups = list(table.groupby(factor, observed=True, sort=False)) if by else [("", table)]
    for place, (name, own) in enumerate(groups):
        x = np.array([across.index(value) for value in own[by or factor]]) + 0.06 * (place - (len(groups) - 1) / 2)
        limits = np.stack([own["estimate"] - own["lower"], own["upper"] - own["estimate"]])
        line = "-" if by else "none"
        axes.errorbar(
            x, own["estimate"], limits, marker=MARKERS[place % len(MARKERS)], linestyle=line, capsize=2, label=str(name)
        )
    axes.set_xticks(range(len(across)), [str(value) for value in across])
    axes.set(xlabel=by or factor, ylabel=f"Marginal mean, {level:.0%} limits")
    if by:
        axes.legend(title=factor, frameon=False)
    return figure


def residual_figure(residuals: Any) -> "Figure":
    """Normalised residuals against normal quantiles, and against the fitted values."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.0, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    values = np.sort(residuals["normalised"].to_numpy(float))
    expected = special.ndtri((np.arange(len(values)) + 0.5) / len(values))
    left.axline((0, 0), slope=1, color="0.7")
    left.scatter(expected, values, s=6)
    left.set(xlabel="Normal quantile", ylabel="Normalised residual")
    right.axhline(0, color="0.7")
    right.scatter(residuals["fitted"], residuals["normalised"], s=6)
    right.set(xlabel="Fitted", ylabel="Normalised residual")
    return figure
