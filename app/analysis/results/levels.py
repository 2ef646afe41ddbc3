"""The levels of factors as columns of a table of results."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from app.analysis.design.design import Design
from app.analysis.errors import AnalysisError, listed

STATISTICS = ("estimate", "se", "df", "t", "p", "lower", "upper")
OTHER_COLUMNS = ("contrast", "adjustment", "quantity")


def level_columns(design: Design, factors: Sequence[str], levels: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    """The factor levels as columns that keep the order of the levels; refused where a factor has a result's name."""
    check_apart(factors)
    columns = {}
    for i, name in enumerate(factors):
        values = [level[i] for level in levels]
        columns[name] = pd.Categorical(values, list(design.factors[name])) if name in design.factors else values
    return pd.DataFrame(columns, index=range(len(levels)))


def check_apart(factors: Sequence[str]) -> None:
    """Refuse a factor, as a column of its levels, whose name is that of a column of results; raises AnalysisError."""
    if taken := [name for name in factors if name in (*STATISTICS, *OTHER_COLUMNS)]:
        raise AnalysisError(f"{taken[0]!r} is also a column of the results; rename the column of the data.")


def require_order(design: Design, factor: str) -> None:
    """A difference needs a reference that somebody chose, not the first in the alphabet."""
    if factor in design.unordered:
        levels = list(design.factors.get(factor, ()))
        raise AnalysisError(
            f"The reference of {factor!r} is unknown: its levels ({listed(levels)}) are no categories. "
            f"State the order, reference first: data[{factor!r}] = "
            f"pd.Categorical(data[{factor!r}], categories=[reference, ...])."
        )
