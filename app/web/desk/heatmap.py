"""Compliance as a picture: one square per visit and site, what is missing written in it. Pure geometry; the template
draws. The darker a square, the more is missing, in five steps; fewer than `FEW` windows are grey.
"""

from dataclasses import dataclass

from app.schedule.compliance import Cell, Compliance

LEFT, TOP, WIDE, HIGH = 56, 28, 54, 44
STEPS = (0.05, 0.1, 0.2, 0.3)
"""Shares missing at which the next step begins: up to 5 %, 10 %, 20 %, 30 %, and more."""
TARGET = 0.1
"""What may be missing at most: beyond it a square has a thick border."""
FEW = 5
ALL = "all"


@dataclass(frozen=True)
class Square:
    """A square of the picture; `step` 1 to 5 is how much is missing, 0 where too few windows say so, -1 where none."""

    x: int
    y: int
    visit: str
    site: str
    missing: float | None
    counts: str
    step: int
    off_target: bool


@dataclass(frozen=True)
class HeatMap:
    """The picture: its size, what stands at its edges, its squares."""

    width: int
    height: int
    columns: tuple[tuple[int, str], ...]
    rows: tuple[tuple[int, str], ...]
    squares: tuple[Square, ...]


def heat_map(figures: Compliance) -> HeatMap:
    """Sites down, visits across, and the sum of the sites below where there are several."""
    names = (*figures.sites, *((ALL,) if len(figures.sites) > 1 else ()))
    columns = tuple((LEFT + WIDE * n, visit) for n, visit in enumerate(figures.visits))
    rows = tuple((TOP + HIGH * n, name) for n, name in enumerate(names))
    squares = tuple(
        _square(x, y, visit, name, figures.total(visit, None if name == ALL else name))
        for y, name in rows
        for x, visit in columns
    )
    return HeatMap(LEFT + WIDE * len(columns) + 2, TOP + HIGH * len(rows) + 2, columns, rows, squares)


def _square(x: int, y: int, visit: str, site: str, cell: Cell) -> Square:
    if not cell.expected:
        return Square(x, y, visit, site, None, "", -1, off_target=False)
    missing = cell.missed / cell.expected
    enough = cell.expected >= FEW
    step = 1 + sum(missing > edge for edge in STEPS) if enough else 0
    return Square(x, y, visit, site, missing, f"{cell.missed}/{cell.expected}", step, enough and missing > TARGET)
