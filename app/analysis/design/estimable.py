"""Columns that others determine: dropped with a sentence, and what they leave estimable.

As R does, a column that earlier ones determine gets no coefficient. What can still be estimated does not depend on
which column was dropped: a combination of coefficients is estimable where it is zero on the null space of all columns
(Searle 1971, Linear Models, section 5.4). Anything else is not a number, never a guess.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from app.analysis.design.checks import aliased_columns, empty_cells
from app.analysis.distributions import Array
from app.analysis.errors import listed

RANK_TOLERANCE = 1e-8


@dataclass(frozen=True)
class Estimable:
    """Which of all columns have a coefficient, and the null space (columns, dropped) of all of them."""

    kept: tuple[int, ...]
    null: Array = field(repr=False)

    def reduced(self, L: Array) -> Array:
        """Rows over all columns as rows over the kept ones; a row that is not estimable is not a number."""
        if not self.null.size:
            return L
        out = L[..., list(self.kept)].copy()
        size = np.linalg.norm(L, axis=-1)
        with np.errstate(invalid="ignore"):
            wrong = np.linalg.norm(L @ self.null, axis=-1) > RANK_TOLERANCE * np.where(size > 0, size, 1.0)
        out[wrong] = np.nan
        return out

    def part(self, L: Array) -> Array:
        """The combinations of the rows of L that are estimable, over the kept columns."""
        if not self.null.size:
            return L
        from scipy import linalg

        C = linalg.null_space((L @ self.null).T, rcond=RANK_TOLERANCE).T
        return np.asarray(C @ L[:, list(self.kept)])


def estimable(X: Array) -> Estimable:
    """What the columns of X let be estimated; the first of columns that determine each other is kept."""
    dropped = aliased_columns(X)
    kept = tuple(j for j in range(X.shape[1]) if j not in dropped)
    null = np.zeros((X.shape[1], len(dropped)))
    if dropped:
        null[list(kept)] = -np.linalg.lstsq(X[:, list(kept)], X[:, dropped])[0]
        null[dropped, range(len(dropped))] = 1.0
        null = np.linalg.qr(null)[0]
    return Estimable(kept, null)


def left_out(names: Sequence[str], own: Estimable, frame: pd.DataFrame, factors: Sequence[Sequence[str]]) -> str:
    """One sentence on the dropped columns, empty if there are none; `factors` holds those of the terms they are of."""
    lost = [name for j, name in enumerate(names) if j not in own.kept]
    if not lost:
        return ""
    cells = list(dict.fromkeys(cell for term in factors for cell in empty_cells(frame, term)))
    why = f"no rows with {listed(cells)}" if cells else "constant, or a combination of the others"
    return (
        f"Column {listed(lost)} left out ({why}): means, differences and tests that need it are not estimable and are "
        "given as not a number."
    )
