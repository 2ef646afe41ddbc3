"""Yes or no, counts and levels in a plan: each number of the report is that of the model fitted by hand."""

from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from app.analysis import GEE, GLM, ProportionalOdds
from app.analysis.report import Results, analyse
from app.analysis.report.confirmatory import family_frame
from app.analysis.report.events import exact_ratio, rate_frame
from app.analysis.report.fitted import Fitted, NotFitted
from app.analysis.report.outcome_figures import standardised
from app.analysis.report.outcome_tables import outcome_rows
from tests.analysis.plans import analysis, export, read

PAIN = {"score": "pain", "name": "Pain", "title": "Pain, NRS", "unit": "points", "minimum": 0, "maximum": 10}
MOBILITY = PAIN | {"item": "health.mobility", "name": "Mobility", "title": "Mobility", "maximum": 3}
del MOBILITY["score"]
STOPS = {"events": ["gave_up"], "name": "Stops", "title": "Giving up", "unit": "events", "minimum": 0, "maximum": 9}


def other(name: str, outcome: dict[str, Any], model: str, formula: str, **others: Any) -> dict[str, Any]:
    own = {key: others.pop(key) for key in ("measure", "errors", "correlation") if key in others}
    of = {"outcome": outcome | {"better": "lower"}, "days": [30, 90], "primary_day": 90}
    return of | {"analysis": analysis(name, model, formula, **own)} | others


OUTCOMES = [
    other("response", PAIN, "logistic", "response ~ pain_base + arm", response={"points": 0.3}, errors="mancl-derouen"),
    other("odds", PAIN, "logistic", "response ~ pain_base + arm", response={"points": 0.3}, measure="odds ratio"),
    other("risk", PAIN, "log-binomial", "response ~ arm", response={"points": 0.3, "missing": "non-responder"}),
    other("gee", PAIN, "logistic", "response ~ pain_base + arm*visit", response={"at_most": 5}, curve=True),
    other("levels", MOBILITY, "ordinal", "mobility ~ arm"),
    other("stops", STOPS, "negative-binomial", "events ~ arm"),
    other("never", PAIN, "logistic", "response ~ arm", response={"at_least": 11}),
    other("split", PAIN, "logistic", "response ~ pain + arm", response={"at_least": 5}),
]
OUTCOMES[-1]["analysis"]["formula"] = "response ~ pain_base*arm + site"
OUTCOMES[-1]["response"] = {"at_most": 99}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("generalised")
    exported = export(folder)
    family = {"method": "holm", "hypotheses": {"odds": {"analysis": "odds", "contrast": "High - Sham"}}}
    plan = read(folder, outcomes=OUTCOMES, family=family)
    return analyse(exported.snapshot, plan, exported.allocation, folder / "out")


def fitted(results: Results, name: str) -> tuple[Fitted, pd.DataFrame]:
    outcome = next(outcome for outcome in results.others if outcome.fit.analysis.id == name)
    assert isinstance(outcome.fit, Fitted), outcome.fit.reason
    assert outcome.dataset is not None
    rows = outcome.dataset.long
    return outcome.fit, rows[rows["day"] == 90] if name != "gee" else rows


def test_a_share_is_in_percent_and_its_difference_in_percentage_points(results: Results) -> None:
    fit, rows = fitted(results, "response")
    by_hand = GLM("response ~ pain_base + arm", rows, errors="mancl-derouen").fit()
    own = by_hand.standardised_contrasts("arm")
    effect = fit.effect(90, "High - Sham")
    expected = own[["estimate", "se", "lower", "upper"]].to_numpy(float)[1].tolist()
    assert [effect.estimate, effect.se, effect.lower, effect.upper] == pytest.approx([100 * v for v in expected])
    assert (effect.p, effect.df) == pytest.approx((own.loc[1, "p"], len(rows) - 4))
    assert fit.deciding(90, "High - Sham") == effect
    risks = by_hand.standardised("arm").set_index("arm")
    assert {c.arm: c.estimate for c in fit.each_change()} == pytest.approx((100 * risks["estimate"]).to_dict())
    assert {c.arm: c.n for c in fit.each_change()} == rows["arm"].value_counts().to_dict()


