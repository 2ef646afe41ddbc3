"""Planned analyses by imputation: reference-based strategies, and the map of shifts that would tip the conclusion."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from app.analysis import ANCOVA, MMRM, impute
from app.analysis.dataset import Dataset
from app.analysis.imputation.analysing import Analysed
from app.analysis.imputation.imputing import Imputation
from app.analysis.imputation.pooling import pool
from app.analysis.plan import Plan, PlannedAnalysis
from app.analysis.report.completed import CompletedANCOVA, passed_over

STATISTICS = ["estimate", "se", "df", "t", "p", "lower", "upper"]


@dataclass
class Imputer:
    """Imputes for the analyses of one report; strategies that share data and refits share their imputation."""

    plan: Plan
    done: dict[tuple[object, ...], Imputation] = field(default_factory=dict)

    def imputation(self, dataset: Dataset, analysis: PlannedAnalysis) -> Imputation:
        """The imputed data sets; a participant's missing values after stopping or withdrawal follow the strategy."""
        at_random = analysis.strategy == "MAR"
        key = (analysis.formula, analysis.covariance, analysis.method, analysis.draws, at_random, len(dataset.long))
        if key not in self.done:
            self.done[key] = _imputed(dataset, self.plan, analysis)
        found = self.done[key]
        strategies = tuple(analysis.strategy for _ in found.patients.strategy)
        return replace(found, strategy=analysis.strategy, patients=replace(found.patients, strategy=strategies))

    def estimates(self, dataset: Dataset, analysis: PlannedAnalysis) -> tuple[pd.DataFrame, pd.DataFrame, int]:
        """Change per arm and difference at the primary visit, and the number of participants."""
        imputation = self.imputation(dataset, analysis)
        pooled = imputation.analyse(_at_primary(self.plan, analysis, imputation)).pool(self.plan.level)
        pooled = pooled[pooled["visit"] == self.plan.visits[self.plan.primary_day]].assign(day=self.plan.primary_day)
        is_arm = pooled["term"].isin(self.plan.arms.names)
        arms = pd.Series(imputation.patients.arm).map(dict(enumerate(imputation.patients.arms))).value_counts()
        changes = pooled[is_arm].assign(arm=pooled["term"], n=pooled["term"].map(arms))
        columns = ["day", "arm", "n", *STATISTICS]
        return changes[columns].reset_index(drop=True), pooled.loc[~is_arm, ["day", *STATISTICS]], int(arms.sum())


def tipping_map(imputer: Imputer, dataset: Dataset, analysis: PlannedAnalysis) -> pd.DataFrame:
    """active, reference (points added to the imputed values of the arm) and the pooled difference.

    The estimate is linear in the outcome, so three analyses (no shift, one point in either arm) give every point.
    """
    plan = imputer.plan
    imputation = imputer.imputation(dataset, analysis)
    analyse = _at_primary(plan, analysis, imputation)
    reference, active = plan.arms.names
    base = imputation.analyse(analyse)
    slopes = [imputation.with_delta({arm: 1.0}).analyse(analyse) for arm in (active, reference)]
    row = _difference_row(base, plan)
    grid = np.array([(a, r) for a in plan.tipping_deltas for r in plan.tipping_deltas], float)
    full = _shifted(base.full[row], [slope.full[row] for slope in slopes], grid)
    draws = _shifted(base.draws[:, row], [slope.draws[:, row] for slope in slopes], grid)
    pooled = pool(base.method, full, draws, plan.level)
    shifts = pd.DataFrame({"active": grid[:, 0], "reference": grid[:, 1]})
    return pd.concat([shifts, pooled[["estimate", "se", "df", "lower", "upper", "p"]]], axis=1)


def _imputed(dataset: Dataset, plan: Plan, analysis: PlannedAnalysis) -> Imputation:
    rows = dataset.change()
    model = MMRM(analysis.formula, rows, subject="participant", visit="visit", covariance=analysis.covariance)
    people = dataset.people[dataset.people["participant"].isin(rows["participant"])]
    events = people.dropna(subset=["affected"])[["participant", "affected"]].rename(columns={"affected": "visit"})
    return impute(
        model,
        reference=plan.arms.reference.name,
        ice=None if analysis.strategy == "MAR" or events.empty else events,
        strategy=analysis.strategy,
        method=analysis.method,
        m=analysis.draws,
        seed=plan.seed,
    )


def _at_primary(plan: Plan, analysis: PlannedAnalysis, imputation: Imputation) -> Callable[[pd.DataFrame], Any]:
    """The analysis of the imputed primary visit; the others are passed over."""
    visit = plan.visits[plan.primary_day]
    completed = imputation.completed()
    everybody = completed[completed["visit"] == visit].reset_index(drop=True)
    quick = None
    if analysis.method != "approx-bayes":
        quick = CompletedANCOVA(analysis.analysis, everybody, plan.arms.names)

    def analyse(frame: pd.DataFrame) -> Any:
        if frame["visit"].iloc[0] != visit:
            return passed_over()
        return quick(frame) if quick else ANCOVA(analysis.analysis, frame)

    return analyse


def _difference_row(analysed: Analysed, plan: Plan) -> int:
    labels = analysed.labels
    wanted = (labels["visit"] == plan.visits[plan.primary_day]) & labels["term"].str.contains(" - ", regex=False)
    return int(np.flatnonzero(wanted)[0])


def _shifted(base: Any, slopes: list[Any], grid: Any) -> Any:
    """Estimates at each point of the grid; standard errors and degrees of freedom stay those of no shift."""
    out = np.repeat(np.expand_dims(base, -2), len(grid), axis=-2)
    for column, slope in enumerate(slopes):
        out[..., 0] += np.expand_dims(slope[..., 0] - base[..., 0], -1) * grid[:, column]
    return out
