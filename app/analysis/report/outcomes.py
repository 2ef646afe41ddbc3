"""The other outcomes of the plan: each with its own data, visits and model, as if it were the only one."""

from dataclasses import dataclass, field

import pandas as pd

from app.analysis.report.fitted import Fitted, NotFitted
from app.analysis.report.fitting import fit_analysis
from app.analysis.report.imputed import Imputer
from app.analysis.trial.dataset import Dataset, for_analysis
from app.analysis.trial.derived import outcome_data
from app.analysis.trial.periods import period_rows
from app.analysis.trial.plan import Plan, SecondaryOutcome
from app.analysis.trial.snapshot import Snapshot, SnapshotError


@dataclass(frozen=True)
class OtherOutcome:
    """An outcome's plan as if it were the only one, its data (None without a score), its fit and its decimals."""

    plan: Plan
    dataset: Dataset | None = field(repr=False)
    fit: Fitted | NotFitted
    decimals: int = 1
    curve: bool = False


def other_outcomes(snapshot: Snapshot, plan: Plan, arms: pd.Series) -> tuple[OtherOutcome, ...]:
    """Every other outcome; one that cannot be estimated keeps its row, with the reason."""
    return tuple(_fitted(snapshot, plan, secondary, arms) for secondary in plan.outcomes)


def _fitted(snapshot: Snapshot, plan: Plan, secondary: SecondaryOutcome, arms: pd.Series) -> OtherOutcome:
    try:
        own, dataset = outcome_data(snapshot, plan, secondary, arms)
    except SnapshotError as problem:
        return OtherOutcome(plan.of(secondary), None, NotFitted(secondary.analysis, str(problem)))
    dataset = for_analysis(dataset, snapshot, own, secondary.analysis)
    fit = fit_analysis(dataset, Imputer(own), secondary.analysis)
    return OtherOutcome(own, dataset, fit, secondary.decimals, secondary.curve)


def observed(dataset: Dataset, day: int) -> pd.DataFrame:
    """arm, n, mean, sd, median, q1, q3, minimum, maximum of the score as observed at that day."""
    visit = "baseline" if day == 0 and "baseline" in set(dataset.long["visit"]) else f"d{day}"
    return figures_by_arm(dataset.long[dataset.long["visit"] == visit], dataset.score)


def figures_by_arm(rows: pd.DataFrame, score: str) -> pd.DataFrame:
    """The same of these rows."""
    values = rows.groupby("arm", observed=False)[score]
    table = values.agg(n="count", mean="mean", sd="std", median="median", minimum="min", maximum="max")
    quarters = {name: values.quantile(share) for name, share in (("q1", 0.25), ("q3", 0.75))}
    complete: pd.DataFrame = table.assign(**quarters).reset_index()
    return complete


def spread(dataset: Dataset, plan: Plan) -> float:
    """The standard deviation by which differences are standardised: at baseline, or at the day without one.

    In a cross-over that of the first period.
    """
    if plan.crossover is not None:
        rows = period_rows(dataset.long, dataset.score)
        return float(rows.loc[rows["period"] == 1, dataset.score].std())
    visit = "baseline" if plan.has_baseline else f"d{plan.primary_day}"
    return float(dataset.long.loc[dataset.long["visit"] == visit, dataset.score].std())
