"""From a formula and a data frame to y and X: one frozen `Design`, shared by all models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from app.analysis.design.checks import (
    Dropped,
    check_columns,
    check_finite,
    check_kinds,
    check_levels,
    check_outcome,
    check_rows,
    check_sizes,
    check_weights,
    complete_rows,
)
from app.analysis.design.coding import Coding, Columns, Encode, coding_for, columns_of
from app.analysis.design.estimable import Estimable, estimable, left_out
from app.analysis.design.formula import Parsed, coded, read_formula, uses_of, variables
from app.analysis.distributions import Array
from app.analysis.errors import AnalysisError
from app.analysis.threads import one_thread


@dataclass(frozen=True)
class Design:
    """The model's mean: outcome, columns, the rows used and how to code new rows in the same way."""

    formula: str
    outcome: str
    """The outcome's column, or the expression of columns as it was written."""
    frame: pd.DataFrame = field(repr=False)
    y: Array = field(repr=False)
    X: Array = field(repr=False)
    names: tuple[str, ...]
    """The columns of X: those with a coefficient."""
    all_names: tuple[str, ...] = field(repr=False)
    """The columns of the formula, which `encode` makes; `estimable` says which of them X has."""
    estimable: Estimable = field(repr=False, compare=False)
    left_out: str
    factors: Mapping[str, tuple[Any, ...]]
    means: Mapping[str, float]
    pairs: Mapping[str, tuple[float, float]]
    """The values of numeric columns that have two only; marginal means take both, as emmeans does."""
    terms: tuple[tuple[str, ...], ...]
    places: tuple[tuple[int, ...], ...]
    """Which of the formula's columns each term has."""
    uses: Mapping[str, frozenset[str]]
    """The columns of the data that each factor of a term is made of."""
    dropped: tuple[Dropped, ...]
    unordered: frozenset[str]
    encode: Encode = field(repr=False, compare=False)
    columns: Columns = field(repr=False, compare=False)
    """The variables of the right side, on the rows used."""
    weights: Array | None = field(default=None, repr=False, compare=False)
    """How much each row counts: its variance is divided by it. None where all count alike."""

    def weighted(self, values: Array) -> Array:
        """Rows (of y, X or what fits y) times the root of their weights."""
        if self.weights is None:
            return values
        root = np.sqrt(self.weights)
        return values * (root if values.ndim == 1 else root[:, None])

    @property
    def messages(self) -> tuple[str, ...]:
        """One sentence for each reason for which rows were left out."""
        rows = tuple(f"{lost.rows} rows left out: {lost.reason}" for lost in self.dropped)
        return (*rows, self.left_out) if self.left_out else rows


def build_design(formula: str, data: pd.DataFrame, also: Sequence[str], weights: str | None = None) -> Design:
    """The design of `formula` on the rows of `data` that are complete; `also` names columns needed beside it.

    `weights` names a column of positive numbers; a row without one is left out.
    Text columns become factors with sorted levels; levels without rows are left out, as R does.
    """
    parsed = read_formula(formula)
    right = variables(parsed.terms)
    needed = [*right, *([weights] if weights else [])]
    arrays, used, dropped, unordered = read_rows(formula, data, parsed.columns, needed, also)
    for name in coded(parsed.terms):
        arrays[name] = used[name] = pd.Categorical(arrays[name])
    factors = {name: tuple(arrays[name].categories) for name in right if isinstance(arrays[name], pd.Categorical)}
    columns = columns_of(arrays, right)
    check_levels(factors)
    coding = coding_for(formula, columns, len(used))
    X = checked_columns(formula, coding, columns, used)
    design = Design(
        formula=formula,
        outcome=parsed.outcome,
        frame=used,
        y=checked_outcome(parsed, used),
        X=X,
        names=coding.names,
        all_names=coding.names,
        estimable=Estimable((), np.zeros((0, 0))),
        left_out="",
        factors=factors,
        means={name: float(values.mean()) for name, values in columns.items() if isinstance(values, np.ndarray)},
        pairs=pairs_of(columns),
        terms=coding.terms,
        places=coding.places,
        uses=uses_of(parsed.terms),
        dropped=dropped,
        unordered=unordered,
        encode=coding.encode,
        columns=columns,
        weights=None if weights is None else checked_weights(weights, used),
    )
    return of_full_rank(design)


