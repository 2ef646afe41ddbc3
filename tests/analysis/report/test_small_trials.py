"""Trials that are too small, or have one site: what can be said is said, the rest says why not; no figure breaks."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from app.analysis.report import Results
from app.analysis.report.change_figure import change_figure
from app.analysis.report.fitted import Fitted, NotFitted
from app.analysis.report.fitting import pooled_change
from app.analysis.report.forest_figure import forest_figure
from app.analysis.report.methods import methods_text
from app.analysis.report.run import estimate
from app.analysis.report.style import house_style, reach, svg_bytes
from app.analysis.report.words import verdict
from app.analysis.trial.plan import Plan
from app.analysis.trial.snapshot import read_snapshot
from app.rehearsal.parameters import Parameters
from app.rehearsal.population import cohort
from tests.analysis.exported import export_of


def small(plan: Plan) -> Plan:
    """The shipped plan with one analysis of each model."""
    wanted = ("primary", "mmrm", "clda", "ancova", "mar")
    return replace(
        plan, analyses=tuple(analysis for analysis in plan.analyses if analysis.id in wanted), covariances=("cs",)
    )


def test_one_site_is_left_out_of_every_model_and_the_report_says_so(
    parameters: Parameters, plan: Plan, tmp_path: Path
) -> None:
    exported = export_of(tmp_path, [person for person in cohort(parameters) if person.site == "01"])
    results = estimate(read_snapshot(exported.snapshot), small(plan), exported.allocation, tmp_path, None)
    assert all(isinstance(fit, Fitted) for fit in results.done)
    said = "There is one site only (01), so site was left out of the model."
    assert sum(said in text for text in methods_text(plan, results.done)) == len(results.done)
    assert results.primary.analysis.formula == "odi ~ arm + visit + arm:visit"
    assert len(pooled_change(results.dataset, plan)) == len(plan.days)


def test_eight_people_get_what_can_be_estimated_and_why_the_rest_cannot(
    parameters: Parameters, plan: Plan, tmp_path: Path
) -> None:
    exported = export_of(tmp_path, cohort(parameters)[:8])
    results = estimate(read_snapshot(exported.snapshot), small(plan), None, tmp_path, None)
    reasons = {fit.analysis.id: fit.reason for fit in results.done if isinstance(fit, NotFitted)}
    assert set(reasons) == {"ancova", "mar"}
    assert reasons["mar"].startswith("No covariance of the imputation model could be fitted (us")
    fits = [fit for fit in results.done if isinstance(fit, Fitted)]
    with house_style():
        svg = svg_bytes(forest_figure(fits, results.plan, results.note)).decode()
    assert svg.count("BLIND RUN") == 1


def unlimited(fitted: Fitted, lower: float, upper: float) -> Fitted:
    """The same with other limits of every interval."""
    both = (frame.assign(lower=lower, upper=upper) for frame in (fitted.changes, fitted.differences))
    changes, differences = both
    return replace(fitted, changes=changes, differences=differences)


@pytest.mark.parametrize(
    ("lower", "upper", "said"),
    [
        (float("-inf"), float("inf"), "the interval includes no difference"),
        (float("nan"), float("nan"), "no interval can be given"),
        (-1e9, 1e9, "the interval includes no difference"),
    ],
)
def test_figures_bear_limits_that_are_infinite_or_missing(
    results: Results, lower: float, upper: float, said: str
) -> None:
    wild, plan = unlimited(results.primary, lower, upper), results.plan
    assert verdict(wild.effect(plan.primary_day), plan) == said
    with house_style():
        forest = svg_bytes(forest_figure([wild, *results.supporting], plan, results.note)).decode()
        change = svg_bytes(change_figure(wild, plan, results.arms, results.note)).decode()
    assert ("the interval goes on beyond the axis" in forest) != math.isnan(lower)
    assert ("Intervals that go beyond the axis are cut" in change) == math.isinf(lower)


def test_an_axis_reaches_the_farthest_value_but_not_an_absurd_one() -> None:
    assert reach([1.0, -2.0, 3.0]) == 3.0
    assert reach([1.0, 1.0, 1.0, 100.0]) == 4.0
    assert reach([float("nan"), float("inf")]) == reach([0.0]) == 1.0
