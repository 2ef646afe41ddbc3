"""Who was enrolled: the baseline table, by arm and in all, without p values."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from app.analysis.errors import DataError, listed


def baseline_table(frame: pd.DataFrame, *, arm: str | None, variables: Sequence[str]) -> pd.DataFrame:
    """Long table from one row per patient: variable, level, arm and its figures (numbers, not text).

    Numeric variables: n, missing, mean, sd, median, quartiles, minimum, maximum. Factors: count and percent (of those
    with a value) per level. The row group `All` holds every patient. Differences at baseline are chance in a randomised
    trial, so they are not tested.
    """
    absent = [name for name in [*variables, *([arm] if arm else [])] if name not in frame.columns]
    if absent:
        raise DataError(f"Column {listed(absent)} is not in the data; it has {listed(frame.columns, 20)}.")
    groups = [] if arm is None else [(str(name), own) for name, own in frame.groupby(arm, observed=True)]
    rows: list[dict[str, Any]] = []
    for variable in variables:
        levels = _levels(frame[variable])
        for name, own in [*groups, ("All", frame)]:
            rows += [{"variable": variable, "arm": name, **row} for row in _figures(own[variable], levels)]
    return pd.DataFrame(rows)


def _levels(column: "pd.Series[Any]") -> list[Any] | None:
    """The levels of a factor; None for a numeric variable."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return list(column.cat.categories)
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
        return None
    return sorted(column.dropna().unique())


def _figures(values: "pd.Series[Any]", levels: list[Any] | None) -> list[dict[str, Any]]:
    present = values.dropna()
    n, missing = len(present), int(values.isna().sum())
    if levels is not None:
        counts = [int((present == level).sum()) for level in levels]
        return [
            {"level": str(level), "n": n, "missing": missing, "count": c, "percent": 100 * c / n if n else None}
            for level, c in zip(levels, counts, strict=True)
        ]
    quarter = present.quantile([0.25, 0.5, 0.75]).tolist()
    figures = {"level": None, "n": n, "missing": missing, "mean": present.mean(), "sd": present.std()}
    spread = {
        "q1": quarter[0],
        "median": quarter[1],
        "q3": quarter[2],
        "minimum": present.min(),
        "maximum": present.max(),
    }
    return [figures | spread]
