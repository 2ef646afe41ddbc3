"""Fits the planned models of yes or no, of counts and of ordered levels: shares, rates and mean levels of each arm.

Shares are in percent, so that their differences are percentage points; ratios stand beside the differences.
"""

import pandas as pd

from app.analysis import GEE, GLM, ProportionalOdds
from app.analysis.design.formula import read_formula, variables
from app.analysis.models.ordinal import OrdinalResult
from app.analysis.results.averages import Measure
from app.analysis.results.generalised_result import GeneralisedResult
from app.analysis.trial.derived import EXPOSURE
from app.analysis.trial.plan import Plan, PlannedAnalysis
from app.analysis.trial.planned import RISKS

USUAL = {
    "logistic": "difference",
    "log-binomial": "ratio",
    "poisson": "ratio",
    "negative-binomial": "ratio",
    "ordinal": "odds ratio",
}
"""What the p value of each model is of, where the plan does not say."""
SCALED = ["estimate", "se", "lower", "upper"]
Result = GeneralisedResult | OrdinalResult


def decides(analysis: PlannedAnalysis) -> str:
    """The measure whose p value counts."""
    return analysis.measure or USUAL.get(analysis.model, "difference")


def is_repeated(analysis: PlannedAnalysis) -> bool:
    """Whether the model is of several visits."""
    return "visit" in variables(read_formula(analysis.formula).terms)


def fit_generalised(rows: pd.DataFrame, plan: Plan, analysis: PlannedAnalysis) -> Result:
    """The model that the analysis names: GEE where its formula holds the visit."""
    if analysis.model == "ordinal":
        return ProportionalOdds(analysis.formula, rows).fit(plan.level)
    exposure = EXPOSURE if EXPOSURE in rows and plan.outcome.events else None
    assert analysis.model in ("logistic", "log-binomial", "poisson", "negative-binomial")
    if not is_repeated(analysis):
        errors = analysis.errors or "model"
        return GLM(analysis.formula, rows, family=analysis.model, exposure=exposure, errors=errors).fit(plan.level)
    model = GEE(
        analysis.formula,
        rows,
        subject="participant",
        visit="visit",
        family=analysis.model,
        correlation=analysis.correlation,
        errors=analysis.errors or "mancl-derouen",
    )
    return model.fit(plan.level)


def generalised_tables(
    result: Result, plan: Plan, analysis: PlannedAnalysis
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The values of each arm, their differences, and the ratios; by visit where there are several."""
    kind, adjust = plan.contrasts, plan.adjust
    if isinstance(result, OrdinalResult):
        odds = result.ratios("arm", kind=kind, adjust=adjust).assign(measure="odds ratio")
        return result.standardised("arm"), result.standardised_contrasts("arm", kind=kind, adjust=adjust), odds
    by = "visit" if is_repeated(analysis) else None
    values = result.standardised("arm", by)
    differences = result.standardised_contrasts("arm", by, kind=kind, adjust=adjust)
    if analysis.model in RISKS:
        values[SCALED] = 100 * values[SCALED]
        differences[SCALED] = 100 * differences[SCALED]
    measures: tuple[Measure, ...] = ("ratio", "odds ratio") if analysis.model in RISKS else ("ratio",)
    ratios = [
        result.standardised_contrasts("arm", by, kind=kind, adjust=adjust, measure=measure).assign(measure=measure)
        for measure in measures
    ]
    return values, differences, pd.concat(ratios, ignore_index=True)
