"""Planned analyses by imputation: reference-based strategies, and the map of shifts that would tip the conclusion."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from app.analysis import ANCOVA, MMRM, impute
from app.analysis.errors import DataError, NotConverged, NotEstimable, listed
from app.analysis.imputation.imputing import Imputation
from app.analysis.report.completed import LinearEstimates, linear_estimates
from app.analysis.results.levels import STATISTICS
from app.analysis.results.marginal import counterfactual_means
from app.analysis.results.result import LinearResult
from app.analysis.trial.dataset import Dataset
from app.analysis.trial.plan import Plan, PlannedAnalysis


@dataclass(frozen=True)
class Imputer:
    """Imputes for the analyses of one report; strategies that share data and refits share their imputation."""

    plan: Plan
    done: dict[tuple[object, ...], Imputation] = field(default_factory=dict)
    estimated: dict[str, LinearEstimates] = field(default_factory=dict)

    def imputation(self, dataset: Dataset, analysis: PlannedAnalysis) -> Imputation:
        """The imputed data sets; a participant's missing values after stopping or withdrawal follow the strategy."""
        at_random = analysis.strategy == "MAR"
        key = (analysis.formula, analysis.covariance, analysis.method, analysis.draws, at_random, len(dataset.long))
        if key not in self.done:
            self.done[key] = _imputed(dataset, self.plan, analysis)
        imputation = self.done[key]
        strategies = tuple(analysis.strategy for _ in imputation.patients.strategy)
        return replace(
            imputation, strategy=analysis.strategy, patients=replace(imputation.patients, strategy=strategies)
        )

    def settled(self, dataset: Dataset, analysis: PlannedAnalysis) -> tuple[PlannedAnalysis, tuple[str, ...]]:
        """The analysis with the first of its covariances that can be fitted, and which could not."""
        failed: dict[str, str] = {}
        for covariance in (analysis.covariance, *analysis.fallback):
            tried = replace(analysis, covariance=covariance)
            try:
                self.imputation(dataset, tried)
            except (NotEstimable, NotConverged) as problem:
                failed[covariance] = str(problem).rstrip(".")
            else:
                return tried, tuple(f"covariance {name}: {why} (could not be fitted)" for name, why in failed.items())
        reasons = {why: [name for name in failed if failed[name] == why] for why in failed.values()}
        by_reason = (f"{', '.join(names)}: {why}" for why, names in reasons.items())
        raise NotConverged(f"No covariance of the imputation model could be fitted ({'; '.join(by_reason)}).")

    def linear(self, dataset: Dataset, analysis: PlannedAnalysis, by_variance: bool = False) -> LinearEstimates:
        """The ANCOVAs of all completed data sets of the analysis; shifts are of one point, or by variance."""
        key = f"{analysis.id} {analysis.strategy} {by_variance}"
        if key not in self.estimated:
            visit = self.plan.visits[self.plan.primary_day]
            imputation = self.imputation(dataset, analysis)
            weights, after_event = self.plan.contrast_weights, self.plan.tipping_after_event
            estimates = linear_estimates(imputation, visit, analysis.analysis, weights, after_event, by_variance)
            self.estimated[key] = estimates
        return self.estimated[key]

    def estimates(
        self, dataset: Dataset, analysis: PlannedAnalysis
    ) -> tuple[pd.DataFrame, pd.DataFrame, frozenset[str]]:
        """Change per arm and difference at the primary visit, and the participants."""
        imputation = self.imputation(dataset, analysis)
        random = analysis.method == "approx-bayes"
        pooled = self._by_engine(imputation, analysis) if random else self._linear_table(dataset, analysis)
        pooled = pooled.assign(day=self.plan.primary_day)
        codes = pd.Series(imputation.patients.arm)
        counts = codes.map(dict(enumerate(imputation.patients.arms))).value_counts()
        changes = pooled[pooled["term"].isin(self.plan.arms.names)]
        changes = changes.assign(arm=changes["term"], n=changes["term"].map(counts))[["day", "arm", "n", *STATISTICS]]
        differences = pooled[~pooled["term"].isin(self.plan.arms.names)].rename(columns={"term": "contrast"})
        differences = differences[["day", "contrast", *STATISTICS]]
        people = frozenset(map(str, imputation.patients.subjects))
        return changes.reset_index(drop=True), differences.reset_index(drop=True), people

    def _linear_table(self, dataset: Dataset, analysis: PlannedAnalysis) -> pd.DataFrame:
        estimates = self.linear(dataset, analysis)
        terms = [*self.plan.contrast_weights, *self.plan.arms.names]
        nothing = np.zeros((len(self.plan.arms.names), 1))
        rows = [estimates.pooled(self.plan.level, row, nothing) for row in range(len(terms))]
        return pd.concat(rows, ignore_index=True).assign(term=terms)

    def _by_engine(self, imputation: Imputation, analysis: PlannedAnalysis) -> pd.DataFrame:
        """Rubin's rules need each ANCOVA's own variance; visits other than the primary one are passed over."""
        visit = self.plan.visits[self.plan.primary_day]

        def ancova(frame: pd.DataFrame) -> Any:
            if frame["visit"].iloc[0] != visit:
                return {"other": (0.0, 1.0, 1.0)}
            return contrasted(ANCOVA(analysis.analysis, frame).fit(), self.plan.contrast_weights)

        pooled = imputation.analyse(ancova).pool(self.plan.level)
        return pooled[pooled["visit"] == visit]


