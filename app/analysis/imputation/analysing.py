"""The same analysis of every imputed data set, visit by visit."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from app.analysis.design.layout import Ints
from app.analysis.distributions import Array
from app.analysis.errors import AnalysisError, NotEstimable
from app.analysis.imputation.pooling import pool
from app.analysis.models.ancova import ANCOVA
from app.analysis.results.levels import require_order
from app.analysis.results.marginal import counterfactual_means
from app.analysis.results.result import LinearResult
from app.analysis.threads import one_thread

Analyse = Callable[[pd.DataFrame], Any]
ESTIMATE = ["estimate", "se", "df"]


@dataclass(frozen=True)
class AtVisit:
    """The patients' rows at one visit, in the order of the patients."""

    visit: Any
    frame: pd.DataFrame = field(repr=False)


@dataclass(frozen=True)
class Names:
    """The columns that hold outcome, visit and arm."""

    outcome: str
    visit: str
    arm: str


@dataclass(frozen=True)
class Filled:
    """One imputed data set: outcomes (patients, visits), and how often each patient counts in it (patients,)."""

    y: Array = field(repr=False)
    times: Ints = field(repr=False)


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


def analyse(
    visits: Sequence[AtVisit], names: Names, full: Filled, draws: Iterable[Filled], method: str, analysis: Analyse
) -> Analysed:
    """Estimates by visit and term for the full data and each draw; a draw is made when its turn comes."""
    with one_thread():
        labels, of_full = estimates(visits, names, full, analysis)
        of_draws = [estimates(visits, names, draw, analysis)[1] for draw in draws]
    terms = pd.DataFrame(labels, columns=[names.visit, "term"])
    order = list(dict.fromkeys(terms[names.visit]))
    terms[names.visit] = pd.Categorical(terms[names.visit], order)
    return Analysed(terms, of_full, np.array(of_draws), method, len(full.y))


def estimates(
    visits: Sequence[AtVisit], names: Names, filled: Filled, analysis: Analyse
) -> tuple[list[tuple[Any, str]], Array]:
    """((visit, term), ...) and their estimate, se, df (rows, 3) on one imputed data set."""
    labels: list[tuple[Any, str]] = []
    values: list[Array] = []
    patients = np.repeat(np.arange(len(filled.y)), filled.times)
    once = bool((filled.times == 1).all())
    for slot, at_visit in enumerate(visits):
        frame = at_visit.frame if once else at_visit.frame.take(patients)
        terms, rows = as_estimates(analysis(frame.assign(**{names.outcome: filled.y[patients, slot]})), names.arm)
        labels.extend((at_visit.visit, term) for term in terms)
        values.append(rows)
    return labels, np.concatenate(values)


def as_estimates(result: Any, arm: str) -> tuple[list[str], Array]:
    """Terms with estimate, se, df of what an analysis gave.

    A model is fitted first; of a fit, the differences between the arms are taken (level minus reference) and their
    counterfactual means: the average prediction over everybody, with everybody in the one arm, as rbmi's default. A
    mapping from term to (estimate, se, df), or a frame with these columns, is taken as it is.
    """
    if isinstance(result, ANCOVA):
        result = result.fit()
    if isinstance(result, LinearResult):
        require_order(result.design, arm)
        levels = result.design.factors[arm]
        means = counterfactual_means(result.design, arm)
        L = result.design.estimable.reduced(np.concatenate([means[1:] - means[0], means]))
        if np.isnan(L).any():
            raise NotEstimable(f"The arms cannot be compared after imputation. {result.design.left_out}")
        terms = [f"{level} - {levels[0]}" for level in levels[1:]] + [str(level) for level in levels]
        return terms, np.column_stack(result.inference.rows(L))
    if isinstance(result, Mapping):
        return [str(name) for name in result], np.array([list(row) for row in result.values()], float)
    if isinstance(result, pd.DataFrame) and {"term", *ESTIMATE} <= set(result.columns):
        return [str(term) for term in result["term"]], result[ESTIMATE].to_numpy(float)
    raise AnalysisError(
        "The analysis must return ANCOVA(...), a fit, {term: (estimate, se, df)} or a frame of term, estimate, se, df."
    )
