"""The picture of compliance: a square for each visit and site, the share written in it, ink that stays readable."""

from collections import Counter

import pytest

from app.schedule.compliance import Cell, Compliance
from app.schedule.models import State
from app.web.desk.heatmap import HeatMap, heat_map

TITLES = {"d7": "day 7", "long": "Six weeks after the operation"}


def cell(answered: int, missed: int, waiting: int = 0) -> Cell:
    return Cell(Counter({State.COMPLETED: answered, State.MISSED: missed, State.NOT_DUE: waiting}))


def drawn(*sites: str, visits: tuple[str, ...] = ("d7", "d14"), **cells: Cell) -> HeatMap:
    """The picture of these cells, each named `visit_site`."""
    figures = {(name.partition("_")[0], name.partition("_")[2]): figure for name, figure in cells.items()}
    return heat_map(Compliance(visits, sites, figures), TITLES)


@pytest.mark.parametrize(
    ("answered", "missed", "missing", "counts", "step", "off_target"),
    [
        (0, 0, None, "", -1, False),
        (1, 0, 0.0, "0/1", 0, False),
        (0, 4, 1.0, "4/4", 0, False),
        (5, 0, 0.0, "0/5", 1, False),
        (95, 5, 0.05, "5/100", 1, False),
        (94, 6, 0.06, "6/100", 2, False),
        (90, 10, 0.1, "10/100", 2, False),
        (89, 11, 0.11, "11/100", 3, True),
        (80, 20, 0.2, "20/100", 3, True),
        (79, 21, 0.21, "21/100", 4, True),
        (70, 30, 0.3, "30/100", 4, True),
        (69, 31, 0.31, "31/100", 5, True),
        (0, 5, 1.0, "5/5", 5, True),
    ],
)
def test_a_square_is_darker_the_more_is_missing_and_grey_where_too_few_say_so(
    answered: int, missed: int, missing: float | None, counts: str, step: int, off_target: bool
) -> None:
    (square,) = drawn("01", visits=("d7",), d7_01=cell(answered, missed, waiting=2)).squares
    assert (square.missing, square.counts) == (missing, counts)
    assert (square.step, square.off_target) == (step, off_target)


@pytest.mark.parametrize(
    ("sites", "rows"), [((), []), (("01",), ["01"]), (("01", "02"), ["01", "02", "all"]), (("02",), ["02"])]
)
def test_several_sites_have_their_sum_below_them(sites: tuple[str, ...], rows: list[str]) -> None:
    picture = drawn(*sites)
    assert [name for _, name in picture.rows] == rows
    assert [name for _, name, _ in picture.columns] == ["day 7", "d14"]
    assert len(picture.squares) == 2 * len(rows)


@pytest.mark.parametrize(
    ("visits", "heads", "wide"),
    [((), [], 54), (("d7",), ["day 7"], 54), (("d7", "long"), ["day 7", "Six weeks aft…"], 116)],
)
def test_a_column_is_headed_by_its_title_and_has_room_for_it(
    visits: tuple[str, ...], heads: list[str], wide: int
) -> None:
    picture = drawn("01", visits=visits)
    assert ([head for _, head, _ in picture.columns], picture.wide) == (heads, wide)
    assert [whole for _, _, whole in picture.columns] == [TITLES[visit] for visit in visits]
    assert picture.width == 56 + wide * len(visits) + 2


def test_the_sum_is_of_all_sites_and_every_square_lies_in_the_picture() -> None:
    picture = drawn("01", "02", d7_01=cell(1, 0), d7_02=cell(1, 2), d14_02=cell(0, 1))
    by_place = {(square.visit, square.site): square for square in picture.squares}
    assert by_place["d7", "all"].counts == "2/4"
    assert by_place["d14", "01"].missing is None
    places = [(square.x, square.y) for square in picture.squares]
    assert len(set(places)) == len(places)
    assert all(0 <= x < picture.width and 0 <= y < picture.height for x, y in places)
