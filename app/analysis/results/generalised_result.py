"""Results of logistic, log-binomial and count models: coefficients on the link's scale, and averages over everybody."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from app.analysis.design.coding import Coded, Columns, everybody_in
from app.analysis.distributions import Array
from app.analysis.errors import AnalysisError
from app.analysis.fitting.clustered import Errors
from app.analysis.results.asking import Adjust
from app.analysis.results.averages import MEASURES, Averages, Measure
from app.analysis.results.kinds import Kind, Named
from app.analysis.results.levels import level_columns, require_order
from app.analysis.results.log_result import LogResult


@dataclass(frozen=True)
class GeneralisedResult(LogResult):
    """A fitted generalised linear model or GEE: estimates on the scale of its link, averages on that of its outcome."""

    family: str
    errors: Errors
    clusters: int
    """Independent units: subjects, or rows where there are none."""
    first_rows: Array = field(repr=False)
    """A row of each subject: whose covariates the averages are over."""
    correlation: str = ""
    association: Array | None = field(default=None, repr=False)
    """The working correlation between visits."""
    dispersion: float = 0.0
    """Of a negative binomial: variance = mean + dispersion x mean^2."""
    loglik: float = float("nan")

    @property
    def is_logistic(self) -> bool:
        """Whether the link is the logit; of every other family here it is the logarithm."""
        return self.family == "logistic"

    @property
    def has_risks(self) -> bool:
        """Whether the outcome is yes or no."""
        return self.family in ("logistic", "log-binomial")

    def averages(self, factor: str, by: str | None = None) -> Averages:
        """The mean prediction with everybody at each level of `factor` (within `by`); per unit of exposure."""
        for name in (factor, by):
            if name is not None and name not in self.design.factors:
                raise AnalysisError(f"{name!r} is not a factor of {self.design.formula!r}.")
        rows = self.first_rows.astype(np.intp) if by else np.arange(self.n_obs)
        people = {name: _taken(column, rows) for name, column in self.design.columns.items()}
        groups = self.design.factors[by] if by else (None,)
        levels, means, J = [], [], []
        for group in groups:
            for level in self.design.factors[factor]:
                columns: Columns = everybody_in(people, factor, level)
                columns = everybody_in(columns, by, group) if by else columns
                mean, gradient = self._average(self.design.encode(columns, len(rows)))
                levels.append((group, level) if by else (level,))
                means.append(mean)
                J.append(gradient)
        df = float(self.inference.df(np.zeros((1, len(self.beta))))[0])
        return Averages(tuple(levels), np.array(means), np.array(J), self.vcov, df)

    def _average(self, full: Array) -> tuple[float, Array]:
        X = self.design.estimable.reduced(full)
        with np.errstate(over="ignore"):
            mu = special.expit(X @ self.beta) if self.is_logistic else np.exp(X @ self.beta)
        slope = mu * (1 - mu) if self.is_logistic else mu
        return float(mu.mean()), np.asarray((X * slope[:, None]).mean(axis=0))

    def standardised(self, factor: str, by: str | None = None) -> pd.DataFrame:
        """The risk, mean or rate of each level over everybody: estimate, se, df, lower, upper.

        Limits are made on the link's scale, so that a risk keeps between 0 and 1 and a rate above 0.
        """
        own = self.averages(factor, by)
        numbers = own.table(self.level, "odds ratio" if self.is_logistic else "ratio")
        names = [by, factor] if by else [factor]
        return pd.concat([level_columns(self.design, names, own.levels), numbers], axis=1)

    def standardised_contrasts(
        self,
        factor: str,
        by: str | None = None,
        kind: Kind | Named = "vs_reference",
        measure: Measure = "difference",
        null: float | None = None,
        adjust: Adjust | None = None,
    ) -> pd.DataFrame:
        """Differences, ratios or odds ratios of the `standardised` values; ratios are tested and limited as logarithms.

        `null` is 0 for a difference and 1 for a ratio unless said otherwise.
        """
        if measure not in MEASURES or (measure == "odds ratio" and not self.has_risks):
            raise AnalysisError(f"measure={measure!r}; use 'difference', 'ratio', or of a risk 'odds ratio'.")
        require_order(self.design, factor)
        within, numbers = self.averages(factor, by).contrasts(self.level, kind, measure, null, adjust)
        return pd.concat([level_columns(self.design, [by] if by else [], within), numbers], axis=1)

    def facts(self) -> dict[str, Any]:
        """The shared facts, the family and the kind of errors."""
        own = {"family": self.family, "errors": f"{self.errors}, {self.clusters} independent units"}
        own |= {"working correlation": self.correlation} if self.correlation else {}
        own |= {"dispersion": f"{self.dispersion:.6g}"} if self.family == "negative-binomial" else {}
        return super().facts() | own

    def record(self) -> dict[str, Any]:
        """The shared record with the family, its dispersion and the working correlation."""
        own = {"family": self.family, "errors": self.errors, "clusters": self.clusters, "loglik": self.loglik}
        return super().record() | own | {"correlation": self.correlation, "dispersion": self.dispersion}


def _taken(column: "Coded | Array", rows: Any) -> "Coded | Array":
    return Coded(column.codes[rows], column.levels) if isinstance(column, Coded) else column[rows]
