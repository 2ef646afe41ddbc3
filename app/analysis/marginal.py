"""Estimated marginal means: which linear combination of the coefficients each one is.

The reference grid holds every level of every factor, numeric covariates at their mean over the analysis rows (not
over patients), as R's emmeans does (Searle, Speed and Milliken 1980, Am Stat 34:216).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal

import numpy as np
import pandas as pd

from app.analysis.design import Design
from app.analysis.distributions import Array
from app.analysis.errors import AnalysisError, listed

Weights = Literal["equal", "proportional", "cells"]


@dataclass(frozen=True)
class Means:
    """Rows of L with the factor levels they stand for."""

    factors: tuple[str, ...]
    levels: tuple[tuple[Any, ...], ...]
    L: Array = field(repr=False)


def marginal_means(
    design: Design, wanted: Sequence[str], at: Mapping[str, Any] | None = None, weights: Weights = "equal"
) -> Means:
    """The marginal means of the levels of `wanted`, averaged over the other factors by `weights`.

    `at` fixes covariates or restricts factors: {"odi_base": 30, "visit": ["m05"]}.
    """
    if weights not in ("equal", "proportional", "cells"):
        raise AnalysisError(f"weights={weights!r} is unknown; use 'equal', 'proportional' or 'cells'.")
    axes = _axes(design, wanted, dict(at or {}))
    others = [name for name in axes if name not in wanted]
    names = [*wanted, *others]
    inner = max(1, int(np.prod([len(axes[name]) for name in others])))
    rows = list(product(*(axes[name] for name in names)))
    grid = pd.DataFrame({name: _column(design, name, [row[i] for row in rows]) for i, name in enumerate(names)})
    X = design.encode(grid).reshape(len(rows) // inner, inner, -1)
    share = _shares(design, grid, wanted, [name for name in others if name in design.factors], weights)
    L = np.einsum("gi,gip->gp", share.reshape(-1, inner), X)
    return Means(tuple(wanted), tuple(row[: len(wanted)] for row in rows[::inner]), L)


def _axes(design: Design, wanted: Sequence[str], at: dict[str, Any]) -> dict[str, list[Any]]:
    """The values that each variable takes in the grid."""
    axes: dict[str, list[Any]] = {}
    for name, levels in design.factors.items():
        chosen = _as_list(at.pop(name)) if name in at else list(levels)
        unknown = [level for level in chosen if level not in levels]
        if unknown:
            raise AnalysisError(f"{name!r} has no level {listed(unknown)}; it has {listed(levels, 20)}.")
        axes[name] = chosen
    for name, mean in design.means.items():
        axes[name] = [float(value) for value in _as_list(at.pop(name))] if name in at else [mean]
        if name in wanted and axes[name] == [mean]:
            raise AnalysisError(f"{name!r} is numeric; say for which values: at={{{name!r}: [...]}}.")
        if name not in wanted and len(axes[name]) > 1:
            raise AnalysisError(f"Give one value for {name!r}, or name it among the factors.")
    absent = [name for name in [*wanted, *at] if name not in axes]
    if absent:
        raise AnalysisError(f"{listed(absent)} is not in {design.formula!r}; it has {listed(axes, 20)}.")
    return axes


def _as_list(value: Any) -> list[Any]:
    return [value] if isinstance(value, str) or not hasattr(value, "__iter__") else list(value)


def _column(design: Design, name: str, values: list[Any]) -> Any:
    return pd.Categorical(values, categories=list(design.factors[name])) if name in design.factors else values


def _shares(design: Design, grid: pd.DataFrame, wanted: Sequence[str], others: list[str], weights: Weights) -> Array:
    """Weight of each grid row, summing to one within each combination of `wanted`."""
    if weights == "equal" or not others:
        counts = np.asarray(np.ones(len(grid)), float)
    else:
        by = [*[name for name in wanted if name in design.factors], *others] if weights == "cells" else others
        seen = design.frame.groupby(by, observed=False).size()
        keys = pd.MultiIndex.from_frame(grid[by]) if len(by) > 1 else pd.Index(grid[by[0]].tolist())
        counts = seen.reindex(keys, fill_value=0).to_numpy(float)
    levels = max(1, len(grid.drop_duplicates(list(wanted)))) if wanted else 1
    table = counts.reshape(levels, -1)
    total = table.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(table / total)
