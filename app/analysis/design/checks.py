"""Wrong input is refused here, with the column, the rows and the remedy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from numbers import Number
from typing import Any

import numpy as np
import pandas as pd
from scipy import linalg

from app.analysis.design.layout import Bools
from app.analysis.distributions import Array
from app.analysis.errors import DataError, NotEstimable, listed

RANK_TOLERANCE = 1e-9
LARGEST_VALUE = 1e50
"""The fourth power of a number of this size is one still; degrees of freedom need it."""


@dataclass(frozen=True)
class Dropped:
    """Rows that could not be used, and why."""

    reason: str
    rows: int


def check_frame(data: object) -> None:
    """Refuse data that are no data frame; raises DataError."""
    if not isinstance(data, pd.DataFrame):
        raise DataError(f"data must be a pandas DataFrame, not {type(data).__name__}.")


def check_columns(data: pd.DataFrame, needed: Sequence[str], formula: str) -> None:
    """Refuse a frame that lacks a needed column or has it twice; raises DataError with what there is."""
    missing = [name for name in needed if name not in data.columns]
    if numbered := [name for name in missing if name in {str(own) for own in data.columns}]:
        raise DataError(
            f"Column {listed(numbered)} of {formula!r} has a name that is no text; write "
            "data.columns = data.columns.astype(str) first."
        )
    if missing:
        raise DataError(
            f"Column {listed(missing)} of {formula!r} is not in the data; it has {listed(data.columns, 20)}."
        )
    twice = [] if data.columns.is_unique else [name for name in needed if isinstance(data[name], pd.DataFrame)]
    if twice:
        raise DataError(f"Column {listed(twice)} occurs more than once in the data; keep one.")


def check_outcome(name: str, values: Any, role: str = "outcome") -> None:
    """Refuse an outcome that holds no real numbers (text, flags, complex); raises DataError with the remedy."""
    dtype = values.dtype
    number = pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype)
    if not number or pd.api.types.is_bool_dtype(dtype):
        seen = pd.Series(values).dropna().unique()
        remedy = as_number(name, seen, kind_of(values))
        raise DataError(f"The {role} {name!r} is not numeric ({dtype}: {listed(seen, 3)}); {remedy}.")


def as_number(name: str, seen: Any, kind: str) -> str:
    """How to make numbers of a column that holds these values."""
    column = f"data[{name!r}]"
    if kind in ("date", "complex"):
        return "give a number, as days since randomisation" if kind == "date" else "give its real part or its size"
    if all(isinstance(value, bool | np.bool_) for value in seen):
        return f"convert it with {column}.astype(float)"
    if pd.to_numeric(pd.Series(list(map(str, seen))), errors="coerce").notna().any():
        return f"convert it with pd.to_numeric({column})"
    return f"convert it with ({column} == {str(seen[0])!r}).astype(float) if it is yes or no"


def check_kinds(arrays: Mapping[str, Any]) -> None:
    """Refuse covariates of which nobody can tell the unit, or whether they are numbers or names; raises DataError."""
    for name, values in arrays.items():
        kind = kind_of(values)
        if kind == "date":
            raise DataError(f"Column {name!r} holds dates or durations; give a number, as days since randomisation.")
        if kind == "number":
            raise DataError(
                f"Column {name!r} holds numbers in a column of type {values.dtype}; convert it with "
                f"pd.to_numeric(data[{name!r}]), or make it categories."
            )
        if kind:
            raise DataError(f"Column {name!r} holds values of type {kind}; give numbers, text or categories.")


def kind_of(values: Any) -> str:
    """What an array holds that no model takes ("date", "number" among objects, or a type); empty for all others."""
    types = pd.api.types
    if types.is_datetime64_any_dtype(values.dtype) or types.is_timedelta64_dtype(values.dtype):
        return "date"
    if isinstance(values.dtype, pd.PeriodDtype):
        return "date"
    if types.is_complex_dtype(values.dtype):
        return "complex"
    if not types.is_object_dtype(values.dtype):
        return ""
    for value in values:
        if isinstance(value, date | timedelta | np.datetime64 | pd.Period):
            return "date"
        if isinstance(value, Number) and not isinstance(value, bool) and value == value:
            return "number"
        if not isinstance(value, str | bool | np.bool_) and types.is_list_like(value):
            return type(value).__name__
    return ""


def complete_rows(arrays: Mapping[str, Any], index: "pd.Index[Any]") -> tuple[Bools, tuple[Dropped, ...]]:
    """Which rows have all these columns, and how many lack each; infinite values are refused."""
    keep, dropped = np.ones(len(index), bool), []
    for name, values in arrays.items():
        if pd.api.types.is_float_dtype(values.dtype):
            infinite = np.isinf(values.to_numpy(float, na_value=np.nan))
            if infinite.any():
                rows = listed(index[infinite])
                raise DataError(f"Column {name!r} is infinite in row {rows}; correct the value or set it missing.")
        lost = np.asarray(values.isna(), bool) & keep
        if lost.any():
            dropped.append(Dropped(f"{name} missing", int(lost.sum())))
            keep &= ~lost
    if not keep.any():
        raise DataError(f"No row is complete in {listed(arrays, 20)}.")
    return keep, tuple(dropped)


def check_finite(X: Array, names: Sequence[str], frame: pd.DataFrame) -> None:
    """Refuse a column that a transformation made infinite or no number; raises DataError with its rows."""
    wrong = ~np.isfinite(X)
    if wrong.any():
        j = int(np.flatnonzero(wrong.any(axis=0))[0])
        raise DataError(
            f"Column {names[j]!r} is not a finite number in row {listed(frame.index[wrong[:, j]])}; correct the value, "
            "set it missing or transform it otherwise."
        )


def check_sizes(values: Array, names: Sequence[str]) -> None:
    """Refuse columns so large or so small that their squares are no numbers any more; raises DataError."""
    largest = np.abs(values).max(axis=0)
    for name, size in zip(names, largest, strict=True):
        if size > LARGEST_VALUE or 0 < size < 1 / LARGEST_VALUE:
            raise DataError(f"{name!r} has values of the size of {size:.0e}; give it in another unit.")


def check_weights(name: str, values: Any) -> None:
    """Refuse weights that are no positive numbers; raises DataError with the rows' remedy."""
    check_outcome(name, values, "column of weights")
    if (np.asarray(values, float) <= 0).any():
        raise DataError(f"The weights {name!r} must be positive; drop the rows that should not count.")


