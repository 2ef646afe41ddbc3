"""Estimated marginal means: which linear combination of the coefficients each one is.

The reference grid holds every level of every factor, both values of a numeric covariate that has two only, and other
numeric covariates at their mean over the analysis rows (not over patients), as R's emmeans does (Searle, Speed and
Milliken 1980, Am Stat 34:216).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal

import numpy as np

from app.analysis.design.coding import Coded, Columns, everybody_in
from app.analysis.design.design import Design
from app.analysis.design.layout import Ints
from app.analysis.distributions import Array
from app.analysis.errors import AnalysisError, listed

Weights = Literal["equal", "proportional", "cells"]


@dataclass(frozen=True)
class Means:
    """Rows of L, over all columns of the formula, with the factor levels they stand for."""

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
    if len(set(wanted)) < len(wanted):
        raise AnalysisError(f"Name each factor once, not {listed(wanted)}.")
    axes = _axes(design, wanted, dict(at or {}))
    names = [*wanted, *(name for name in axes if name not in wanted)]
    lengths = [len(axes[name]) for name in names]
    outer = int(np.prod(lengths[: len(wanted)]))
    points = int(np.prod(lengths))
    place = np.unravel_index(np.arange(points), lengths) if lengths else ()
    grid = {name: grid_column(design, name, axes[name], where) for name, where in zip(names, place, strict=True)}
    X = design.encode(grid, points).reshape(outer, -1, len(design.all_names))
    share = _shares(design, grid, wanted, weights, points).reshape(outer, -1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = share / share.sum(axis=1, keepdims=True)
    L = np.einsum("gi,gip->gp", share, X)
    return Means(tuple(wanted), tuple(product(*(axes[name] for name in wanted))), L)


def counterfactual_means(design: Design, factor: str) -> Array:
    """Rows of L over all columns, one per level of `factor`: the average prediction with everybody at that level.

    A covariate counts as it occurs, also where it is transformed or interacts; with only linear effects these are the
    proportional marginal means.
    """
    if factor not in design.factors:
        raise AnalysisError(f"{factor!r} is not a factor of {design.formula!r}; it has {listed(design.factors, 20)}.")
    rows = len(design.frame)
    everybody = (everybody_in(design.columns, factor, level) for level in design.factors[factor])
    return np.array([design.encode(columns, rows).mean(axis=0) for columns in everybody])


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
        is_given = name in at
        axes[name] = [float(value) for value in _as_list(at.pop(name))] if is_given else grid_values(design, name)
        if name in wanted and axes[name] == [mean]:
            raise AnalysisError(
                f"{name!r} is numeric; make it categories, or say for which values: at={{{name!r}: [...]}}."
            )
        if is_given and name not in wanted and len(axes[name]) > 1:
            raise AnalysisError(f"Give one value for {name!r}, or name it among the factors.")
    absent = [name for name in [*wanted, *at] if name not in axes]
    if absent:
        raise AnalysisError(f"{listed(absent)} is not in {design.formula!r}; it has {listed(axes, 20)}.")
    return axes


def grid_values(design: Design, name: str) -> list[float]:
    """Where a numeric covariate stands that nobody moves: at both of two values, else at its mean."""
    return list(design.pairs.get(name, (design.means[name],)))


def _as_list(value: Any) -> list[Any]:
    return [value] if isinstance(value, str) or not hasattr(value, "__iter__") else list(value)


def grid_column(design: Design, name: str, values: list[Any], where: Ints) -> Coded | Array:
    """The grid's column of a variable: `values` at the places `where`."""
    if name not in design.factors:
        return np.asarray(values, float)[where]
    levels = design.factors[name]
    return Coded(np.array([levels.index(value) for value in values])[where], levels)


def _shares(design: Design, grid: Columns, wanted: Sequence[str], weights: Weights, points: int) -> Array:
    """Weight of each point of the grid: one, or the rows of data with these levels of the averaged factors."""
    factors = [name for name in grid if name in design.factors or _both(design, name, grid[name])]
    by = factors if weights == "cells" else [name for name in factors if name not in wanted]
    if weights == "equal" or not by:
        return np.ones(points)
    shape = [len(design.factors.get(name, (0, 1))) for name in by]
    rows = np.ravel_multi_index([_codes(design, name, design.columns[name]) for name in by], shape)
    cells = np.ravel_multi_index([_codes(design, name, grid[name]) for name in by], shape)
    return np.bincount(rows, minlength=int(np.prod(shape))).astype(float)[cells]


def _both(design: Design, name: str, values: Coded | Array) -> bool:
    """Whether the grid has a two-valued covariate at both its values."""
    return name in design.pairs and set(np.unique(np.asarray(values))) == set(design.pairs[name])


def _codes(design: Design, name: str, column: Coded | Array) -> Ints:
    if isinstance(column, Coded):
        return column.codes.astype(np.intp)
    return np.asarray(column == design.pairs[name][1]).astype(np.intp)
