"""Fits the planned analyses: change per arm and visit, and the differences of change."""

import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd

from app.analysis import ANCOVA, CLDA, LMM, MMRM
from app.analysis.errors import AnalysisError, DataError
from app.analysis.report.crossover_fit import NOTHING_CARRIED, fit_crossover
from app.analysis.report.fitted import Fitted, NotFitted
from app.analysis.report.generalised import fit_generalised, generalised_tables, is_repeated
from app.analysis.report.imputed import Imputer
from app.analysis.report.one_site import for_its_sites, without_column
from app.analysis.report.unanswered import unanswered
from app.analysis.results.levels import STATISTICS, level_columns
from app.analysis.results.mixed_result import MixedResult
from app.analysis.results.result import LinearResult
from app.analysis.trial.dataset import ELAPSED, Dataset
from app.analysis.trial.periods import period_rows
from app.analysis.trial.plan import Plan, PlannedAnalysis
from app.analysis.trial.planned_formulas import is_of_change

UNFORESEEN = (np.linalg.LinAlgError, ArithmeticError, ValueError, LookupError, TypeError)
"""What numbers that nobody thought of may raise: one analysis says so, the report is not lost."""


def fit_analysis(dataset: Dataset, imputer: Imputer, analysis: PlannedAnalysis) -> Fitted | NotFitted:
    """The fitted analysis; one that cannot be estimated says why instead of giving numbers."""
    analysis, remarks = for_its_sites(analysis, dataset)
    try:
        if analysis.model == "imputation":
            done = _imputation(dataset, imputer, analysis)
        elif analysis.model == "crossover":
            done = _crossover(dataset, imputer.plan, analysis)
        elif analysis.is_generalised:
            done = _generalised(dataset, imputer.plan, analysis)
        else:
            done = _model(dataset, imputer.plan, analysis)
        if not math.isfinite(done.effect(imputer.plan.primary_day).estimate):
            left_out = done.result.design.left_out if done.result else ""
            why = " ".join(filter(None, (unanswered(dataset, imputer.plan), left_out)))
            return NotFitted(analysis, f"The difference at the primary visit is not estimable. {why}".strip())
    except AnalysisError as problem:
        return NotFitted(analysis, _with_absent(in_plan_words(str(problem)), unanswered(dataset, imputer.plan)))
    except UNFORESEEN as problem:
        return NotFitted(analysis, f"The computation broke off ({type(problem).__name__}: {problem}).")
    return replace(done, remarks=(*remarks, *dataset.remarks, *done.remarks))


def in_plan_words(problem: str) -> str:
    """What a model said, with its options as a plan writes them: method='bootstrap' as method: bootstrap.

    Nothing is said of options that a plan does not have.
    """
    without = problem.replace("; use robust=None", "").replace("fallback=, as", "fallback, as")
    return re.sub(r"\b([a-z]+)='([a-z-]+)'", r"\1: \2", without)


def _with_absent(problem: str, absent: str) -> str:
    """What a model said, and who has no value at the primary visit, unless it named them itself."""
    return problem if problem.startswith("Nobody") else f"{problem} {absent}".strip()


def _imputation(dataset: Dataset, imputer: Imputer, analysis: PlannedAnalysis) -> Fitted:
    analysis, remarks = imputer.settled(dataset, analysis)
    changes, differences, people = imputer.estimates(dataset, analysis)
    rows = dataset.change()
    changes, of_score = as_change(changes, rows.drop_duplicates("participant"), imputer.plan, analysis)
    remarks = (*remarks, *of_score)
    return Fitted(analysis, None, changes, differences, _at_baseline(dataset, rows), people, len(rows), remarks)


