"""Results of logistic, log-binomial and count models: coefficients on the link's scale, and averages over everybody.

Marginal standardisation: the mean prediction with every participant at a level of a factor, their covariates as they
are, errors by the delta method given those covariates. `contrasts` are on the link's scale (log odds or log rates).
"""

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from scipy import special

from app.analysis.design.coding import Coded, Columns, everybody_in
from app.analysis.distributions import Array
from app.analysis.errors import AnalysisError
from app.analysis.fitting.clustered import Errors
from app.analysis.results.asking import Adjust, Question, check_adjust
from app.analysis.results.kinds import Kind, Named, planned_contrasts
from app.analysis.results.result import STATISTICS, LinearResult, level_columns, require_order

Measure = Literal["difference", "ratio", "odds ratio"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
EXPONENTIATED = ("estimate", "lower", "upper")


@dataclass(frozen=True)
class Averages:
    """Mean predictions (one per level) and their gradients by the coefficients (levels, p)."""

    levels: tuple[tuple[Any, ...], ...]
    means: Array
    J: Array = field(repr=False)


@dataclass(frozen=True)
class GeneralisedResult(LinearResult):
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

    def ratios(
        self, factor: str, by: str | None = None, kind: Kind | Named = "vs_reference", adjust: Adjust | None = None
    ) -> pd.DataFrame:
        """`contrasts` exponentiated: conditional odds ratios of a logistic model, else ratios of risks or rates."""
        table = self.contrasts(factor, by, kind, adjust=adjust)
        return table.assign(**{name: np.exp(table[name]) for name in EXPONENTIATED})

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
        return Averages(tuple(levels), np.array(means), np.array(J))

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
        value, J = self._on_link(own.means, own.J)
        numbers = self._answered(value, J, Question(self.level))
        numbers["estimate"], numbers["se"] = own.means, _errors(own.J, self.vcov)
        for limit in ("lower", "upper"):
            numbers[limit] = special.expit(numbers[limit]) if self.is_logistic else np.exp(numbers[limit])
        names = [by, factor] if by else [factor]
        return pd.concat([level_columns(self.design, names, own.levels), numbers.drop(columns=["t", "p"])], axis=1)

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
        own, adjusted = self.averages(factor, by), check_adjust(adjust, kind)
        value, J = _on_scale(own.means, own.J, measure)
        labels, within, L = _weights(own, kind)
        if not labels:
            raise AnalysisError(f"{factor!r} has one level only; there is no difference to estimate.")
        against = (null or 0.0) if measure == "difference" else float(np.log(1.0 if null is None else null))
        numbers = self._adjusted(
            L @ value, L @ J, within, Question(self.level, against), adjusted, len(set(own.levels))
        )
        if measure != "difference":
            numbers = numbers.assign(**{name: np.exp(numbers[name]) for name in EXPONENTIATED})
        table = level_columns(self.design, [by] if by else [], within)
        return pd.concat([table.assign(contrast=labels), numbers], axis=1)

    @property
    def has_risks(self) -> bool:
        """Whether the outcome is yes or no."""
        return self.family in ("logistic", "log-binomial")

    def _on_link(self, means: Array, J: Array) -> tuple[Array, Array]:
        return _on_scale(means, J, "odds ratio" if self.is_logistic else "ratio")

    def _answered(self, estimate: Array, J: Array, question: Question) -> pd.DataFrame:
        se, df = _errors(J, self.vcov), self.inference.df(np.zeros_like(J))
        return pd.DataFrame(dict(zip(STATISTICS, (estimate, se, df, *question.answers(estimate, se, df)), strict=True)))

    def _adjusted(
        self, estimate: Array, J: Array, within: list[tuple[Any, ...]], question: Question, adjust: Adjust, levels: int
    ) -> pd.DataFrame:
        """As `_answered`, adjusted within each group."""
        table = self._answered(estimate, J, question)
        names = ["t", "p", "lower", "upper"]
        for group in dict.fromkeys(within):
            place = np.flatnonzero([other == group for other in within])
            own = [table[name].to_numpy(float)[place] for name in ("estimate", "se", "df")]
            if adjust in ("dunnett", "joint"):
                answers = question.joint(own[0], own[1], own[2], J[place] @ self.vcov @ J[place].T)
            else:
                count = levels // max(1, len(dict.fromkeys(within)))
                answers = question.family(own[0], own[1], own[2], adjust, count)
            table.loc[place, names] = np.column_stack(answers)
        return table

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


def _errors(J: Array, vcov: Array) -> Array:
    return np.asarray(np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", J, vcov, J), 0.0)))


def _on_scale(means: Array, J: Array, measure: Measure) -> tuple[Array, Array]:
    """Means and gradients, or those of their logarithms or logits."""
    if measure == "difference":
        return means, J
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = 1 / means if measure == "ratio" else 1 / (means * (1 - means))
        value = np.log(means) if measure == "ratio" else special.logit(means)
    return np.asarray(value), np.asarray(J * slope[:, None])


def _weights(own: Averages, kind: Kind | Named) -> tuple[list[str], list[tuple[Any, ...]], Array]:
    """Name and group of each planned contrast, and its weights of all averages."""
    labels, within, rows = [], [], []
    for group in dict.fromkeys(level[:-1] for level in own.levels):
        names = [level[-1] for level in own.levels if level[:-1] == group]
        for label, parts in planned_contrasts(names, kind):
            labels.append(label)
            within.append(group)
            rows.append([parts.get(level[-1], 0.0) if level[:-1] == group else 0.0 for level in own.levels])
    return labels, within, np.array(rows).reshape(len(rows), len(own.levels))
