"""Fits the planned analyses: change per arm and visit, and the differences of change."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pandas as pd

from app.analysis import ANCOVA, CLDA, LMM, MMRM
from app.analysis.errors import AnalysisError
from app.analysis.report.imputed import STATISTICS, Imputer
from app.analysis.report.one_site import for_its_sites, without_site
from app.analysis.results.mixed_result import MixedResult
from app.analysis.results.result import LinearResult
from app.analysis.trial.dataset import Dataset
from app.analysis.trial.plan import Plan, PlannedAnalysis
from app.analysis.trial.planned_formulas import is_of_change


@dataclass(frozen=True)
class Effect:
    """One difference of change, active minus reference."""

    estimate: float
    se: float
    df: float
    lower: float
    upper: float
    p: float


@dataclass(frozen=True)
class MeanChange:
    """The marginal mean change of one arm at one visit."""

    day: int
    arm: str
    n: int
    estimate: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Fitted:
    """One planned analysis, done.

    changes: day, arm, n and the marginal mean change; differences: day and the difference of change, active minus
    reference. Both with estimate, se, df, t, p, lower, upper.
    """

    analysis: PlannedAnalysis
    result: LinearResult | None = field(repr=False)
    """None for an imputation, which pools many fits."""
    changes: pd.DataFrame = field(repr=False)
    differences: pd.DataFrame = field(repr=False)
    baseline: dict[str, int]
    """Participants with a value at baseline, by arm."""
    n_participants: int
    n_rows: int
    remarks: tuple[str, ...] = ()
    """Where the analysis had to differ from the plan."""

    def effect(self, day: int) -> Effect:
        """The difference of change at that day."""
        row = self.differences.loc[self.differences["day"] == day].iloc[0]
        return Effect(*(float(row[name]) for name in ("estimate", "se", "df", "lower", "upper", "p")))

    def each_change(self) -> tuple[MeanChange, ...]:
        """The changes as values, by day and arm."""
        columns = (self.changes[name].tolist() for name in ("day", "arm", "n", "estimate", "lower", "upper"))
        return tuple(MeanChange(*values) for values in zip(*columns, strict=True))

    @property
    def covariance(self) -> str:
        """The covariance structure that was fitted in the end."""
        if self.analysis.model == "imputation":
            return self.analysis.covariance
        return self.result.covariance if isinstance(self.result, MixedResult) else ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader must know: fallbacks taken, rows left out, boundaries."""
        if self.result is None:
            return self.remarks
        failed = self.result.attempts[:-1] if isinstance(self.result, MixedResult) else ()
        taken = (f"covariance {attempt.covariance} could not be fitted ({attempt.outcome})" for attempt in failed)
        return (*self.remarks, *taken, *self.result.messages)


@dataclass(frozen=True)
class NotFitted:
    """One planned analysis that could not be done, and why."""

    analysis: PlannedAnalysis
    reason: str


def fit_analysis(dataset: Dataset, imputer: Imputer, analysis: PlannedAnalysis) -> Fitted | NotFitted:
    """The fitted analysis; one that cannot be estimated says why instead of giving numbers."""
    analysis, remarks = for_its_sites(analysis, dataset)
    try:
        if analysis.model == "imputation":
            done = _imputation(dataset, imputer, analysis)
        else:
            done = _model(dataset, imputer.plan, analysis)
        if not math.isfinite(done.effect(imputer.plan.primary_day).estimate):
            why = done.result.design.left_out if done.result else ""
            return NotFitted(analysis, f"The difference at the primary visit is not estimable. {why}".strip())
    except AnalysisError as problem:
        return NotFitted(analysis, str(problem))
    return replace(done, remarks=(*remarks, *done.remarks))


def _imputation(dataset: Dataset, imputer: Imputer, analysis: PlannedAnalysis) -> Fitted:
    analysis, remarks = imputer.settled(dataset, analysis)
    changes, differences, people = imputer.estimates(dataset, analysis)
    rows = dataset.change()
    changes, of_score = as_change(changes, rows.drop_duplicates("participant"), imputer.plan, analysis)
    remarks = (*remarks, *of_score)
    return Fitted(analysis, None, changes, differences, _at_baseline(dataset, rows), people, len(rows), remarks)


