"""Items level by level, as the dimensions of EQ-5D: counts, and two models of each."""

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from app.analysis import GLM, ProportionalOdds
from app.analysis.report import Results, analyse
from app.analysis.report.profiles import called, profile_frame
from app.analysis.trial.planned import Profile
from app.yaml_files import FileError
from tests.analysis.plans import export, read

HEALTH = {"title": "Health", "items": ["health.mobility", "health.absent"], "levels": ["a", "b", "c"], "days": [0, 90]}
MODEL = HEALTH | {"formula": "level ~ site + arm", "population": "all"}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("profiles")
    exported = export(folder)
    return analyse(exported.snapshot, read(folder, profiles=[MODEL]), exported.allocation, folder / "out")


def by_hand(results: Results) -> pd.DataFrame:
    """One row per participant with mobility at day 90, arm and site."""
    answers = results.snapshot.answers
    at_end = answers[(answers["item"] == "mobility") & (answers["day"] == 90)]
    level = at_end.set_index("participant")["value"].astype(float)
    return results.dataset.people.assign(level=results.dataset.people["participant"].map(level.to_dict()))


def test_each_item_has_a_common_odds_ratio_and_a_difference_in_any_problem(results: Results) -> None:
    frame, rows = profile_frame(results, 0), by_hand(results)
    frame = frame[frame["item"] == "health.mobility"]
    assert frame["contrast"].tolist() == ["Low - Sham", "High - Sham"]
    assert frame["n"].tolist() == [60, 60]
    odds = ProportionalOdds("level ~ site + arm", rows).fit().ratios("arm")
    problem = GLM("y ~ site + arm", rows.assign(y=(rows["level"] > 1).astype(float))).fit()
    difference = problem.standardised_contrasts("arm")
    for name in ("estimate", "lower", "upper"):
        assert frame[f"odds_{name}"].tolist() == pytest.approx(odds[name].tolist())
        assert frame[f"problems_{name}"].tolist() == pytest.approx((100 * difference[name]).tolist())
    assert frame["odds_p"].tolist() == pytest.approx(odds["p"].tolist())
    assert frame["problems_p"].tolist() == pytest.approx(difference["p"].tolist())


def test_an_item_without_answers_says_so_and_the_others_stand(results: Results) -> None:
    frame = profile_frame(results, 0)
    reason = "answers.csv has no absent answer of anyone with the first session"
    absent = frame[frame["item"] == "health.absent"]
    assert absent["odds_reason"].tolist() == absent["problems_reason"].tolist() == [reason] * 2
    page = (results.out / "report.html").read_text(encoding="utf-8")
    assert "Health: models" in page
    assert page.count(f"Not estimated: {reason}") == 2 * 2
    reasons = re.findall(rf'<td headers="[^"]*" class="([^"]*)">Not estimated: {re.escape(reason)}', page)
    assert [("gt_left" in own, "gt_right" in own) for own in reasons] == [(True, False)] * 4  # a sentence wraps
    assert pd.read_csv(results.out / "profile_1.csv")["odds_reason"].notna().sum() == 2


def test_a_profile_without_formula_is_counted_alone(tmp_path: Path) -> None:
    exported = export(tmp_path)
    analyse(exported.snapshot, read(tmp_path, profiles=[HEALTH]), exported.allocation, tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Health" in page
    assert "Health: models" not in page


@pytest.mark.parametrize(
    ("titles", "item", "words"),
    [
        ((), "eq5d5l.self_care", "Self care"),
        ((), "eq5d5l.mobility", "Mobility"),
        (("Getting about", "Self-care"), "eq5d5l.self_care", "Self-care"),
        (("Getting about", "Self-care"), "eq5d5l.mobility", "Getting about"),
    ],
)
def test_an_item_is_called_by_the_plan_s_own_words(titles: tuple[str, ...], item: str, words: str) -> None:
    profile = Profile("Health", ("eq5d5l.mobility", "eq5d5l.self_care"), ("a", "b"), (0,), titles=titles)
    assert called(profile, item) == words


def test_the_titles_of_items_stand_in_both_tables(tmp_path: Path) -> None:
    exported = export(tmp_path)
    plan = read(tmp_path, profiles=[MODEL | {"titles": ["Getting about", "What nobody answers"]}])
    analyse(exported.snapshot, plan, exported.allocation, tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    for table in ("table-profile-1", "table-profile-models-1"):
        own = page[page.index(f'id="{table}"') :]
        assert own.index("Getting about") < own.index("What nobody answers") < own.index("</table>")


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ({"titles": ["Walking"]}, "there is one title for each item, in their order"),
        ({"formula": "level ~ arm"}, "a formula and the population that it is fitted to go together"),
        ({"formula": "level ~ arm", "population": "none"}, "there is no population 'none'; known: all"),
        ({"formula": "mobility ~ arm", "population": "all"}, "the outcome of ordinal is level, not 'mobility'"),
        ({"formula": "level ~ site", "population": "all"}, "arm is not among the terms"),
        ({"formula": "level ~ arm*visit", "population": "all"}, "leave visit out"),
        ({"formula": "level ~ level_base + arm", "population": "all", "days": [90]}, "level_base is no column"),
        ({"formula": "level ~ arm", "population": "all", "days": [0]}, "the model is of the last day, which must come"),
    ],
)
def test_a_profile_that_contradicts_itself_is_refused(tmp_path: Path, others: dict[str, Any], words: str) -> None:
    with pytest.raises(FileError, match=words):
        read(tmp_path, profiles=[HEALTH | others])


def test_figures_lie_in_a_frame_that_a_small_screen_can_move(results: Results) -> None:
    page = (results.out / "report.html").read_text(encoding="utf-8")
    framed = re.findall(r'<div class="scroll" tabindex="0" role="region" aria-label="[^"]+"><img ', page)
    assert len(framed) == page.count("<img ") > 5
    assert "figure img { min-width: 600px; }" in page
