"""The same analysis of every imputed data set, visit by visit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from app.analysis.distributions import Array
from app.analysis.errors import AnalysisError
from app.analysis.imputation.pooling import pool
from app.analysis.models.ancova import ANCOVA
from app.analysis.results.result import LinearResult, require_order
from app.analysis.threads import one_thread

if TYPE_CHECKING:
    from app.analysis.imputation.imputing import Draw, Imputation

Analyse = Callable[[pd.DataFrame], Any]
COLUMNS = ["estimate", "se", "df"]


@dataclass(frozen=True)
class Analysed:
    """Estimates of the full data and of each draw: (rows, 3) and (draws, rows, 3) of estimate, se, df."""

    labels: pd.DataFrame = field(repr=False)
    full: Array = field(repr=False)
    draws: Array = field(repr=False)
    method: str
    n_subjects: int

    def pool(self, level: float = 0.95) -> pd.DataFrame:
        """One row per visit and term: pooled estimate, se, df, t, p, limits, and Monte Carlo error."""
        table = pool(self.method, self.full, self.draws, level)
        return pd.concat([self.labels, table], axis=1)


def analyse(imputation: "Imputation", analysis: Analyse) -> Analysed:
    """Estimates by visit and term for the full fit and each draw."""
    with one_thread():
        labels, full = estimates(imputation, imputation.full, analysis)
        draws = [estimates(imputation, draw, analysis)[1] for draw in imputation.draws]
    terms = pd.DataFrame(labels, columns=[imputation.visit, "term"])
    slots = list(dict.fromkeys(terms[imputation.visit]))
    terms[imputation.visit] = pd.Categorical(terms[imputation.visit], slots)
    return Analysed(terms, full, np.array(draws), imputation.method, len(imputation.patients.subjects))


def estimates(imputation: "Imputation", draw: "Draw", analysis: Analyse) -> tuple[list[tuple[Any, str]], Array]:
    """((visit, term), ...) and their estimate, se, df on the data of one draw."""
    y, times = imputation.values(draw), np.round(draw.weights).astype(int)
    labels: list[tuple[Any, str]] = []
    values: list[Array] = []
    for slot, (visit, frame) in enumerate(imputation.by_visit):
        who = np.repeat(np.arange(len(y)), times)
        at_visit = frame if (times == 1).all() else frame.take(who)
        at_visit = at_visit.assign(**{imputation.outcome: y[who, slot]})
        terms, rows = as_estimates(analysis(at_visit), imputation.arm)
        labels.extend((visit, term) for term in terms)
        values.append(rows)
    return labels, np.concatenate(values)


def as_estimates(result: Any, arm: str) -> tuple[list[str], Array]:
    """Terms with estimate, se, df of what an analysis gave.

    A model is fitted first; of a fit, the differences between the arms are taken (level minus reference) and their
    marginal means in the population of the data. A mapping from term to (estimate, se, df), or a frame with these
    columns, is taken as it is.
    """
    if isinstance(result, ANCOVA):
        result = result.fit()
    if isinstance(result, LinearResult):
        require_order(result.design, arm)
        means = result.means(arm, None, None, "proportional")
        levels = [level for (level,) in means.levels]
        L = np.concatenate([means.L[1:] - means.L[0], means.L])
        terms = [f"{level} - {levels[0]}" for level in levels[1:]] + [str(level) for level in levels]
        return terms, np.column_stack(result.inference.rows(L))
    if isinstance(result, Mapping):
        return [str(name) for name in result], np.array([list(row) for row in result.values()], float)
    if isinstance(result, pd.DataFrame) and {"term", *COLUMNS} <= set(result.columns):
        return [str(term) for term in result["term"]], result[COLUMNS].to_numpy(float)
    raise AnalysisError(
        "The analysis must return ANCOVA(...), a fit, {term: (estimate, se, df)} or a frame of term, estimate, se, df."
    )
