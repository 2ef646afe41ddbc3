"""What a journal prints in grey and in narrow panels: fills told apart by lightness, labels that do not collide."""

from itertools import combinations
from pathlib import Path

import pytest
from matplotlib.colors import to_rgb

from app.analysis.report.change_figure import in_two_lines
from app.analysis.report.style import ACCENT, PAPER, looks
from app.analysis.report.tipping_figure import WORSE
from app.analysis.trial.plan import inside
from tests.analysis.crossings import TWO
from tests.analysis.report.test_crossover_plan import report
from tests.analysis.small import small_plan


def lightness(colour: str) -> float:
    red, green, blue = to_rgb(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue


@pytest.mark.parametrize(("fill", "other"), list(combinations((PAPER, WORSE, ACCENT), 2)))
def test_the_fills_of_the_tipping_map_differ_in_lightness(fill: str, other: str) -> None:
    assert abs(lightness(fill) - lightness(other)) > 0.12


@pytest.mark.parametrize("arms", [2, 3, 4, 5])
def test_each_arm_has_a_marker_of_its_own_and_a_line_beside_it(arms: int) -> None:
    shown = looks(arms)
    assert len({look.marker for look in shown}) == arms
    assert len({(look.line, look.fill) for look in shown}) == arms


@pytest.mark.parametrize(
    ("letter", "labels"),
    [(0.038, ["0", "21", "\n28", "112"]), (0.01, ["0", "21", "28", "112"])],
)
def test_days_that_would_run_into_each_other_stand_in_two_lines(letter: float, labels: list[str]) -> None:
    plan = small_plan(days=(21, 28, 112))
    assert in_two_lines([str(day) for day in plan.visits], plan, letter) == labels


@pytest.mark.parametrize(
    ("name", "within"),
    [
        ("Infliximab", "infliximab"),
        ("Low dose", "low dose"),
        ("X", "X"),
        ("AB", "AB"),
        ("SLH", "SLH"),
        ("TENS unit", "TENS unit"),
        ("5 mg", "5 mg"),
        ("B vitamin", "B vitamin"),
    ],
)
def test_a_name_within_a_sentence_keeps_its_capitals(name: str, within: str) -> None:
    assert inside(name) == within


def test_the_residuals_of_a_cross_over_say_of_which_model(tmp_path: Path) -> None:
    report(tmp_path, TWO)
    assert "Model: the primary one, as under Methods." in (tmp_path / "out" / "residuals.svg").read_text(
        encoding="utf-8"
    )
