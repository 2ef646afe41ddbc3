"""The primary difference within subgroups, with the test of whether it depends on them."""

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from app.analysis import LMM, MMRM
from app.analysis.design.naming import quoted
from app.analysis.errors import NotEstimable
from app.analysis.report.results import Results
from app.analysis.report.tables import html_table
from app.analysis.report.words import interval, number, p_value, percent, start
from app.analysis.results.mixed_result import MixedResult
from app.analysis.trial.dataset import for_analysis


@dataclass(frozen=True)
class Subgroup:
    """The first difference at the primary day in each level of one factor, and the p value of the interaction."""

    factor: str
    levels: pd.DataFrame
    p: float


def subgroup(results: Results, factor: str) -> Subgroup:
    """The primary model with the factor's own courses in each arm; NotEstimable where it is no mixed model of arms.

    The interaction is the joint test that the first difference is the same in every level.
    """
    plan, planned = results.plan, results.primary.analysis
    if planned.model not in ("lmm", "mmrm") or not plan.contrast_weights:
        raise NotEstimable("subgroups need a primary model of several arms, lmm or mmrm")
    data = for_analysis(results.dataset, results.snapshot, plan, planned)
    rows = data.change() if plan.has_baseline and planned.model == "mmrm" else data.long
    rows = rows.dropna(subset=[factor])
    planned = replace(planned, formula=f"{planned.formula} + arm*visit*{quoted(factor)}")
    if planned.model == "lmm":
        result: MixedResult = LMM(planned.formula, rows, subject="participant", visit="visit").fit(
            df=planned.df, level=plan.level
        )
    else:
        model = MMRM(planned.formula, rows, subject="participant", visit="visit", covariance=planned.covariance)
        result = model.fit(df=planned.df, fallback=planned.fallback, level=plan.level)
    levels = list(result.design.factors[factor])
    L = np.array([difference(result, results, {factor: [level]}) for level in levels])
    table = result.estimates(result.design.estimable.reduced(L)).assign(level=[str(level) for level in levels])
    counts = rows[rows["day"] == plan.primary_day].groupby(factor, observed=False)["participant"].nunique()
    apart = result.design.estimable.part(L[1:] - L[:1])
    p = result.test(apart).p if len(apart) else float("nan")
    return Subgroup(factor, table.assign(n=[int(counts[level]) for level in levels]), p)


def difference(result: MixedResult, results: Results, at: dict[str, list[object]]) -> np.ndarray:
    """The row of L of the first contrast of arms at the primary day (from baseline, in a model that has it)."""
    plan = results.plan
    means = result.means("arm", "visit", at, "equal")
    of = dict(zip(means.levels, means.L, strict=True))
    day, weights = plan.visits[plan.primary_day], next(iter(plan.contrast_weights.values()))
    row: np.ndarray = np.sum([weight * of[day, arm] for arm, weight in weights.items()], axis=0)
    if ("baseline", plan.arms.active.name) in of:
        row = row - np.sum([weight * of["baseline", arm] for arm, weight in weights.items()], axis=0)
    return row


def subgroup_table(results: Results) -> str:
    """One group of rows per factor, the interaction's p value in its heading; what cannot be estimated says why."""
    rows = []
    limits = f"{percent(results.plan.level)} CI"
    titles = {own.id: dict(zip(own.levels, own.titles, strict=False)) for own in results.plan.covariates}
    for factor in results.plan.subgroups:
        own = subgroup(results, factor)
        tested = f"interaction {p_value(own.p)}" if math.isfinite(own.p) else "interaction not estimable"
        heading = f"{start(factor.replace('_', ' '))}: {tested}"
        for record in own.levels.to_dict("records"):
            row = {
                "Subgroup": heading,
                "Level": titles.get(factor, {}).get(record["level"], record["level"]),
                "n": str(record["n"]),
            }
            row |= {"Difference": number(record["estimate"]), limits: interval(record["lower"], record["upper"])}
            rows.append(row)
    return html_table(pd.DataFrame(rows), "table-subgroups", groups="Subgroup")
