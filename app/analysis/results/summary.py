"""A readable account of a fit."""

from typing import Any

import numpy as np
import pandas as pd

from app.analysis.distributions import Array

METHOD_NAMES = {
    "satterthwaite": "Satterthwaite degrees of freedom",
    "kenward-roger": "Kenward-Roger (full) covariance and degrees of freedom",
    "kenward-roger-linear": "Kenward-Roger (linear) covariance and degrees of freedom",
    "between-within": "between-within degrees of freedom",
    "residual": "residual degrees of freedom",
    "normal": "normal distribution",
}


def table_text(table: pd.DataFrame) -> str:
    """A table with six significant digits."""
    return table.to_string(index=False, float_format=lambda value: f"{value:.6g}")


def matrix_text(matrix: Array, labels: Any) -> str:
    """A square matrix with its labels, five significant digits."""
    frame = pd.DataFrame(np.atleast_2d(matrix), index=list(labels), columns=list(labels))
    return frame.to_string(float_format=lambda value: f"{value:.5g}")


def paragraphs(title: str, facts: dict[str, Any], blocks: dict[str, str], messages: tuple[str, ...]) -> str:
    """Title, aligned facts, headed blocks, and the messages at the end where they are seen."""
    width = max(len(name) for name in facts)
    lines = [title, "=" * len(title), *(f"{name:<{width}}  {value}" for name, value in facts.items())]
    for head, block in blocks.items():
        lines += ["", head, "-" * len(head), block]
    return "\n".join([*lines, *([""] if messages else []), *(f"Note: {message}" for message in messages)])
