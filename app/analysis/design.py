"""From a formula and a data frame to y and X: one frozen `Design`, shared by all models."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from app.analysis.checks import check_columns, check_formula, check_outcome, check_rank, complete_rows
from app.analysis.distributions import Array
from app.analysis.errors import DataError


@dataclass(frozen=True)
class Dropped:
    """Rows that could not be used, and why."""

    reason: str
    rows: int


@dataclass(frozen=True)
class Design:
    """The model's mean: outcome, columns, the rows used and how to code new rows in the same way."""

    formula: str
    outcome: str
    frame: pd.DataFrame = field(repr=False)
    y: Array = field(repr=False)
    X: Array = field(repr=False)
    names: tuple[str, ...]
    factors: Mapping[str, tuple[Any, ...]]
    means: Mapping[str, float]
    terms: tuple[tuple[str, ...], ...]
    dropped: tuple[Dropped, ...]
    unordered: frozenset[str]
    encode: Callable[[pd.DataFrame], Array] = field(repr=False, compare=False)


def build_design(formula: str, data: pd.DataFrame, also: Sequence[str]) -> Design:
    """The design of `formula` on the rows of `data` that are complete; `also` names columns needed beside it.

    Text columns become factors with sorted levels; levels without rows are left out, as R does.
    """
    parsed = check_formula(formula)
    right = sorted(str(name) for name in parsed.rhs.required_variables)
    left = sorted(str(name) for name in parsed.lhs.required_variables)
    needed = list(dict.fromkeys([*left, *right, *also]))
    check_columns(data, needed, formula)
    check_outcome(data, left)
    used, dropped = complete_rows(data[needed], left, right)
    used, unordered = as_factors(used, [*right, *also])
    factors = {name: tuple(used[name].cat.categories) for name in right if is_factor(used[name])}
    matrix = parsed.rhs.get_model_matrix(used, context={}, output="numpy")
    spec = matrix.model_spec
    y = np.asarray(parsed.lhs.get_model_matrix(used, context={}, output="numpy"), float)[:, -1]
    if not np.isfinite(y).all():
        raise DataError(f"The outcome of {formula!r} is not a finite number in every row; check {', '.join(left)}.")
    design = Design(
        formula=formula,
        outcome=left[0],
        frame=used,
        y=y,
        X=np.asarray(matrix, float),
        names=tuple(str(name) for name in spec.column_names),
        factors=factors,
        means={name: float(used[name].mean()) for name in right if name not in factors},
        terms=tuple(tuple(str(f) for f in term.factors) for term in spec.terms),
        dropped=dropped,
        unordered=unordered,
        encode=lambda grid: np.asarray(spec.get_model_matrix(grid, context={}, output="numpy"), float),
    )
    check_rank(design.X, design.names, used, factors)
    return design


def is_factor(column: "pd.Series[Any]") -> bool:
    return isinstance(column.dtype, pd.CategoricalDtype)


def as_factors(frame: pd.DataFrame, names: Sequence[str]) -> tuple[pd.DataFrame, frozenset[str]]:
    """Factors with the levels that occur, in their order; the names of those whose order nobody stated."""
    frame, unordered = frame.copy(deep=False), set()
    for name in dict.fromkeys(names):
        column = frame[name]
        if is_factor(column):
            frame[name] = column.cat.remove_unused_categories()
        elif not pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype):
            frame[name] = column.astype("category")
            unordered.add(name)
    return frame, frozenset(unordered)
