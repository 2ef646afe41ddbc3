"""From a formula and a data frame to y and X: one frozen `Design`, shared by all models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from app.analysis.design.checks import (
    Dropped,
    check_columns,
    check_formula,
    check_kinds,
    check_outcome,
    check_rank,
    complete_rows,
)
from app.analysis.design.coding import Columns, Encode, coding_for, columns_of, variables
from app.analysis.distributions import Array
from app.analysis.errors import DataError
from app.analysis.threads import one_thread


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
    encode: Encode = field(repr=False, compare=False)
    columns: Columns = field(repr=False, compare=False)
    """The variables of the right side, on the rows used."""

    @property
    def messages(self) -> tuple[str, ...]:
        """One sentence for each reason for which rows were left out."""
        return tuple(f"{lost.rows} rows left out: {lost.reason}" for lost in self.dropped)


def build_design(formula: str, data: pd.DataFrame, also: Sequence[str]) -> Design:
    """The design of `formula` on the rows of `data` that are complete; `also` names columns needed beside it.

    Text columns become factors with sorted levels; levels without rows are left out, as R does.
    """
    parsed = check_formula(formula)
    right, left = variables(parsed.rhs), variables(parsed.lhs)
    arrays, used, dropped, unordered = read_rows(formula, data, left, right, also)
    factors = {name: tuple(arrays[name].categories) for name in right if isinstance(arrays[name], pd.Categorical)}
    columns = columns_of(arrays, right)
    coding = coding_for(formula, columns, len(used))
    y = outcome_values(parsed, used, left)
    if not np.isfinite(y).all():
        raise DataError(f"The outcome of {formula!r} is not a finite number in every row; check {', '.join(left)}.")
    design = Design(
        formula=formula,
        outcome=left[0],
        frame=used,
        y=y,
        X=coding.encode(columns, len(used)),
        names=coding.names,
        factors=factors,
        means={name: float(values.mean()) for name, values in columns.items() if isinstance(values, np.ndarray)},
        terms=coding.terms,
        dropped=dropped,
        unordered=unordered,
        encode=coding.encode,
        columns=columns,
    )
    with one_thread():
        check_rank(design.X, design.names, used, factors)
    return design


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


def outcome_values(parsed: Any, frame: pd.DataFrame, left: Sequence[str]) -> Array:
    """y: the column itself, or what the formula makes of it."""
    if [str(factor) for term in parsed.lhs for factor in term.factors] == list(left):
        return np.asarray(frame[left[0]].to_numpy(float))
    return np.asarray(parsed.lhs.get_model_matrix(frame, context={}, output="numpy"), float)[:, -1]


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
