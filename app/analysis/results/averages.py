"""Marginal standardisation: averages over everybody, and what they differ by, with errors by the delta method.

An average is the mean prediction with every participant at a level of a factor, their covariates as they are; errors
are given those covariates. Ratios are tested and limited as logarithms, odds ratios as logits.
"""

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from scipy import special

from app.analysis.distributions import Array
from app.analysis.errors import AnalysisError
from app.analysis.results.asking import Adjust, Question, check_adjust
from app.analysis.results.kinds import Kind, Named, planned_contrasts
from app.analysis.results.levels import STATISTICS

Measure = Literal["difference", "ratio", "odds ratio"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
EXPONENTIATED = ["estimate", "lower", "upper"]
Scale = Literal["difference", "ratio", "odds ratio"]


@dataclass(frozen=True)
class Averages:
    """Averages (one per level, the last part of which is the factor's), and their gradients by the parameters."""

    levels: tuple[tuple[Any, ...], ...]
    means: Array
    J: Array = field(repr=False)
    vcov: Array = field(repr=False)
    df: float

    def table(self, level: float, limits_on: Scale) -> pd.DataFrame:
        """estimate, se, df, lower, upper of each; limits are made on that scale, which they cannot leave."""
        value, J = self._on(limits_on)
        numbers = _answered(value, _errors(J, self.vcov), self.df, Question(level))
        numbers["estimate"], numbers["se"] = self.means, _errors(self.J, self.vcov)
        if limits_on != "difference":
            turned = special.expit if limits_on == "odds ratio" else np.exp
            numbers[["lower", "upper"]] = turned(numbers[["lower", "upper"]])
        return numbers.drop(columns=["t", "p"])

    def contrasts(
        self, level: float, kind: Kind | Named, measure: Measure, null: float | None, adjust: Adjust | None
    ) -> tuple[list[tuple[Any, ...]], pd.DataFrame]:
        """The group of each planned contrast, and contrast, estimate, se (of a ratio's logarithm), df, t, p, limits."""
        adjusted = check_adjust(adjust, kind)
        value, J = self._on(measure)
        labels, within, L = self._weights(kind)
        if not labels:
            raise AnalysisError("The factor has one level only; there is no difference to estimate.")
        against = (null or 0.0) if measure == "difference" else float(np.log(1.0 if null is None else null))
        numbers = self._adjusted(L @ value, L @ J, within, Question(level, against), adjusted)
        if measure != "difference":
            numbers[EXPONENTIATED] = np.exp(numbers[EXPONENTIATED])
        numbers.insert(0, "contrast", labels)
        return within, numbers

    def _on(self, scale: Scale) -> tuple[Array, Array]:
        """Averages and gradients, or those of their logarithms or logits."""
        if scale == "difference":
            return self.means, self.J
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = 1 / self.means if scale == "ratio" else 1 / (self.means * (1 - self.means))
            value = np.log(self.means) if scale == "ratio" else special.logit(self.means)
        return np.asarray(value), np.asarray(self.J * slope[:, None])

    def _weights(self, kind: Kind | Named) -> tuple[list[str], list[tuple[Any, ...]], Array]:
        """Name and group of each planned contrast, and its weights of all averages."""
        labels, within, rows = [], [], []
        for group in dict.fromkeys(level[:-1] for level in self.levels):
            names = [level[-1] for level in self.levels if level[:-1] == group]
            for label, parts in planned_contrasts(names, kind):
                labels.append(label)
                within.append(group)
                rows.append([parts.get(level[-1], 0.0) if level[:-1] == group else 0.0 for level in self.levels])
        return labels, within, np.array(rows).reshape(len(rows), len(self.levels))

    def _adjusted(
        self, estimate: Array, J: Array, within: list[tuple[Any, ...]], question: Question, adjust: Adjust
    ) -> pd.DataFrame:
        """Every contrast with its t, p and limits, adjusted within each group."""
        se = _errors(J, self.vcov)
        table = _answered(estimate, se, self.df, question)
        for group in dict.fromkeys(within):
            place = np.flatnonzero([other == group for other in within])
            count, df = sum(level[:-1] == group for level in self.levels), np.full(len(place), self.df)
            if adjust in ("dunnett", "joint"):
                answers = question.joint(estimate[place], se[place], df, J[place] @ self.vcov @ J[place].T)
            else:
                answers = question.family(estimate[place], se[place], df, adjust, count)
            table.loc[place, ["t", "p", "lower", "upper"]] = np.column_stack(answers)
        return table


def _answered(estimate: Array, se: Array, df: float, question: Question) -> pd.DataFrame:
    each = np.full(len(estimate), df)
    return pd.DataFrame(dict(zip(STATISTICS, (estimate, se, each, *question.answers(estimate, se, each)), strict=True)))


def _errors(J: Array, vcov: Array) -> Array:
    return np.asarray(np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", J, vcov, J), 0.0)))
