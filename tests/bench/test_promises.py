"""A promise that falls short ends the measurement with 1, and is named."""

from pathlib import Path

import pytest

from bench import promises
from bench.promises import Bound, Promise, lines, read, settle

RATIO = Promise("answer, beside a bare insert", 0.61, Bound.LEAST, 0.60, "%")
SLOW = Promise("a whole visit", 13.4, Bound.MOST, 13.0, "ms")


@pytest.mark.parametrize(
    ("figure", "bound", "met"),
    [
        (0.61, Bound.LEAST, True),
        (0.60, Bound.LEAST, True),
        (0.59, Bound.LEAST, False),
        (0.59, Bound.MOST, True),
        (0.60, Bound.MOST, True),
        (0.61, Bound.MOST, False),
        (float("nan"), Bound.LEAST, False),
        (float("nan"), Bound.MOST, False),
    ],
)
def test_a_figure_at_its_bound_is_kept(figure: float, bound: Bound, met: bool) -> None:
    assert Promise("x", figure, bound, 0.60, "%").met is met


@pytest.mark.parametrize(
    ("kept", "code"), [([], 0), ([RATIO], 0), ([RATIO, RATIO], 0), ([SLOW], 1), ([RATIO, SLOW], 1), ([SLOW, RATIO], 1)]
)
def test_one_that_falls_short_ends_the_measurement_with_1(kept: list[Promise], code: int) -> None:
    with pytest.raises(SystemExit) as ended:
        settle(kept)
    assert ended.value.code == code


def test_the_table_says_figure_and_bound_and_names_what_falls_short() -> None:
    table = list(lines([RATIO, SLOW]))
    assert [line.split() for line in table[1:3]] == [
        ["answer,", "beside", "a", "bare", "insert", "61%", "at", "least", "60%", "yes"],
        ["a", "whole", "visit", "13.4", "ms", "at", "most", "13", "ms", "NO"],
    ]
    assert table[3:] == ["Falls short: a whole visit."]


def test_nothing_falls_short_where_all_is_kept() -> None:
    assert not [line for line in lines([RATIO]) if "Falls short" in line]


def test_the_table_of_the_whole_is_made_of_what_each_part_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(promises.RESULTS, str(tmp_path / "results"))
    for part in ([RATIO], [SLOW]):
        with pytest.raises(SystemExit):
            settle(part)
    assert read(tmp_path / "results") == [RATIO, SLOW]