def _model(dataset: Dataset, plan: Plan, analysis: PlannedAnalysis) -> Fitted:
    rows = dataset.change() if plan.has_baseline and analysis.model in ("mmrm", "ancova") else dataset.long
    if analysis.model == "ancova":
        rows = rows[rows["day"] == plan.primary_day]
    if rows.empty:
        if absent := unanswered(dataset, plan):
            raise DataError(absent)
        both = "a baseline and a later value" if plan.has_baseline else "a value"
        raise DataError(f"Nobody of this population has {both}.")
    result = _fit(rows, plan, analysis)
    used = rows.loc[result.design.frame.index]
    changes, differences = _estimates(result, used, plan, analysis)
    changes, remarks = as_change(changes, used, plan, analysis)
    baseline = _at_baseline(dataset, used)
    return Fitted(analysis, result, changes, differences, baseline, people_in(used), len(used), remarks)


def people_in(rows: pd.DataFrame) -> frozenset[str]:
    """Whose rows they are."""
    return frozenset(rows["participant"].astype(str))


def _generalised(dataset: Dataset, plan: Plan, analysis: PlannedAnalysis) -> Fitted:
    rows = dataset.long
    if not is_repeated(analysis):
        rows = rows[rows["day"] == plan.primary_day]
    if rows.empty:
        raise DataError(f"nobody has a value {plan.at_visit(plan.primary_day)}")
    result = fit_generalised(rows, plan, analysis)
    changes, differences, ratios = generalised_tables(result, plan, analysis)
    used = rows.loc[result.design.frame.index]
    changes, differences, ratios = (with_day(table, plan) for table in (changes, differences, ratios))
    counts = used.groupby(["day", "arm"], observed=False)["participant"].nunique()
    changes["n"] = [int(counts[day, arm]) for day, arm in zip(changes["day"], changes["arm"], strict=True)]
    return Fitted(analysis, result, changes, differences, {}, people_in(used), len(used), ratios=ratios)


def _crossover(dataset: Dataset, plan: Plan, analysis: PlannedAnalysis) -> Fitted:
    rows = period_rows(dataset.long, dataset.score)
    result, changes, differences = fit_crossover(rows, plan, analysis)
    used = rows.loc[result.design.frame.index]
    counts = used.groupby("arm", observed=False)["participant"].nunique()
    changes = changes.assign(day=plan.primary_day, n=[int(counts[arm]) for arm in changes["arm"]])
    differences = differences.assign(day=plan.primary_day)[["day", "contrast", *STATISTICS]]
    remarks = (NOTHING_CARRIED,) if analysis.carry_over else ()
    changes = changes[["day", "arm", "n", *STATISTICS]]
    return Fitted(analysis, result, changes, differences, {}, people_in(used), len(used), remarks)


