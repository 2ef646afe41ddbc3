"""The tipping point: how much worse the imputed values must be for the conclusion to change."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from app.analysis.errors import AnalysisError
from app.analysis.imputation.analysing import Analyse
from app.analysis.imputation.delta import Delta
from app.analysis.imputation.imputing import Imputation


def tipping_point(
    imputation: Imputation,
    analysis: Analyse,
    deltas: Sequence[Delta],
    *,
    visit: Any,
    term: str,
    dlag: Sequence[float] | None = None,
    alpha: float = 0.05,
    level: float = 0.95,
) -> pd.DataFrame:
    """The pooled result of `term` at `visit` for each delta, with `tipped`: whether p exceeds `alpha`.

    Deltas are numbers or mappings as `impute` takes them; for a map over both arms give one mapping per point.
    With `dlag` they count from the intercurrent event.
    """
    rows = []
    for delta in deltas:
        table = imputation.with_delta(delta, dlag).analyse(analysis).pool(level)
        chosen = table[(table[imputation.visit] == visit) & (table["term"] == term)]
        if len(chosen) != 1:
            raise AnalysisError(f"No estimate of {term!r} at {visit!r}; there are {sorted(set(table['term']))}.")
        rows.append({"delta": delta, **chosen.iloc[0].drop([imputation.visit, "term"]).to_dict()})
    out = pd.DataFrame(rows)
    out["tipped"] = out["p"] > alpha
    return out