def checked_columns(formula: str, coding: Coding, columns: Columns, used: pd.DataFrame) -> Array:
    """Every column of the formula on the rows used; refused where there is none, or a value that is no number."""
    if not coding.names:
        raise AnalysisError(f"The right side of {formula!r} has no column; write '1' for a mean alone.")
    X = coding.encode(columns, len(used))
    check_finite(X, coding.names, used)
    check_sizes(X, coding.names)
    return X


def checked_outcome(parsed: Parsed, used: pd.DataFrame) -> Array:
    """The outcome on the rows used; refused where it is no finite number, or one too large or too small to square."""
    y = parsed.values(used)
    check_sizes(y[:, None], [parsed.outcome])
    return y


def checked_weights(name: str, used: pd.DataFrame) -> Array:
    """The weights of the rows used; refused where they are no positive numbers."""
    check_weights(name, used[name])
    return np.asarray(used[name].to_numpy(float))


def of_full_rank(design: Design) -> Design:
    """The design, whose X has all its columns, without those that others determine; NotEstimable for too few rows."""
    with one_thread():
        own = estimable(design.X)
    X = design.X if len(own.kept) == design.X.shape[1] else design.X[:, list(own.kept)]
    check_rows(X)
    lost = [term for term, places in zip(design.terms, design.places, strict=True) if not set(places) <= set(own.kept)]
    factors = [[name for name in design.factors if name in variables_of(design, term)] for term in lost]
    return replace(
        design,
        X=X,
        names=tuple(design.all_names[j] for j in own.kept),
        estimable=own,
        left_out=left_out(design.all_names, own, design.frame, factors),
    )


def variables_of(design: Design, term: tuple[str, ...]) -> set[str]:
    """The columns of the data that a term needs."""
    return {name for factor in term for name in design.uses.get(factor, ())}


def pairs_of(columns: Columns) -> dict[str, tuple[float, float]]:
    """The numeric columns that have two values only, with the two."""
    numbers = {name: values for name, values in columns.items() if isinstance(values, np.ndarray)}
    return {name: pair for name, values in numbers.items() if (pair := two_values(values)) is not None}


def two_values(values: Array) -> tuple[float, float] | None:
    """The two values of a column that has no other; None for one value or more than two."""
    low, high = float(values.min()), float(values.max())
    return (low, high) if low < high and bool(((values == low) | (values == high)).all()) else None


def read_rows(
    formula: str, data: pd.DataFrame, left: Sequence[str], right: Sequence[str], also: Sequence[str]
) -> tuple[dict[str, Any], pd.DataFrame, tuple[Dropped, ...], frozenset[str]]:
    """The columns that are needed, on complete rows: as arrays, as a frame, with what was dropped and who is text."""
    needed = list(dict.fromkeys([*left, *right, *also]))
    check_columns(data, needed, formula)
    arrays = {name: data[name].array for name in needed}
    for name in left:
        check_outcome(name, arrays[name])
    check_kinds({name: arrays[name] for name in right})
    keep, dropped = complete_rows({name: arrays[name] for name in dict.fromkeys([*left, *right])}, data.index)
    if not keep.all():
        arrays = {name: values[keep] for name, values in arrays.items()}
    unordered = frozenset(name for name in (*right, *also) if is_text(arrays[name]))
    arrays = {name: tidy_factor(values) if name not in left else values for name, values in arrays.items()}
    used = pd.DataFrame(arrays, index=data.index[keep], copy=False)
    return arrays, used, dropped, unordered


def is_text(values: Any) -> bool:
    """Neither numbers nor categories: a factor whose order of levels nobody stated."""
    dtype = values.dtype
    number = pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype)
    return not number and not isinstance(dtype, pd.CategoricalDtype)


def tidy_factor(values: Any) -> Any:
    """Categories that occur, in their order; text as sorted categories; numbers as they are."""
    if isinstance(values, pd.Categorical):
        seen = np.bincount(values.codes + 1, minlength=len(values.categories) + 1)[1:]
        return values if seen.all() else values.remove_unused_categories()
    return pd.Categorical(values) if is_text(values) else values
