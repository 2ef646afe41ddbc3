"""Proportional odds: a cumulative logit model of an outcome with ordered levels."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from app.analysis.design.checks import check_frame
from app.analysis.design.coding import everybody_in
from app.analysis.design.design import build_design
from app.analysis.design.formula import read_formula
from app.analysis.distributions import Array
from app.analysis.errors import AnalysisError, DataError, NotEstimable, listed
from app.analysis.fitting.inference import Inference
from app.analysis.models.from_columns import FromColumns
from app.analysis.models.mixed_model import check_options
from app.analysis.results.asking import Adjust
from app.analysis.results.averages import Averages
from app.analysis.results.kinds import Kind, Named
from app.analysis.results.levels import level_columns, require_order
from app.analysis.results.log_result import LogResult

INTERCEPT = "Intercept"
STEPS, HALVINGS = 100, 40
RUNAWAY = 25.0
"""A log odds beyond this is on its way to infinity."""


@dataclass(frozen=True)
class OrdinalResult(LogResult):
    """A fitted proportional odds model: coefficients are log odds of a higher level; z tests.

    The intercept is that of lying above the first level, so that `emmeans` are its log odds.
    """

    levels: tuple[float, ...]
    thresholds: Array
    """Log odds of lying at or below each level but the last, with every column at zero."""
    whole_vcov: Array = field(repr=False)
    """Covariance of the thresholds and then of the slopes."""
    loglik: float

    def shares(self, factor: str) -> pd.DataFrame:
        """The share of each level with everybody at each level of `factor`, their covariates as they are."""
        if factor not in self.design.factors:
            raise AnalysisError(f"{factor!r} is not a factor of {self.design.formula!r}.")
        rows = []
        for group in self.design.factors[factor]:
            X = self.design.encode(everybody_in(self.design.columns, factor, group), self.n_obs)
            above = self.design.estimable.reduced(X) @ self.beta
            at_most = special.expit(self.thresholds - self.thresholds[0] - above[:, None]).mean(axis=0)
            own = np.diff(np.concatenate([[0.0], at_most, [1.0]]))
            rows += [(group, level, share) for level, share in zip(self.levels, own.tolist(), strict=True)]
        return pd.DataFrame(rows, columns=[factor, "level", "share"])

    def averages(self, factor: str) -> Averages:
        """The mean level with everybody at each level of `factor`, with gradients by thresholds and slopes."""
        rows = [self._average(factor, group) for group in self.design.factors[factor]]
        levels = tuple((group,) for group in self.design.factors[factor])
        means, J = np.array([mean for mean, _ in rows]), np.array([gradient for _, gradient in rows])
        return Averages(levels, means, J, self.whole_vcov, float("inf"))

    def standardised(self, factor: str) -> pd.DataFrame:
        """The mean level with everybody at each level of `factor`: estimate, se, df, lower, upper."""
        own = self.averages(factor)
        numbers = own.table(self.level, "difference")
        return pd.concat([level_columns(self.design, [factor], own.levels), numbers], axis=1)

    def standardised_contrasts(
        self, factor: str, kind: Kind | Named = "vs_reference", null: float | None = None, adjust: Adjust | None = None
    ) -> pd.DataFrame:
        """Differences of the mean level, with errors by the delta method."""
        require_order(self.design, factor)
        return self.averages(factor).contrasts(self.level, kind, "difference", null, adjust)[1]

    def _average(self, factor: str, group: Any) -> tuple[float, Array]:
        full = self.design.encode(everybody_in(self.design.columns, factor, group), self.n_obs)
        X = self.design.estimable.reduced(full)
        place, steps = self.coef_names.index(INTERCEPT), np.diff(self.levels)
        slopes = np.delete(X, place, axis=1)
        above = special.expit(slopes @ np.delete(self.beta, place) - self.thresholds[:, None])
        weight = above * (1 - above) * steps[:, None]
        gradient = np.concatenate([-weight.mean(axis=1), (weight.sum(axis=0)[:, None] * slopes).mean(axis=0)])
        return self.levels[0] + float((above.mean(axis=1) * steps).sum()), gradient

    def record(self) -> dict[str, Any]:
        """The shared record with the levels and their thresholds."""
        return super().record() | {"levels": self.levels, "thresholds": self.thresholds, "loglik": self.loglik}


def with_places(formula: str, data: pd.DataFrame) -> pd.DataFrame:
    """The data with the places of ordered categories as its outcome; DataError for categories without an order."""
    name = read_formula(formula).outcome
    dtype = data[name].dtype if name in data.columns and data.columns.is_unique else None
    if not isinstance(dtype, pd.CategoricalDtype):
        return data
    if not dtype.ordered:
        raise DataError(
            f"The order of the levels of {name!r} ({listed(dtype.categories)}) is not stated: write "
            f"pd.Categorical(data[{name!r}], categories=[lowest, ...], ordered=True)."
        )
    codes = data[name].cat.codes
    return data.assign(**{name: (codes + 1.0).where(codes >= 0)})


class ProportionalOdds(FromColumns):
    """A cumulative logit model of one row per participant (McCullagh 1980, J R Stat Soc B 42:109).

    The outcome is numbers in their order, of any unit, or ordered categories, which count 1, 2, 3...; a positive
    coefficient means higher levels, as R's polr.
    Raises DataError, NotEstimable or AnalysisError with the column, the rows and the remedy.
    """

    kind = "proportional odds"

    def __init__(self, formula: str, data: pd.DataFrame) -> None:
        check_frame(data)
        data = with_places(formula, data)
        self.formula, self.data = formula, data.copy(deep=False)
        self.design = build_design(formula, data, [])
        if INTERCEPT not in self.design.names:
            raise AnalysisError(f"{formula!r} has no intercept; write it without 0 or -1, thresholds take its place.")
        values, self.codes = np.unique(self.design.y, return_inverse=True)
        self.levels = tuple(float(value) for value in values)
        if len(values) < 2:
            raise NotEstimable(f"The outcome {self.design.outcome!r} is {values[0]:g} for everybody.")
        if len(values) > 30:
            raise NotEstimable(f"The outcome has {len(values)} levels; join some, or use ANCOVA.")

    def fit(self, level: float = 0.95) -> OrdinalResult:
        """Maximum likelihood by Newton's method; NotEstimable where an estimate runs to infinity."""
        check_options("normal", level)
        place = self.design.names.index(INTERCEPT)
        others = [j for j in range(len(self.design.names)) if j != place]
        problem = Cumulative(np.delete(self.design.X, place, axis=1), self.codes, len(self.levels))
        reached = problem.maximum()
        information = -problem.at(reached)[2]
        thresholds = len(self.levels) - 1
        turn = np.zeros((len(self.design.names), len(reached)))
        turn[place, 0] = -1.0
        turn[others, thresholds + np.arange(len(others))] = 1.0
        whole: Array = np.asarray(np.linalg.inv(information), float)
        vcov = turn @ whole @ turn.T
        size = len(vcov)
        none = np.zeros((0, size, size))
        beta, free = turn @ reached, float(len(self.codes) - len(reached))
        inference = Inference("normal", beta, np.eye(size), vcov, vcov, none, np.zeros((0, 0)), free)
        return OrdinalResult(
            design=self.design,
            inference=inference,
            level=level,
            model=self.kind,
            messages=self.design.messages,
            levels=self.levels,
            thresholds=reached[:thresholds],
            whole_vcov=whole,
            loglik=problem.at(reached)[0],
        )


