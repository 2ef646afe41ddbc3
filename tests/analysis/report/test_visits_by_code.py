"""The report of a plan with visits by months: named by their codes, called by their names, spaced by their days."""

from pathlib import Path

import pandas as pd
import pytest

from app.analysis.report.change_figure import tick_labels
from app.analysis.report.fitted import Fitted
from app.analysis.report.model_checks import stand_upright
from app.analysis.report.run import analyse
from tests.analysis.exported import seal
from tests.analysis.plans import analysis, content, export, written
from tests.analysis.small import small_plan

WALK = {"score": "walk", "name": "Relapse", "title": "Walking after a relapse", "unit": "metres", "minimum": 0}
AFTER_RELAPSE = {
    "outcome": WALK | {"maximum": 200, "better": "lower"},
    "days": [30],
    "primary_day": 30,
    "has_baseline": False,
    "visit_codes": {30: "relapse"},
    "visit_names": {30: "a month after it"},
    "occasion": "last",
    "counted_from": "the relapse",
    "analysis": analysis("relapse", "ancova", "walk ~ arm"),
}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("months")
    exported = export(folder / "export", ("Sham", "High"), people=24)
    for name in ("assessments", "scores", "answers"):
        source = exported.snapshot / f"{name}.csv"
        frame = pd.read_csv(source, dtype="string", keep_default_na=False)
        odd = frame["participant"].str[-1].isin(list("13579"))
        frame.loc[odd & (frame["visit"] == "v90"), "day"] = "92"  # three months are not equally long
        unanswered = (frame["participant"] == "02-001") & (frame["visit"] == "v90")
        if name == "assessments":
            frame.loc[unanswered, ["state", "reason"]] = ["missed", "not_opened"]
        else:
            frame = frame[~unanswered]
        again = frame[frame["visit"] == "v30"].assign(visit="relapse.1")  # 30 days after a relapse, not after day 0
        frame = pd.concat([frame, again])
        frame.to_csv(source, index=False, lineterminator="\n")
    seal(exported.snapshot, "2024-12-01T00:00:00Z")
    over_time = analysis("time", "mmrm", "chg ~ walk_base + arm*visit", "sensitivity", covariance="sp_exp")
    plan = content(
        ("Sham", "High"),
        visit_codes={90: "v90"},
        visit_names={90: "3 months"},
        outcomes=[AFTER_RELAPSE],
        analyses=[analysis("main", "lmm", "walk ~ arm*visit", role="primary"), over_time],
    )
    (folder / "out").mkdir()
    results = analyse(exported.snapshot, written(folder, plan), exported.allocation, folder / "out")
    assert all(isinstance(fit, Fitted) for fit in (*results.done, *(other.fit for other in results.others)))
    return (folder / "out" / "report.html").read_text(encoding="utf-8"), folder / "out"


SAID = (
    "At 3 months, Walking had changed by",
    "Visits are told by their code, not by their day: 3 months is visit v90.",
    "covariance exponential in the days between visits",
    "24 participants (everybody who began)",
    "Walking after a relapse (metres), a month after it",
    "What followed an event is analysed (relapse; the last of each participant where there are several), which 21 "
    "participants had and answered about; who had none is not in the analysis",
)


@pytest.mark.parametrize("said", SAID)
def test_the_report_calls_visits_by_their_names(page: tuple[str, Path], said: str) -> None:
    assert said in page[0]


@pytest.mark.parametrize("never", ["Day 90", "day 90", "Days since", "This cannot be shown", "Not planned"])
def test_and_never_by_a_day_that_is_not_theirs(page: tuple[str, Path], never: str) -> None:
    assert never not in page[0]


@pytest.mark.parametrize(("figure", "said"), [("primary", "3 months"), ("courses", "Time since the first session")])
def test_axes_have_the_names(page: tuple[str, Path], figure: str, said: str) -> None:
    assert said in (page[1] / f"{figure}.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("names", "upright"),
    [(["0", "28", "84", "154", "252"], False), (["Baseline", "3 months", "6 months", "1 year", "2 years"], True)],
)
def test_names_of_visits_stand_upright_where_they_would_run_into_each_other(names: list[str], upright: bool) -> None:
    assert stand_upright(names) == upright


TICKS = [
    ((91, 183, 1826), ["Baseline", "\n3 months", "6 months", "5 years"]),
    ((91, 120, 1826), ["Baseline", "\n3 months", "\n4 months", "5 years"]),  # two lines, and no third
    ((600, 1200, 1826), ["Baseline", "600 days", "1200 days", "5 years"]),
]
CALLED = {91: "3 months", 120: "4 months", 183: "6 months", 600: "600 days", 1200: "1200 days", 1826: "5 years"}


@pytest.mark.parametrize(("days", "labels"), TICKS)
def test_a_name_that_would_run_into_the_one_before_it_stands_a_line_lower(
    days: tuple[int, ...], labels: list[str]
) -> None:
    codes = {day: f"v{day}" for day in days}
    assert tick_labels(small_plan(days=days, visit_codes=codes, visit_names=CALLED)) == labels