def as_change(
    means: pd.DataFrame, rows: pd.DataFrame, plan: Plan, analysis: PlannedAnalysis
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The means as changes: those of a model of the score itself less the mean at baseline, which is then said.

    `rows` are those that the model used, with the baseline beside them. A difference of arms is the same either way.
    """
    score = plan.outcome.score
    if not plan.has_baseline or analysis.model in ("lmm", "clda") or is_of_change(analysis.formula, score):
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
    first = dataset.long[(dataset.long["visit"] == "baseline") & dataset.long["participant"].isin(rows["participant"])]
    return {str(arm): int(count) for arm, count in first["arm"].value_counts().items()}


def pooled_change(dataset: Dataset, plan: Plan) -> pd.DataFrame:
    """The change (or mean) of all participants together, by a model that knows no arms."""
    rows = dataset.long
    formula = f"{plan.outcome.score} ~ site + visit"
    formula = formula if rows["site"].nunique() > 1 else without_column(formula, "site")
    result = LMM(formula, rows, subject="participant", visit="visit").fit(df="kenward-roger-linear", level=plan.level)
    names = {name: day for day, name in plan.visits.items()}
    table = result.contrasts("visit") if plan.has_baseline else _means(result, None, plan)
    days = [names[visit] for visit in result.visits if not plan.has_baseline or names[visit]]
    counts = rows.groupby("day")["participant"].nunique()
    return table[list(STATISTICS)].assign(day=days, n=[int(counts[day]) for day in days])


def _fit(rows: pd.DataFrame, plan: Plan, analysis: PlannedAnalysis) -> LinearResult:
    model: LMM | MMRM | CLDA
    if analysis.model == "ancova":
        return ANCOVA(analysis.formula, rows).fit(level=plan.level)
    if analysis.model == "lmm":
        model = LMM(analysis.formula, rows, subject="participant", visit="visit")
    elif analysis.model == "mmrm":
        time = ELAPSED if "sp_exp" in (analysis.covariance, *analysis.fallback) else None
        model = MMRM(
            analysis.formula,
            rows,
            subject="participant",
            visit="visit",
            covariance=analysis.covariance,
            time=time,
        )
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
    result: LinearResult, used: pd.DataFrame, plan: Plan, analysis: PlannedAnalysis
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Changes and differences at each visit; `used` are the rows that the model took, which are counted."""
    if plan.arms.reference is None:
        changes = differences = _without_arms(result, plan, analysis)
    elif isinstance(result, MixedResult) and plan.has_baseline and analysis.model in ("lmm", "clda"):
        table = result.change_from("baseline", kind=plan.contrasts, adjust=plan.adjust)
        changes, differences = (table[table["quantity"] == quantity] for quantity in ("change", "difference"))
        differences = differences.rename(columns={"arm": "contrast"})
    else:
        by = "visit" if "visit" in result.design.factors else None
        changes = _means(result, "arm", plan, by)
        differences = result.contrasts("arm", by=by, kind=plan.contrasts, adjust=plan.adjust)
    changes, differences = (with_day(table, plan) for table in (changes, differences))
    counts = used.groupby(["day", "arm"], observed=False)["participant"].nunique()
    changes["n"] = [int(counts.get((day, arm), 0)) for day, arm in zip(changes["day"], changes["arm"], strict=True)]
    changes = changes[["day", "arm", "n", *(name for name in STATISTICS if name in changes)]].reset_index(drop=True)
    changes = with_every_arm(changes, plan)
    if plan.arms.reference is None:
        differences = differences.assign(contrast=plan.measured)
    return changes, differences[["day", "contrast", *STATISTICS]].reset_index(drop=True)


def with_every_arm(changes: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The changes with a row, and no number in it, of each arm of which nobody was in the model."""
    seen = set(changes["arm"].astype(str))
    absent = [arm for arm in plan.arms.names if arm not in seen]
    if not absent:
        return changes
    rows = [{"day": day, "arm": arm, "n": 0} for day in dict.fromkeys(changes["day"].tolist()) for arm in absent]
    whole = pd.concat([changes.astype({"arm": object}), pd.DataFrame(rows)], ignore_index=True)
    order = whole["arm"].map({arm: place for place, arm in enumerate(plan.arms.names)})
    return whole.assign(order=order).sort_values(["day", "order"], kind="stable", ignore_index=True)[changes.columns]


def with_day(table: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The study day beside the visit; a table without visits is of the primary one."""
    days = {name: day for day, name in plan.visits.items()}
    visit = table["visit"].map(days).astype(int) if "visit" in table else plan.primary_day
    return table.assign(day=visit)


def _means(result: LinearResult, factor: str | None, plan: Plan, by: str | None = "visit") -> pd.DataFrame:
    """Marginal means with their t and p against zero."""
    means = result.means([factor] if factor else [], by, None, "equal")
    names = [level_columns(result.design, means.factors, means.levels)]
    return pd.concat([*names, result.estimates(result.design.estimable.reduced(means.L))], axis=1)


def _without_arms(result: LinearResult, plan: Plan, analysis: PlannedAnalysis) -> pd.DataFrame:
    """The change, or the mean, of the one group at each visit of the model."""
    by = "visit" if "visit" in result.design.factors else None
    if by and plan.has_baseline and analysis.model == "lmm":
        table = result.contrasts("visit")
        visits = [visit for visit in result.design.factors["visit"] if visit != "baseline"]
        table = table.assign(visit=visits)
    else:
        table = _means(result, None, plan, by)
    return table.assign(arm=plan.arms.active.name)