def check_levels(factors: Mapping[str, tuple[Any, ...]]) -> None:
    """Refuse a factor that has one level only in the rows with data; raises DataError with its name."""
    single = [name for name, levels in factors.items() if len(levels) < 2]
    if single:
        raise DataError(
            f"Factor {single[0]!r} has one level ({factors[single[0]][0]}) in the rows with data; "
            "leave it out of the formula."
        )


def check_rows(X: Array) -> None:
    """Refuse a mean with as many coefficients as rows; raises NotEstimable."""
    if len(X) <= X.shape[1]:
        raise NotEstimable(f"{len(X)} rows cannot carry {X.shape[1]} coefficients; simplify the formula.")


def aliased_columns(X: Array) -> list[int]:
    """Indices of columns that earlier columns determine, by QR on columns of unit norm."""
    norms = np.linalg.norm(X, axis=0)
    R: Array = np.asarray(np.linalg.qr(X / np.where(norms > 0, norms, 1.0), mode="r"))
    diagonal = np.abs(np.diag(R))
    if len(diagonal) == X.shape[1] and (diagonal > RANK_TOLERANCE).all():
        return []
    rank = int((np.abs(np.diag(linalg.qr(R, mode="r", pivoting=True)[0])) > RANK_TOLERANCE).sum())
    kept: list[int] = []
    for j in range(X.shape[1]):
        trial = R[:, [*kept, j]]
        if len(kept) < rank and np.linalg.matrix_rank(trial, tol=RANK_TOLERANCE) == len(kept) + 1:
            kept.append(j)
    return [j for j in range(X.shape[1]) if j not in kept]


def empty_cells(frame: pd.DataFrame, factors: Sequence[str]) -> list[str]:
    """`arm = A and visit = m03`: combinations of these factors' levels that no row has."""
    if len(factors) < 2:
        return []
    counts = frame.groupby(list(factors), observed=False).size()
    return [
        " and ".join(f"{n} = {v}" for n, v in zip(factors, cell, strict=True)) for cell in counts.index[counts == 0]
    ]


def check_subjects(data: pd.DataFrame, subject: str) -> None:
    """Refuse data in which a row does not name its subject; raises DataError with the rows."""
    check_frame(data)
    if subject not in data.columns:
        raise DataError(f"Column {subject!r} (subject) is not in the data; it has {listed(data.columns, 20)}.")
    missing = data[subject].isna().to_numpy()
    if missing.any():
        raise DataError(
            f"Subject {subject!r} is missing in row {listed(data.index[missing])}; fill it or drop the rows."
        )


def check_visits(data: pd.DataFrame, visit: str) -> None:
    """The order of visits must be stated: by an ordered list of categories, or by numbers."""
    if visit not in data.columns:
        raise DataError(f"Column {visit!r} (visit) is not in the data; it has {listed(data.columns, 20)}.")
    column = data[visit]
    if not isinstance(column.dtype, pd.CategoricalDtype) and not pd.api.types.is_numeric_dtype(column.dtype):
        shown = listed(column.dropna().unique(), 3)
        raise DataError(
            f"The order of the visits in {visit!r} is unknown: it holds {column.dtype} ({shown}), neither categories "
            "nor numbers. "
            f"State it: data[{visit!r}] = pd.Categorical(data[{visit!r}], categories=[first, second, ...])."
        )
    missing = column.isna().to_numpy()
    if missing.any():
        raise DataError(f"Visit {visit!r} is missing in row {listed(data.index[missing])}; fill it or drop the rows.")


def check_unique(frame: pd.DataFrame, subject: str, visit: str) -> None:
    """One row per subject and visit."""
    double = frame.duplicated([subject, visit], keep=False).to_numpy()
    if double.any():
        first = frame.loc[double, [subject, visit]].drop_duplicates()
        pairs = [f"{s} at {v}" for s, v in first.itertuples(index=False)]
        raise DataError(
            f"{subject!r} and {visit!r} must name one row, but {listed(pairs)} occurs more than once "
            f"(rows {listed(frame.index[double])}); keep one row of each."
        )
