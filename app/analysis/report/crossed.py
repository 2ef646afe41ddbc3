"""A cross-over in the report: its model, what stood in its way (periods, sequences, carry-over), and its means."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from app.analysis.errors import AnalysisError, NotEstimable
from app.analysis.models.crossover import CARRIED
from app.analysis.report.fitted import Fitted
from app.analysis.report.results import Results
from app.analysis.report.tables import html_table
from app.analysis.report.words import number, p_number
from app.analysis.results.mixed_result import MixedResult
from app.analysis.results.result import FTest
from app.analysis.trial.dataset import Dataset, for_analysis
from app.analysis.trial.periods import period_rows
from app.analysis.trial.plan import CrossoverDesign, Plan

CONFOUNDED = (
    "With two sequences of two periods carry-over cannot be told from a difference of the sequences: only a washout "
    "can exclude it. The test of the sequences is weak, and must not choose the analysis (Freeman 1989)."
)
ASSUMED = "No carry-over is assumed beyond what an analysis estimates; the plan must justify it by its washout."


def effect_tests(fit: Fitted) -> Iterator[tuple[str, FTest]]:
    """What else the model holds: periods, sequences and, where it was estimated, carry-over; each by its F test."""
    result = fit.result
    if not isinstance(result, MixedResult):
        raise NotEstimable("the primary analysis is no cross-over")
    yield "Periods are alike", result.test("C(period)")
    yield "Sequences are alike", result.test("C(sequence)")
    places = [place for place, name in enumerate(result.coef_names) if name.strip("`").startswith(CARRIED)]
    if places:
        yield "No treatment carries over", result.test(np.eye(len(result.coef_names))[places])


def effects_table(results: Results) -> str:
    """Each test of every cross-over analysis that could be done."""
    rows = []
    for fit in results.done:
        if isinstance(fit, Fitted):
            for title, test in _tests(fit):
                row = {"Hypothesis": title, "Analysis": fit.analysis.title, "F": number(test.F, 2)}
                rows.append(row | {"df": f"{test.num_df:g}, {number(test.den_df)}", "p": p_number(test.p)})
    if not rows:
        raise NotEstimable("no analysis could be done")
    return html_table(pd.DataFrame(rows), "table-crossover", numbers=("F", "df", "p"))


def _tests(fit: Fitted) -> list[tuple[str, FTest]]:
    try:
        return list(effect_tests(fit))
    except AnalysisError:
        return []


def primary_periods(results: Results) -> pd.DataFrame:
    """The periods of the primary outcome, in the population of the primary analysis."""
    plan = results.plan
    return period_frame(for_analysis(results.dataset, results.snapshot, plan, plan.primary), design_of(plan))


def period_frame(data: Dataset, design: CrossoverDesign) -> pd.DataFrame:
    """sequence, period, treatment, n, mean and sd of the outcome as observed."""
    rows = period_rows(data.long, data.score)
    groups = rows.groupby(["sequence", "period"], observed=False)[data.score]
    table = groups.agg(n="count", mean="mean", sd="std").reset_index()
    orders = zip(table["sequence"].astype(str), table["period"].astype(int), strict=True)
    return table.assign(treatment=[design.sequences[label][place - 1] for label, place in orders])


def design_of(plan: Plan) -> CrossoverDesign:
    """The plan's sequences and periods; NotEstimable for a plan that has none."""
    if plan.crossover is None:
        raise NotEstimable("the plan has no cross-over")
    return plan.crossover


def periods_table(results: Results) -> str:
    """A row for each sequence: in each period its treatment, with n and mean (SD)."""
    rows = []
    for sequence, own in primary_periods(results).groupby("sequence", observed=False, sort=False):
        row = {"Sequence": str(sequence)}
        for cell in own.to_dict("records"):
            figures = f"{number(cell['mean'])} ({number(cell['sd'])}), n = {cell['n']}"
            row[f"Period {cell['period']}"] = f"{cell['treatment']}: {figures}"
        rows.append(row)
    return html_table(pd.DataFrame(rows), "table-periods", numbers=())


def said_of_carry_over(design: CrossoverDesign) -> str:
    """What the reader must know of carry-over in this design."""
    return CONFOUNDED if len(design.sequences) == len(design.periods) == 2 else ASSUMED
