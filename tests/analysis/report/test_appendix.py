"""Baseline, missing data, forest plot and model checks: each against a count or a closed form."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from app.analysis.report.baseline import baseline_table, baseline_values
from app.analysis.report.fitted import Fitted, fitted_only
from app.analysis.report.forest_figure import forest_data
from app.analysis.report.missing import (
    AFTER_DOSE,
    LATE,
    NOT_PLANNED,
    ON_TIME,
    REASON_TITLES,
    missing_status,
    missing_table,
    pattern_table,
)
from app.analysis.report.model_checks import covariance_fits, residuals, visit_labels
from app.analysis.report.results import Results
from app.analysis.results.mixed_result import MixedResult
from app.analysis.trial.plan import BaselineRow

FIGURES = ("flow", "primary", "analyses", "tipping", "courses", "residuals")


def test_baseline_rows_are_mean_and_spread_of_who_was_infused(results: Results) -> None:
    html = baseline_table(results)
    baseline = results.dataset.long[results.dataset.long["day"] == 0]
    for arm in results.arms:
        values = baseline.loc[baseline["arm"] == arm, "odi"]
        missing = (results.dataset.people["arm"] == arm).sum() - len(values)
        assert f"{values.mean():.1f} ({values.std():.1f}); {missing} missing" in html
    assert "Infliximab (n = 62)" in html
    assert "Site 05" in html


def test_categories_are_counted_among_those_who_answered(results: Results) -> None:
    answers = results.snapshot.answers
    gender = answers[(answers["item"] == "gender") & answers["participant"].isin(results.dataset.people["participant"])]
    women = int((gender["value"] == "1").sum())
    assert f"{women} ({100 * women / len(gender):.0f}\N{NO-BREAK SPACE}%)" in baseline_table(results)


def test_a_baseline_value_after_the_first_dose_is_not_shown(results: Results) -> None:
    values = baseline_values(results.snapshot, BaselineRow("ODI", score="odi"))
    after = results.snapshot.scores[results.snapshot.scores["after_baseline_end"]]
    assert len(after)
    assert not values.index.isin(after["participant"]).any()


def test_no_p_value_stands_in_the_baseline_table(results: Results) -> None:
    assert ">p<" not in baseline_table(results)


def test_everyone_infused_has_one_status_at_each_visit(results: Results) -> None:
    status = missing_status(results)
    assert len(status) == len(results.dataset.people) * (1 + len(results.plan.days))
    assert set(status["status"]) <= {ON_TIME, LATE, AFTER_DOSE, NOT_PLANNED, *REASON_TITLES.values()}


def test_answered_are_those_in_the_models(results: Results) -> None:
    status = missing_status(results)
    counts = status["status"].value_counts()
    assert counts[ON_TIME] + counts[LATE] == len(results.dataset.long)
    assert counts[LATE] == results.dataset.long["late"].sum()
    assert counts[AFTER_DOSE] == results.snapshot.scores["after_baseline_end"].sum()


def test_reasons_come_from_the_export(results: Results) -> None:
    status = missing_status(results)
    planned = results.snapshot.assessments
    infused = planned[planned["participant"].isin(results.dataset.people["participant"])]
    withdrawn = infused[infused["state"] == "withdrawn"]
    assert (status["status"] == REASON_TITLES["withdrawn"]).sum() == len(withdrawn)
    assert (status["status"] == REASON_TITLES["partial"]).sum() == (infused["state"] == "partial").sum()


def test_a_visit_that_is_not_in_the_export_was_not_planned(results: Results) -> None:
    cut = results.snapshot.assessments[results.snapshot.assessments["day"] != 278]
    scores = results.dataset.long[results.dataset.long["day"] != 278]
    without = replace(
        results, snapshot=replace(results.snapshot, assessments=cut), dataset=replace(results.dataset, long=scores)
    )
    status = missing_status(without)
    assert set(status.loc[status["day"] == 278, "status"]) == {NOT_PLANNED}


def test_tables_of_missing_data_add_up(results: Results) -> None:
    status = missing_status(results)
    html = missing_table(status, results)
    assert html.count("gt_group_heading_row") == 7
    patterns = pattern_table(status, results)
    assert "●●●●●●●" in patterns
    assert "other patterns" in patterns


def test_the_forest_has_every_analysis_that_was_done(results: Results) -> None:
    fits = list(fitted_only(results.done))
    data = forest_data(fits, results.plan)
    assert data["analysis"].tolist() == [analysis.id for analysis in results.plan.analyses]
    assert (data["lower"] < data["estimate"]).all()
    assert (data["estimate"] < data["upper"]).all()


def test_unstructured_fits_best_and_compound_symmetry_has_two_parameters(results: Results) -> None:
    fits = [fit for fit in covariance_fits(results) if isinstance(fit, Fitted)]
    by_name = {fit.covariance: fit.result for fit in fits}
    assert tuple(by_name) == results.plan.covariances
    loglik = {name: fit.loglik for name, fit in by_name.items() if isinstance(fit, MixedResult)}
    assert max(loglik, key=lambda name: loglik[name]) == "us"
    cs = by_name["cs"]
    assert isinstance(cs, MixedResult)
    assert len(cs.theta) == 2


def test_a_plan_without_mmrm_has_no_covariance_table(results: Results) -> None:
    plan = replace(
        results.plan, analyses=tuple(analysis for analysis in results.plan.analyses if analysis.model != "mmrm")
    )
    assert covariance_fits(replace(results, plan=plan)) == []


@pytest.mark.parametrize(
    ("visit", "label"),
    [("baseline", "0"), ("d28", "28"), ("d278", "278"), ("baseline2", "baseline2"), ("d28b", "d28b"), (3, "3")],
)
def test_an_axis_has_the_day_of_a_visit_from_the_plan_and_not_from_its_name(
    results: Results, visit: object, label: str
) -> None:
    assert visit_labels([visit], results.plan) == [label]


def test_scaled_residuals_are_uncorrelated_with_variance_one(results: Results) -> None:
    result = results.primary.result
    assert isinstance(result, MixedResult)
    rows = residuals(result)
    assert len(rows) == results.primary.n_rows
    assert rows["scaled"].var() == pytest.approx(1, abs=0.05)
    wide = rows.pivot(index="participant", columns="place", values="scaled").corr().to_numpy()
    assert np.abs(wide[np.triu_indices(7, 1)]).max() < 0.25


def test_scaled_residuals_have_the_closed_form_of_a_single_visit(results: Results) -> None:
    result = results.primary.result
    assert isinstance(result, MixedResult)
    rows = residuals(result)
    first = rows.sort_values("place").groupby("participant", observed=True).head(1)
    spread = np.sqrt(np.diag(result.Sigma))[first["place"]]
    assert np.allclose(first["scaled"], first["residual"] / spread)


def test_every_figure_has_its_data_beside_it(results: Results) -> None:
    for name in FIGURES:
        assert (results.out / f"{name}.svg").stat().st_size > 5000
        assert len(pd.read_csv(results.out / f"{name}.csv")) > 5


def test_tables_and_figures_are_numbered_in_the_order_of_reading(results: Results) -> None:
    page = (results.out / "report.html").read_text(encoding="utf-8")
    for word, least in (("Table", 12), ("Figure", 8)):
        numbers = [int(number) for number in re.findall(rf"<figcaption>{word} (\d+)\. ", page)]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) >= least
    assert page.count("<figcaption>") == len(re.findall(r"<figcaption>(?:Table|Figure) \d", page))


def test_a_value_set_is_chosen_when_the_plan_names_one(results: Results) -> None:
    scores = results.snapshot.scores
    other = scores[scores["baseline"]].assign(value_set="UK", value="99")
    both = replace(results.snapshot, scores=pd.concat([scores.assign(value_set="Norway"), other]))
    values = baseline_values(both, BaselineRow("ODI", score="odi", value_set="Norway"))
    assert values.max() < 99
