"""Compliance as a picture: one cell per visit and site, the share written in it. Pure geometry; the template draws."""

from dataclasses import dataclass

from app.schedule.compliance import Cell, Compliance

LEFT, TOP, WIDE, HIGH = 56, 28, 54, 44
LOW = 0.7
ALL = "all"


@dataclass(frozen=True)
class Square:
    """A cell of the picture."""

    x: int
    y: int
    share: str
    counts: str
    title: str
    strength: float
    low: bool


@dataclass(frozen=True)
class HeatMap:
    """The picture: its size, what stands at its edges, its cells."""

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
        _square(x, y, f"{visit}, {name}", figures.total(visit, None if name == ALL else name))
        for y, name in rows
        for x, visit in columns
    )
    return HeatMap(LEFT + WIDE * len(columns) + 2, TOP + HIGH * len(rows) + 2, columns, rows, squares)


def _square(x: int, y: int, place: str, cell: Cell) -> Square:
    share = cell.share
    if share is None:
        return Square(x, y, "–", "", f"{place}: nothing was due yet", 0, low=False)
    counts = f"{cell.answered}/{cell.expected}"
    title = f"{place}: {cell.answered} of {cell.expected} expected are answered"
    return Square(x, y, f"{100 * share:.0f} %", counts, title, round(0.05 + 0.3 * share, 2), low=share < LOW)
