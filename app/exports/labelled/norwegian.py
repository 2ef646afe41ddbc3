"""A CSV file as a Norwegian Excel opens it: byte order mark, semicolons, decimal comma, its own flags and times.

Asked for by whoever must; the workbook is better, as Excel still drops the zero of site 01 from a CSV file.
"""

import csv
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from app.core.problems import NotFound
from app.exports.shapes import SHAPES
from app.exports.tables import Kind

BYTE_ORDER_MARK = "\ufeff"
DECIMAL = re.compile(r"-?[0-9]+\.[0-9]+")


def norwegian(folder: Path, name: str) -> Iterator[str]:
    """The lines of a table of the night in `folder`. NotFound where it has no such table."""
    kinds = {column.name: column.kind for shape in SHAPES if shape.name == name for column in shape.columns}
    path = folder / f"{name}.csv"
    if not kinds or not path.is_file():
        raise NotFound(f"{folder} has no table {name}. Tables are {', '.join(shape.name for shape in SHAPES)}.")
    yield BYTE_ORDER_MARK
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        names = next(rows)
        yield _line(names)
        for row in rows:
            yield _line(
                [_cell(kinds.get(column, Kind.TEXT), column, cell) for column, cell in zip(names, row, strict=True)]
            )


def _cell(kind: Kind, column: str, cell: str) -> str:
    """An answer stands in a text column and may be a number all the same."""
    if kind is Kind.TEXT and column == "value":
        kind = Kind.DECIMAL
    return WRITERS[kind](cell) if kind in WRITERS and cell else cell


def _decimal(cell: str) -> str:
    return cell.replace(".", ",") if DECIMAL.fullmatch(cell) else cell


def _instant(cell: str) -> str:
    return f"{datetime.fromisoformat(cell):%Y-%m-%d %H:%M:%S}"


def _line(cells: list[str]) -> str:
    return (
        ";".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' if re.search(r'[;"\r\n]', cell) else cell for cell in cells)
        + "\r\n"
    )


WRITERS: dict[Kind, Callable[[str], str]] = {
    Kind.DECIMAL: _decimal,
    Kind.BOOLEAN: {"true": "SANN", "false": "USANN"}.__getitem__,
    Kind.INSTANT: _instant,
}
