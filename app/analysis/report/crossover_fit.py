"""Fits a planned cross-over: the mean of each treatment over its periods, and their differences within participants."""

import pandas as pd

from app.analysis import Crossover
from app.analysis.results.mixed_result import MixedResult
from app.analysis.trial.plan import Plan, PlannedAnalysis

NOTHING_CARRIED = "the means of the treatments are those without anything carried over from the period before"


def fit_crossover(
    rows: pd.DataFrame, plan: Plan, analysis: PlannedAnalysis
) -> tuple[MixedResult, pd.DataFrame, pd.DataFrame]:
    """The model of the periods' rows, its marginal means by arm, and the planned contrasts of the treatments."""
    trial = Crossover(
        plan.outcome.score,
        rows,
        subject="participant",
        sequence="sequence",
        period="period",
        treatment="arm",
        covariates=analysis.covariates,
        carry_over=analysis.carry_over,
    )
    result = trial.fit(df=analysis.df, level=plan.level)
    means = trial.means(result)
    return result, means, trial.contrasts(result, kind=plan.contrasts, adjust=plan.adjust)
