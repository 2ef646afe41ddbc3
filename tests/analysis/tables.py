"""Reads cells of a table of results."""

from typing import Any

import pandas as pd


def cells(table: pd.DataFrame, row: Any, columns: list[str]) -> list[Any]:
    """The values of one row in these columns."""
    return [table.at[row, column] for column in columns]
