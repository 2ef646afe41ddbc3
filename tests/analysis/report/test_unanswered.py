"""A primary visit without answers, or without those of an arm, is named where its difference would stand."""

from dataclasses import replace

import pandas as pd
import pytest

from app.analysis.report import Results
from app.analysis.report.fitted import Fitted, NotFitted
from app.analysis.report.fitting import fit_analysis
from app.analysis.report.unanswered import unanswered

NOBODY = (
    "Nobody of this population has ODI at 5 months (day 154). See that it is a visit of the protocol, and that the "
    "export was made after it; until somebody has answered there, nothing can be said of it."
)
MODELS = ("primary", "mmrm", "clda", "ancova")


def without(results: Results, *arms: str) -> pd.DataFrame:
    """The rows without those of these arms at the primary visit."""
    rows = results.dataset.long
    return rows[~((rows["day"] == results.plan.primary_day) & rows["arm"].isin(arms))]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("absent", "said"),
    [
        (("Infliximab", "Placebo"), NOBODY),
        (("Infliximab",), "Nobody allocated to Infliximab has ODI at 5 months (day 154)."),
        (("Placebo",), "Nobody allocated to Placebo has ODI at 5 months (day 154)."),
    ],
)
def test_a_primary_visit_that_lacks_answers_says_whose(
    results: Results, model: str, absent: tuple[str, ...], said: str
) -> None:
    dataset = replace(results.dataset, long=without(results, *absent))
    analysis = next(analysis for analysis in results.plan.analyses if analysis.id == model)
    done = fit_analysis(dataset, results.imputer, analysis)
    assert isinstance(done, NotFitted)
    assert said in done.reason


def test_a_visit_with_answers_of_every_arm_gives_no_reason(results: Results) -> None:
    assert unanswered(results.dataset, results.plan) == ""
    assert isinstance(results.primary, Fitted)


def test_where_nobody_is_left_at_all_the_visit_is_not_blamed(results: Results) -> None:
    assert unanswered(replace(results.dataset, long=results.dataset.long.iloc[:0]), results.plan) == ""