def _model(dataset: Dataset, plan: Plan, analysis: PlannedAnalysis) -> Fitted:
    rows = dataset.change() if analysis.model in ("mmrm", "ancova") else dataset.long
    if analysis.model == "ancova":
        rows = rows[rows["day"] == plan.primary_day]
    result = _fit(rows, plan, analysis)
    changes, differences = _estimates(result, rows, plan, analysis)
    changes, remarks = as_change(changes, rows.loc[result.design.frame.index], plan, analysis)
    baseline = _at_baseline(dataset, rows)
    return Fitted(analysis, result, changes, differences, baseline, rows["participant"].nunique(), len(rows), remarks)


def as_change(
    means: pd.DataFrame, rows: pd.DataFrame, plan: Plan, analysis: PlannedAnalysis
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The means as changes: those of a model of the score itself less the mean at baseline, which is then said.

    `rows` are those that the model used, with the baseline beside them. A difference of arms is the same either way.
    """
    score = plan.outcome.score
    if analysis.model in ("lmm", "clda") or is_of_change(analysis.formula, score):
        return means, ()
    at_baseline = float(rows[f"{score}_base"].mean())
    limits = [name for name in ("estimate", "lower", "upper") if name in means]
    shifted = means.assign(**{name: means[name] - at_baseline for name in limits})
    said = (
        f"the model is of {plan.outcome.name} itself, not of its change: changes are its means less the mean at "
        f"baseline, {at_baseline:.1f}, which is taken as known"
    )
    return shifted, (said,)


def _at_baseline(dataset: Dataset, rows: pd.DataFrame) -> dict[str, int]:
    first = dataset.long[(dataset.long["day"] == 0) & dataset.long["participant"].isin(rows["participant"])]
    return {str(arm): int(count) for arm, count in first["arm"].value_counts().items()}


def pooled_change(dataset: Dataset, plan: Plan) -> pd.DataFrame:
    """The change of all participants together, by a model that knows no arms."""
    rows = dataset.long
    formula = f"{plan.outcome.score} ~ site + visit"
    formula = formula if rows["site"].nunique() > 1 else without_site(formula)
    model = LMM(formula, rows, subject="participant", visit="visit")
    table = model.fit(df="kenward-roger-linear", level=plan.level).contrasts("visit")
    days = [day for day in sorted(rows["day"].unique()) if day]
    counts = rows.groupby("day")["participant"].nunique()
    return table[STATISTICS].assign(day=days, n=[int(counts[day]) for day in days])


def _fit(rows: pd.DataFrame, plan: Plan, analysis: PlannedAnalysis) -> LinearResult:
    model: LMM | MMRM | CLDA
    if analysis.model == "ancova":
        return ANCOVA(analysis.formula, rows).fit(level=plan.level)
    if analysis.model == "lmm":
        model = LMM(analysis.formula, rows, subject="participant", visit="visit")
    elif analysis.model == "mmrm":
        covariance = analysis.covariance
        model = MMRM(analysis.formula, rows, subject="participant", visit="visit", covariance=covariance)
    else:
        model = CLDA(
            plan.outcome.score,
            rows,
            subject="participant",
            visit="visit",
            arm="arm",
            baseline="baseline",
            covariates=analysis.covariates,
            covariance=analysis.covariance,
        )
    return model.fit(df=analysis.df, fallback=analysis.fallback, level=plan.level)


def _estimates(
    result: LinearResult, rows: pd.DataFrame, plan: Plan, analysis: PlannedAnalysis
) -> tuple[pd.DataFrame, pd.DataFrame]:
    if isinstance(result, MixedResult) and analysis.model in ("lmm", "clda"):
        table = result.change_from("baseline")
        both = [table[table["quantity"] == quantity] for quantity in ("change", "difference")]
    else:
        by = None if analysis.model == "ancova" else "visit"
        both = [result.emmeans("arm", by=by), result.contrasts("arm", by=by)]
        if by is None:
            both = [table.assign(visit=plan.visits[plan.primary_day]) for table in both]
    changes, differences = (table.assign(day=table["visit"].map(plan.day_of_visit).astype(int)) for table in both)
    counts = rows.groupby(["day", "arm"], observed=False)["participant"].nunique()
    changes["n"] = [int(counts[day, arm]) for day, arm in zip(changes["day"], changes["arm"], strict=True)]
    changes = changes[["day", "arm", "n", *(name for name in STATISTICS if name in changes)]]
    return changes.reset_index(drop=True), differences[["day", *STATISTICS]].reset_index(drop=True)


def fitted_only(done: tuple[Fitted | NotFitted, ...]) -> Iterator[Fitted]:
    """The analyses that gave numbers, in the plan's order."""
    return (fit for fit in done if isinstance(fit, Fitted))
