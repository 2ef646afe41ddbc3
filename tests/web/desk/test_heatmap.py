"""The picture of compliance: a square for each visit and site, the share written in it, ink that stays readable."""

from collections import Counter

import pytest

from app.schedule.compliance import Cell, Compliance
from app.schedule.models import State
from app.web.desk.heatmap import HeatMap, heat_map


def cell(answered: int, missed: int, waiting: int = 0) -> Cell:
    return Cell(Counter({State.COMPLETED: answered, State.MISSED: missed, State.NOT_DUE: waiting}))


def drawn(*sites: str, visits: tuple[str, ...] = ("d7", "d14"), **cells: Cell) -> HeatMap:
    """The picture of these cells, each named `visit_site`."""
    figures = {(name.partition("_")[0], name.partition("_")[2]): figure for name, figure in cells.items()}
    return heat_map(Compliance(visits, sites, figures))


@pytest.mark.parametrize(
    ("answered", "missed", "share", "counts", "low", "strength"),
    [
        (0, 0, "–", "", False, 0.0),
        (1, 0, "100 %", "1/1", False, 0.35),
        (0, 1, "0 %", "0/1", True, 0.05),
        (1, 1, "50 %", "1/2", True, 0.2),
        (7, 3, "70 %", "7/10", False, 0.26),
        (69, 31, "69 %", "69/100", True, 0.26),
        (2, 1, "67 %", "2/3", True, 0.25),
    ],
)
def test_a_square_writes_its_share_and_marks_less_than_seventy_in_a_hundred(
    answered: int, missed: int, share: str, counts: str, low: bool, strength: float
) -> None:
    (square,) = drawn("01", visits=("d7",), d7_01=cell(answered, missed, waiting=2)).squares
    assert (square.share, square.counts, square.low, square.strength) == (share, counts, low, strength)


@pytest.mark.parametrize(
    ("figure", "title"),
    [
        (cell(1, 1), "d7, 01: 1 of 2 expected are answered"),
        (cell(0, 0, waiting=3), "d7, 01: nothing was due yet"),
    ],
)
def test_a_square_says_in_words_what_it_shows(figure: Cell, title: str) -> None:
    assert drawn("01", visits=("d7",), d7_01=figure).squares[0].title == title


@pytest.mark.parametrize(
    ("sites", "rows"), [((), []), (("01",), ["01"]), (("01", "02"), ["01", "02", "all"]), (("02",), ["02"])]
)
def test_several_sites_have_their_sum_below_them(sites: tuple[str, ...], rows: list[str]) -> None:
    picture = drawn(*sites)
    assert [name for _, name in picture.rows] == rows
    assert [name for _, name in picture.columns] == ["d7", "d14"]
    assert len(picture.squares) == 2 * len(rows)


def test_the_sum_is_of_all_sites_and_every_square_lies_in_the_picture() -> None:
    picture = drawn("01", "02", d7_01=cell(1, 0), d7_02=cell(1, 2), d14_02=cell(0, 1))
    by_title = {square.title: square for square in picture.squares}
    assert by_title["d7, all: 2 of 4 expected are answered"].share == "50 %"
    assert by_title["d14, 01: nothing was due yet"].share == "–"
    places = [(square.x, square.y) for square in picture.squares]
    assert len(set(places)) == len(places)
    assert all(0 <= x < picture.width and 0 <= y < picture.height for x, y in places)