def test_the_measure_of_the_plan_decides_in_the_table_and_in_the_family(results: Results) -> None:
    fit, rows = fitted(results, "odds")
    by_hand = GLM("response ~ pain_base + arm", rows).fit().standardised_contrasts("arm", measure="odds ratio")
    deciding = fit.deciding(90, "High - Sham")
    assert (deciding.estimate, deciding.p) == pytest.approx((by_hand["estimate"][1], by_hand["p"][1]))
    assert deciding.p != pytest.approx(fit.effect(90, "High - Sham").p)
    assert results.plan.family is not None
    assert family_frame(results, results.plan.family)["p"].tolist() == pytest.approx([deciding.p])
    outcome = next(other for other in results.others if other.fit is fit)
    row = next(row for row in outcome_rows(outcome, results.shown_arms) if row["Arm"] == "High")
    effect = fit.effect(90, "High - Sham")
    assert row["Difference (95\xa0% CI)"].startswith(f"{effect.estimate:.1f} (".replace("-", "\N{MINUS SIGN}"))
    risk, odds = row["Ratio"].split("; ")
    assert risk.startswith("risk ratio ")
    assert odds.startswith(f"odds ratio {deciding.estimate:.2f} (")
    assert (risk[-1], odds[-1]) == (")", "*")
    assert row["p"] == f"{deciding.p:.2f}" if deciding.p > 0.1 else f"{deciding.p:.3f}"
    yes = rows[rows["arm"] == "High"]["response"]
    assert row["At the visit"] == f"{yes.sum():.0f} ({100 * yes.mean():.0f}\xa0%)"


