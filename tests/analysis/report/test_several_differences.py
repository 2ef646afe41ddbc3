"""Tables and figures of a trial with several differences: arms one below the other, so that a page holds them."""

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from app.analysis.report.events import event_table
from app.analysis.report.fitted import Fitted
from app.analysis.report.forest_figure import label
from app.analysis.report.responding import responder_table
from app.analysis.report.results import Results
from app.analysis.report.run import estimate
from app.analysis.report.tables import change_table
from app.analysis.report.words import interval, number
from app.analysis.trial.snapshot import read_snapshot
from tests.analysis.plans import export, read


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("three")
    exported = export(folder / "export", people=30)
    plan = read(folder, responders=[{"points": 3}])
    return estimate(read_snapshot(exported.snapshot), plan, exported.allocation, folder, None)


@pytest.fixture(scope="module")
def primary(three: Results) -> Fitted:
    fit = three.done[0]
    assert isinstance(fit, Fitted)
    return fit


def cells(html: str) -> list[list[str]]:
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", html, re.DOTALL)
    return [
        [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
        for row in rows
    ]


def test_the_arms_of_a_visit_stand_below_each_other_with_the_differences_beside_them(
    three: Results, primary: Fitted
) -> None:
    head, _, *rows = cells(change_table([primary], three.plan, three.shown_arms))
    assert head == ["Visit", "Arm", "n", "Change (CI)", "Contrast", "Difference", "95\xa0% CI", "p"]
    assert [row[:2] for row in rows] == [
        *(["Day 30", "Low"], ["", "High"], ["", "Sham"]),
        *(["Day 90", "Low"], ["", "High"], ["", "Sham"]),
    ]
    assert [row[4] for row in rows] == ["Low \N{MINUS SIGN} Sham", "High \N{MINUS SIGN} Sham", ""] * 2
    effect = primary.effect(90, "High - Sham")
    assert rows[4][5:7] == [number(effect.estimate), interval(effect.lower, effect.upper)]
    assert rows[5][4:] == [""] * 4  # the reference has no difference from itself


def test_all_rows_of_the_primary_visit_are_bold(three: Results, primary: Fitted) -> None:
    html = change_table([primary], three.plan, three.shown_arms)
    bold = [row for row in re.findall(r"<tr>.*?</tr>", html, re.DOTALL) if "font-weight: bold" in row]
    assert [cells(row)[0][1] for row in bold] == ["Low", "High", "Sham"]


def test_events_have_a_row_for_each_arm_and_a_ratio_for_each_but_the_reference(three: Results) -> None:
    head, event, *rows = cells(event_table(three))
    assert (head, event) == (["Arm", "Participants", "Events", "Rate ratio to Sham (95\xa0% CI)", "p"], ["Gave up"])
    assert [row[0] for row in rows] == ["Low (n = 10)", "High (n = 10)", "Sham (n = 10)"]
    assert rows[2][3:] == ["–", "–"]
    assert all(row[3] != "–" for row in rows[:2])


def test_responders_have_a_row_for_each_difference(three: Results) -> None:
    head, first, second = cells(responder_table(three).html)
    assert head[2:6] == ["Low", "High", "Sham", "Contrast"]
    assert [row[5] for row in (first, second)] == ["Low \N{MINUS SIGN} Sham", "High \N{MINUS SIGN} Sham"]
    assert second[:5] == [""] * 5  # the arms are told once
    assert all(row[6].endswith("%") for row in (first, second))


def test_a_row_of_the_forest_says_which_difference_it_is(primary: Fitted) -> None:
    assert label(primary, "High - Sham") == "Main\nHigh \N{MINUS SIGN} Sham"
    alone = Fitted(primary.analysis, None, primary.changes, primary.differences.head(1), {}, frozenset(("01-001",)), 1)
    assert label(alone, alone.contrasts[0]) == "Main"


LONG = "MMRM of the change, correlation falling with the days between visits"
TITLES = [
    ("Linear mixed model, random intercept", "Linear mixed model, random intercept"),
    (LONG, "MMRM of the change, correlation falling with the\ndays between visits"),
    (
        f"{LONG} of every participant who was followed",
        "MMRM of the change, correlation falling with the\ndays between visits of every participant who was…",
    ),
]


@pytest.mark.parametrize(("title", "shown"), TITLES)
def test_a_long_title_stands_in_two_lines_before_it_is_cut(primary: Fitted, title: str, shown: str) -> None:
    alone = replace(primary, analysis=replace(primary.analysis, title=title), differences=primary.differences.head(1))
    assert label(alone, alone.contrasts[0]) == shown


@pytest.mark.parametrize(
    ("lower", "upper", "said"),
    [(-1.0, 2.0, "−1.0 to 2.0"), (float("nan"), float("nan"), "–"), (float("nan"), 2.0, "– to 2.0")],
)
def test_an_interval_that_is_not_known_is_one_dash(lower: float, upper: float, said: str) -> None:
    assert interval(lower, upper) == said


def test_a_flow_without_an_event_that_stops_counts_none(three: Results) -> None:
    assert three.plan.stopping_events == ()
    stages = pd.unique(three.flow.table()["stage"]).tolist()
    assert "treatment stopped" not in stages
    assert stages[-1] == "analysed"


def test_nothing_is_written_by_estimating(three: Results) -> None:
    assert not list(Path(three.out).glob("*.html"))
