"""A fit as HTML for a notebook and as LaTeX for a paper: the facts, the coefficients, and what to be aware of."""

from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

LATEX = str.maketrans(
    {
        **{letter: f"\\{letter}" for letter in "&%$#_{}"},
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "\\": r"\textbackslash{}",
    }
)


def html_of(title: str, facts: Mapping[str, Any], table: pd.DataFrame, messages: tuple[str, ...]) -> str:
    """A fragment without styles or scripts: heading, facts, the table, notes; every text escaped."""
    rows = "".join(
        f"<tr><th scope='row'>{escape(name)}</th><td>{escape(str(value))}</td></tr>" for name, value in facts.items()
    )
    notes = "".join(f"<p>Note: {escape(message)}</p>" for message in messages)
    body = table.to_html(index=False, border=0, float_format=lambda value: f"{value:.4g}")
    return f"<section><h4>{escape(title)}</h4><table>{rows}</table>{body}{notes}</section>"


def latex_of(table: pd.DataFrame) -> str:
    """The table as tabular with rules of booktabs; names escaped, numbers with four digits."""
    lines = [" & ".join(cell(name) for name in table.columns) + r" \\", r"\midrule"]
    lines += [" & ".join(cell(value) for value in row) + r" \\" for row in table.itertuples(index=False)]
    kinds = "".join("r" if pd.api.types.is_numeric_dtype(kind) else "l" for kind in table.dtypes)
    return "\n".join([rf"\begin{{tabular}}{{{kinds}}}", r"\toprule", *lines, r"\bottomrule", r"\end{tabular}"])


def cell(value: Any) -> str:
    """One cell: a number with four significant digits and a true minus, any other text escaped."""
    if isinstance(value, float):
        return f"${value:.4g}$" if value == value and abs(value) != float("inf") else "--"
    return str(value).translate(LATEX)