def test_the_ratios_have_a_column_where_an_outcome_has_some(results: Results, tmp_path: Path) -> None:
    page = (results.out / "report.html").read_text(encoding="utf-8")
    assert 'id="table-outcomes-Ratio"' in page
    exported = export(tmp_path)
    plain = other("pain", PAIN, "lmm", "pain ~ arm*visit")
    analyse(exported.snapshot, read(tmp_path, outcomes=[plain]), exported.allocation, tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert 'id="table-outcomes"' in page
    assert "table-outcomes-Ratio" not in page


def test_who_is_missing_counts_as_no_response_where_the_plan_says_so(results: Results) -> None:
    fit, rows = fitted(results, "risk")
    shares = rows.groupby("arm", observed=True)["response"].mean()
    ratio = fit.deciding(90, "Low - Sham")
    assert ratio.estimate == pytest.approx(shares["Low"] / shares["Sham"])
    assert fit.n_participants == 60


def test_repeated_responses_are_estimating_equations_with_a_row_for_each_visit(results: Results) -> None:
    fit, rows = fitted(results, "gee")
    by_hand = GEE("response ~ pain_base + arm*visit", rows, subject="participant", visit="visit").fit()
    table = by_hand.standardised_contrasts("arm", by="visit")
    own = table[(table["visit"] == "d30") & (table["contrast"] == "High - Sham")]["estimate"].item()
    assert fit.effect(30, "High - Sham").estimate == pytest.approx(100 * own)
    assert (results.out / "curve_gee.svg").exists()


def test_levels_have_a_common_odds_ratio_and_mean_levels(results: Results) -> None:
    fit, rows = fitted(results, "levels")
    by_hand = ProportionalOdds("mobility ~ arm", rows).fit()
    assert fit.deciding(90, "Low - Sham").estimate == pytest.approx(by_hand.ratios("arm")["estimate"][0])
    assert fit.effect(90, "Low - Sham").estimate == pytest.approx(by_hand.standardised_contrasts("arm")["estimate"][0])


def test_counts_of_events_have_rates_per_year(results: Results) -> None:
    fit, rows = fitted(results, "stops")
    by_hand = GLM("events ~ arm", rows, family="negative-binomial", exposure="years").fit()
    assert fit.deciding(90, "Low - Sham").estimate == pytest.approx(by_hand.ratios("arm")["estimate"][0])
    own = rows.groupby("arm", observed=True)[["events", "years"]].sum()
    assert {c.arm: c.estimate for c in fit.each_change()} == pytest.approx((own["events"] / own["years"]).to_dict())


def test_what_runs_to_infinity_keeps_its_row_with_the_reason(results: Results) -> None:
    reasons = {o.fit.analysis.id: o.fit.reason for o in results.others if isinstance(o.fit, NotFitted)}
    assert set(reasons) == {"never", "split"}
    assert "is 0 for everybody; there is nothing to compare" in reasons["never"]
    assert "is 1 for everybody" in reasons["split"]
    table = pd.read_csv(results.out / "results.csv").set_index("analysis")
    assert table.loc["never", "not_done"] == reasons["never"]


def test_ratios_stand_in_the_results_and_methods_say_what_was_fitted(results: Results) -> None:
    table = pd.read_csv(results.out / "results.csv")
    of = table[table["analysis"] == "response"]
    assert set(of["quantity"]) == {"change", "difference", "ratio", "odds ratio"}
    page = (results.out / "report.html").read_text(encoding="utf-8")
    assert "a logistic model: response ~ pain_base + arm; one visit; robust standard errors corrected by Mancl" in page
    assert "generalised estimating equations, exchangeable working correlation" in page
    assert "p is that of the odds ratio" in page


def test_odds_ratios_join_the_forest_in_logistic_standard_deviations(results: Results) -> None:
    table = standardised(results).set_index("outcome")
    fit, _ = fitted(results, "levels")
    odds = fit.ratio(90, "Low - Sham", "odds ratio").estimate
    assert table.loc["levels", "estimate"] == pytest.approx(np.log(odds) * np.sqrt(3) / np.pi)
    response, _ = fitted(results, "odds")  # more with a yes is better, so it is turned
    odds = response.ratio(90, "Low - Sham", "odds ratio").estimate
    assert table.loc["odds", "estimate"] == pytest.approx(-np.log(odds) * np.sqrt(3) / np.pi)
    assert "stops" not in table.index


def test_rates_of_events_have_their_ratio_by_kind(results: Results) -> None:
    rates = rate_frame(results, ["gave_up"]).set_index("contrast")
    events = pd.read_csv(results.out / "events.csv").set_index("arm")["events"].to_dict()
    assert set(rates.index) == {"Low / Sham", "High / Sham"}
    assert rates["method"].tolist() == [
        "exact" if 0 in (events[a], events["Sham"]) else "negative binomial" for a in ("Low", "High")
    ]
    page = (results.out / "report.html").read_text(encoding="utf-8")
    assert "Rate ratio to Sham (95\xa0% CI)" in page
    assert (results.out / "event_rates.csv").exists()


EXACT = [
    ((21, 11), (3011.0, 800.0), 1.9714880952, 0.8584264034, 4.2772659437),  # breast cancer, R's poisson.test
    ((5, 0), (12.0, 10.0), 0.0, 0.0, 1.309534926),
    ((0, 5), (12.0, 10.0), inf, 1.099627029, inf),
]


@pytest.mark.parametrize(("counts", "years", "estimate", "lower", "upper"), EXACT)
def test_exact_ratios_are_those_of_r(
    counts: tuple[int, int], years: tuple[float, float], estimate: float, lower: float, upper: float
) -> None:
    own = exact_ratio(counts, years, 0.95)
    assert [own["estimate"], own["lower"], own["upper"]] == pytest.approx([estimate, lower, upper], rel=1e-8)
    assert (own["p"] < 0.05) == (lower > 1 or upper < 1)


def test_three_blind_arms_tell_no_name_in_any_outcome(tmp_path: Path) -> None:
    exported = export(tmp_path)
    analyse(exported.snapshot, read(tmp_path, outcomes=OUTCOMES[:1]), None, tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert not [word for word in ("Sham", "Low -", "High") if word in page]
    assert "Rate ratio to Dummy A" in page
