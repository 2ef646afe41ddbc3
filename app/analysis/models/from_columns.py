"""A model from the names of columns, for programs that have no formula."""

from collections.abc import Sequence
from typing import Any, Self

import pandas as pd

from app.analysis.design.formula import formula_of


class FromColumns:
    """What every model with a formula and data is made of besides."""

    @classmethod
    def of(cls, outcome: str, terms: Sequence[str | Sequence[str]], data: pd.DataFrame, **others: Any) -> Self:
        """The model from names of columns instead of a formula, for programs; a tuple of names is an interaction."""
        return cls(formula_of(outcome, terms), data, **others)  # type: ignore[call-arg]