def contrasted(result: LinearResult, weights: Mapping[str, Mapping[str, float]]) -> dict[str, tuple[float, ...]]:
    """Estimate, se and df of each contrast of the counterfactual means, and of the means themselves."""
    means = dict(zip(result.design.factors["arm"], counterfactual_means(result.design, "arm"), strict=True))
    rows = {name: sum(weight * means[arm] for arm, weight in own.items()) for name, own in weights.items()}
    L = result.design.estimable.reduced(np.array([*rows.values(), *means.values()]))
    if np.isnan(L).any():
        raise NotEstimable(f"The arms cannot be compared after imputation. {result.design.left_out}")
    numbers = np.column_stack(result.inference.rows(L)).tolist()
    return {str(name): tuple(row) for name, row in zip([*rows, *means], numbers, strict=True)}


def tipping_map(imputer: Imputer, dataset: Dataset, analysis: PlannedAnalysis) -> pd.DataFrame:
    """active, reference (points added to the imputed values of the arm) and the pooled difference."""
    deltas = imputer.plan.tipping_deltas
    active, reference = (grid.ravel() for grid in np.meshgrid(deltas, deltas, indexing="ij"))
    arms = imputer.plan.arms
    assert arms.reference is not None
    given = {arms.active.name: active, arms.reference.name: reference}
    points = np.stack([given.get(name, np.zeros_like(active)) for name in arms.names])
    pooled = imputer.linear(dataset, analysis).pooled(imputer.plan.level, 0, points)
    shifts = pd.DataFrame({"active": active, "reference": reference})
    return pd.concat([shifts, pooled[["estimate", "se", "df", "lower", "upper", "p"]]], axis=1)


def _imputed(dataset: Dataset, plan: Plan, analysis: PlannedAnalysis) -> Imputation:
    rows = dataset.change()
    assert plan.arms.reference is not None
    if rows.empty:
        raise DataError("Nobody of this population has a baseline and a later value.")
    seen = set(rows["arm"].astype(str))
    if absent := [arm for arm in plan.arms.names if arm not in seen]:
        raise DataError(f"Nobody in {listed(absent)} has a value after baseline, so there is nothing to impute from.")
    model = MMRM(analysis.formula, rows, subject="participant", visit="visit", covariance=analysis.covariance)
    people = dataset.people[dataset.people["participant"].isin(rows["participant"])]
    events = people.dropna(subset=["affected"])[["participant", "affected"]]
    events = events.assign(visit=events["affected"].map(_seen_visits(plan, model.layout.slots))).dropna()
    return impute(
        model,
        reference=plan.arms.reference.name,
        ice=None if events.empty else events[["participant", "visit"]],
        strategy=analysis.strategy,
        method=analysis.method,
        m=analysis.draws,
        seed=plan.seed,
    )


def _seen_visits(plan: Plan, seen: Sequence[str]) -> dict[str, str]:
    """The first visit that anybody answered at or after each planned one; none after the last of those."""
    planned = [visit for _, visit in sorted(plan.visits.items())]
    later = {visit: [other for other in planned[place:] if other in seen] for place, visit in enumerate(planned)}
    return {visit: others[0] for visit, others in later.items() if others}