@dataclass(frozen=True)
class Cumulative:
    """The log likelihood of cumulative logits over (thresholds, slopes), with its derivatives."""

    X: Array = field(repr=False)
    codes: Any = field(repr=False)
    count: int

    def maximum(self) -> Array:
        """Where the log likelihood is highest, from the shares of the levels; NotEstimable where there is no such."""
        share = np.bincount(self.codes, minlength=self.count) / len(self.codes)
        middle = self.X.mean(axis=0)
        centred = Cumulative(self.X - middle, self.codes, self.count)
        where = np.concatenate([special.logit(np.cumsum(share)[:-1]), np.zeros(self.X.shape[1])])
        where = centred.climbed(where)
        thresholds = self.count - 1
        where[:thresholds] += middle @ where[thresholds:]
        return where

    def climbed(self, where: Array) -> Array:
        """Newton's method with halved steps."""
        value, gradient, hessian = self.at(where)
        for _ in range(STEPS):
            step = np.linalg.lstsq(-hessian, gradient)[0]
            if float(gradient @ step) < 1e-18 * max(1.0, abs(value)):
                return where
            for _ in range(HALVINGS):
                tried = where + step
                reached = self.at(tried)
                if reached[0] >= value:
                    break
                step = step / 2
            where, (value, gradient, hessian) = tried, reached
            spread = np.abs(self.X @ where[self.count - 1 :]).max(initial=0.0)
            if spread > RUNAWAY:
                break
        raise NotEstimable(
            "A covariate separates the levels of the outcome, so that the estimate runs to infinity; "
            "leave it out, or join its levels."
        )

    def at(self, where: Array) -> tuple[float, Array, Array]:
        """Log likelihood (minus infinity where thresholds cross), gradient and Hessian."""
        thresholds, slopes = where[: self.count - 1], where[self.count - 1 :]
        size, eta = len(where), self.X @ slopes
        if (np.diff(thresholds) <= 0).any():
            return -np.inf, np.zeros(size), np.zeros((size, size))
        ends = np.concatenate([[-np.inf], thresholds, [np.inf]])
        upper, lower = special.expit(ends[self.codes + 1] - eta), special.expit(ends[self.codes] - eta)
        P = np.maximum(upper - lower, 1e-300)
        A, B = self._rows(self.codes), self._rows(self.codes - 1)
        up, low = upper * (1 - upper) / P, lower * (1 - lower) / P
        gradient = A.T @ up - B.T @ low
        both = A.T @ ((up * low)[:, None] * B)
        hessian = A.T @ ((up * (1 - 2 * upper) - up**2)[:, None] * A) + both + both.T
        hessian -= B.T @ ((low * (1 - 2 * lower) + low**2)[:, None] * B)
        return float(np.log(P).sum()), gradient, hessian

    def _rows(self, codes: Any) -> Array:
        """Derivatives of threshold less eta, for the threshold of each row; zeros where there is none."""
        there = (codes >= 0) & (codes < self.count - 1)
        out = np.zeros((len(codes), self.count - 1 + self.X.shape[1]))
        out[np.flatnonzero(there), codes[there]] = 1.0
        out[:, self.count - 1 :] = -self.X
        out[~there] = 0.0
        return out
