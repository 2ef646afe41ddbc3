"""Compliance as a picture: one square per visit and site, what is missing written in it. Pure geometry; the template
draws. The darker a square, the more is missing, in five steps; fewer than `FEW` windows are grey.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.schedule.compliance import Cell, Compliance

LEFT_MARGIN, TOP, WIDE, HIGH = 56, 28, 54, 44
LETTER, LONGEST_HEAD = 8, 14
"""About how wide a letter is; a longer title of a visit is cut above its column, and whole where one points at it."""
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
    wide: int
    columns: tuple[tuple[int, str, str], ...]
    rows: tuple[tuple[int, str], ...]
    squares: tuple[Square, ...]


def heat_map(figures: Compliance, titles: Mapping[str, str]) -> HeatMap:
    """Sites down, visits across by their titles, and the sum of the sites below where there are several."""
    names = (*figures.sites, *((ALL,) if len(figures.sites) > 1 else ()))
    wholes = [titles.get(visit, visit) for visit in figures.visits]
    heads = [whole if len(whole) <= LONGEST_HEAD else whole[: LONGEST_HEAD - 1] + "…" for whole in wholes]
    wide = max([WIDE, *(LETTER * len(head) + 4 for head in heads)])
    columns = tuple(
        (LEFT_MARGIN + wide * n, head, whole) for n, (head, whole) in enumerate(zip(heads, wholes, strict=True))
    )
    rows = tuple((TOP + HIGH * n, name) for n, name in enumerate(names))
    squares = tuple(
        _square(x, y, visit, name, figures.total(visit, None if name == ALL else name))
        for y, name in rows
        for (x, _, _), visit in zip(columns, figures.visits, strict=True)
    )
    return HeatMap(LEFT_MARGIN + wide * len(columns) + 2, TOP + HIGH * len(rows) + 2, wide, columns, rows, squares)


def _square(x: int, y: int, visit: str, site: str, cell: Cell) -> Square:
    if not cell.expected:
        return Square(x, y, visit, site, None, "", -1, off_target=False)
    missing = cell.missed / cell.expected
    enough = cell.expected >= FEW
    step = 1 + sum(missing > edge for edge in STEPS) if enough else 0
    return Square(x, y, visit, site, missing, f"{cell.missed}/{cell.expected}", step, enough and missing > TARGET)
