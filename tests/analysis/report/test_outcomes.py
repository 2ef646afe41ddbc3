"""Every outcome of a plan: each as if it were the only one, and one that fails keeps its row."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection

from app.analysis import LMM
from app.analysis.report import Results, analyse
from app.analysis.report.change_figure import change_figure
from app.analysis.report.events import event_frame
from app.analysis.report.fitted import Fitted, NotFitted
from app.analysis.report.outcome_figures import improvement, standardised
from app.analysis.report.outcome_tables import descriptive_frame, every_outcome, outcome_rows
from app.analysis.report.subgroups import subgroup
from app.yaml_files import FileError
from tests.analysis.plans import analysis, export, read
from tests.some import some

COLUMNS = ["day", "arm", "n", "estimate", "lower", "upper"]
PAIN = {
    "score": "pain",
    "name": "Pain",
    "title": "Pain, NRS",
    "unit": "points",
    "minimum": 0,
    "maximum": 10,
    "better": "lower",
}


def secondary(name: str, **others: Any) -> dict[str, Any]:
    """Another outcome of the trial of walking, whose model is that of its score."""
    outcome = PAIN | others.pop("outcome", {})
    formula = f"{outcome['score']} ~ arm*visit"
    of = {"outcome": outcome, "days": [30, 90], "primary_day": 90, "analysis": analysis(name, "lmm", formula)}
    return of | others


OUTCOMES = [
    secondary("pain", curve=True),
    secondary("late_pain", days=[90], has_baseline=False, analysis=analysis("late_pain", "ancova", "pain ~ arm")),
    secondary("better_up", outcome={"better": "higher", "name": "Turned"}),
    secondary("absent", outcome={"score": "sleep", "name": "Sleep"}),
    secondary("wrong_day", days=[30, 91], primary_day=91),
]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("outcomes")
    exported = export(folder)
    plan = read(
        folder,
        outcomes=OUTCOMES,
        profiles=[{"title": "Health", "items": ["health.mobility"], "levels": ["a", "b", "c"], "days": [0, 90]}],
        covariates={"sex": {"item": "about.sex", "levels": ["0", "1"]}},
        subgroups=["sex", "site"],
        responders=[{"points": 3}],
    )
    return analyse(exported.snapshot, plan, exported.allocation, folder / "out")


@pytest.fixture(scope="module")
def page(results: Results) -> str:
    return (results.out / "report.html").read_text(encoding="utf-8")


def test_each_outcome_is_fitted_to_its_own_score_and_days(results: Results) -> None:
    pain = results.others[0]
    assert pain.dataset is not None
    assert isinstance(pain.fit, Fitted)
    by_hand = LMM("pain ~ arm*visit", pain.dataset.long, subject="participant", visit="visit").fit()
    table = by_hand.change_from("baseline")
    own = table[(table["quantity"] == "difference") & (table["visit"] == "d90")]["estimate"].tolist()
    assert [pain.fit.effect(90, name).estimate for name in pain.fit.contrasts] == pytest.approx(own)
    late = results.others[1]
    assert late.dataset is not None
    assert set(late.dataset.long["day"]) == {90}


def test_an_outcome_that_fails_keeps_its_row_with_the_reason(results: Results, page: str) -> None:
    reasons = [other.fit.reason for other in results.others if isinstance(other.fit, NotFitted)]
    assert reasons == [
        "scores.csv has no sleep score of anyone with the first session",
        "days of the plan names day 91, on which the export has no visit; it has day 0, 30, 90",
    ]
    assert all(f"Not estimated: {reason}" in page for reason in reasons)
    table = pd.read_csv(results.out / "results.csv").set_index("analysis")
    assert table.loc[["absent", "wrong_day"], "not_done"].tolist() == reasons


def test_a_paper_s_table_has_observed_means_changes_and_differences(results: Results) -> None:
    first = every_outcome(results)[0]
    low, high, sham = outcome_rows(first, results.shown_arms)
    rows = results.dataset.long
    at_end = rows[(rows["day"] == 90) & (rows["arm"] == "High")]["walk"]
    assert high["At the visit"].startswith(f"{at_end.mean():.1f} ({at_end.std():.1f})")
    assert high["n"] == str(len(at_end))
    effect = results.primary.effect(90, "High - Sham")
    assert high["Difference (95\xa0% CI)"].startswith(f"−{abs(effect.estimate):.1f} (")
    assert (low["Arm"], sham["Arm"], sham["Difference (95\xa0% CI)"]) == ("Low", "Sham", "–")


def test_the_forest_is_in_standard_deviations_and_turned_to_one_side(results: Results) -> None:
    table = standardised(results).set_index("outcome")
    assert table.index.tolist() == ["main", "pain", "late_pain", "better_up"]
    pain, turned = table.loc["pain"], table.loc["better_up"]
    assert turned["estimate"] == pytest.approx(-pain["estimate"])
    assert (turned["lower"], turned["upper"]) == pytest.approx((-pain["upper"], -pain["lower"]))
    start = results.dataset.long[results.dataset.long["day"] == 0]["walk"].std()
    assert table.loc["main", "sd"] == pytest.approx(start)
    assert table.loc["main", "estimate"] == pytest.approx(results.effect.estimate / start)


def test_responders_at_every_cut_are_a_share_that_only_falls(results: Results) -> None:
    table = improvement(results)
    for arm, own in some(table.groupby("arm")):
        assert own["percent"].is_monotonic_decreasing
        rows = results.dataset.change()
        gain = -rows[(rows["day"] == 90) & (rows["arm"] == arm)]["chg"]
        for cut in (0.0, float(np.median(own["points"]))):
            expected = 100 * (gain.round(9) >= cut).mean()
            assert own[own["points"] == cut]["percent"].item() == pytest.approx(expected)
        assert own["percent"].iloc[0] == 100


def test_events_are_counted_by_participant_and_by_event(results: Results) -> None:
    frame = event_frame(results)
    assert set(frame["kind"]) == {"gave_up"}  # that of day 0 is none
    assert frame["participants"].sum() == frame["events"].sum() == 6
    assert frame["of"].tolist() == [20, 20, 20]
    assert (results.out / "events.csv").exists()


def test_descriptives_are_of_every_outcome_visit_and_arm(results: Results, page: str) -> None:
    frame = descriptive_frame(results)
    assert len(frame) == (3 + 3 + 1 + 3) * 3
    row = frame[(frame["outcome"] == "main") & (frame["day"] == 30) & (frame["arm"] == "Low")].iloc[0]
    own = results.dataset.long
    values = own[(own["day"] == 30) & (own["arm"] == "Low")]["walk"]
    assert row["n"] == len(values) < 20
    assert row["q1"] == pytest.approx(values.quantile(0.25))
    assert (row["median"], row["maximum"]) == pytest.approx((values.median(), values.max()))
    assert "Link not opened" in page


def test_the_primary_difference_in_each_level_and_whether_they_differ(results: Results) -> None:
    own = subgroup(results, "sex")
    rows = results.dataset.long
    by_hand = LMM("walk ~ arm*visit*sex", rows, subject="participant", visit="visit").fit()
    women = by_hand.means("arm", "visit", {"sex": ["1"]}, "equal")
    L = dict(zip(women.levels, women.L, strict=True))
    row = L["d90", "Low"] - L["d90", "Sham"] - L["baseline", "Low"] + L["baseline", "Sham"]
    assert own.levels["estimate"].tolist()[1] == pytest.approx(by_hand.contrast(row)["estimate"].item())
    assert own.levels["n"].sum() == 60
    assert 0 < own.p < 1


def test_the_page_has_a_section_for_each(page: str) -> None:
    for name in ("outcomes", "improved", "subgroups", "profiles", "events", "descriptives"):
        assert f'<section id="{name}"' in page
    assert "curve_pain" in page
    assert "This cannot be shown" not in page


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (secondary("main"), "'main' is used twice"),
        (secondary("x", primary_day=31), "must be one of the days"),
        (secondary("x", days=[90, 30]), "list each day once"),
        (secondary("x", analysis=analysis("x", "lmm", "walk ~ arm*visit")), "its outcome is pain, not 'walk'"),
        (secondary("x", analysis=analysis("x", "lmm", "pain ~ arm*visit", role="primary")), "stands under analyses"),
        (
            secondary("x", analysis=analysis("x", "lmm", "pain ~ arm*visit") | {"population": "no"}),
            "no population 'no'",
        ),
    ],
)
def test_an_outcome_that_contradicts_itself_is_refused(tmp_path: Path, outcome: dict[str, Any], words: str) -> None:
    with pytest.raises(FileError, match=words):
        read(tmp_path, outcomes=[outcome])


def test_a_subgroup_is_a_factor(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="age is neither the site nor a covariate with levels"):
        read(tmp_path, covariates={"age": {"item": "about.age"}}, subgroups=["age"])


@pytest.mark.parametrize(("days", "beside"), [((7, 14, 21), 0.98), ((28, 56, 154), 2.2)])
def test_arms_are_drawn_beside_their_visit_and_not_beside_the_next(
    results: Results, days: tuple[int, ...], beside: float
) -> None:
    plan = replace(results.plan, days=days, primary_day=days[-1], has_baseline=False)
    arms = ("Sham", "High")
    changes = pd.DataFrame([(day, arm, 9, 1.0, 0.0, 2.0) for day in days for arm in arms], columns=COLUMNS)
    fit = replace(results.primary, changes=changes)
    points = change_figure(fit, plan, arms, "").axes[0].collections
    drawn = {float(x) for own in points if isinstance(own, PathCollection) for x in np.asarray(own.get_offsets())[:, 0]}
    assert sorted(drawn) == pytest.approx(sorted(day + side * beside for day in days for side in (-1, 1)))
