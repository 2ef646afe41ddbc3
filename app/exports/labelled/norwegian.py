"""A CSV file as a Norwegian Excel opens it: byte order mark, semicolons, decimal comma, its own flags and times.

Asked for by whoever must; the workbook is better, as Excel still drops the zero of site 01 from a CSV file.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import IO

from app.core.problems import NotFound
from app.exports.shapes import SHAPES
from app.exports.spilling import spilled
from app.exports.tables import Kind

TABLES = {shape.name: {column.name: column.kind for column in shape.columns} for shape in SHAPES}
BYTE_ORDER_MARK = "\ufeff"
DECIMAL = re.compile(r"-?[0-9]+\.[0-9]+")


def norwegian(folder: Path, name: str) -> Iterator[str]:
    """The lines of a table of the night in `folder`. NotFound where it has no such table."""
    path = folder / f"{name}.csv"
    if name not in TABLES or not path.is_file():
        raise NotFound(f"{folder} has no table {name}. Tables are {', '.join(TABLES)}.")
    with path.open(encoding="utf-8", newline="") as file:
        yield from _lines(file, name)


def of_file(content: IO[bytes], file: str) -> IO[bytes]:
    """The same of a file of a night, by its name there. NotFound where it is not the CSV file of a table."""
    name = file.removesuffix(".csv")
    if name not in TABLES or name == file:
        content.close()
        raise NotFound(f"{file} has no Norwegian form. These have: {', '.join(f'{table}.csv' for table in TABLES)}.")
    with TextIOWrapper(content, encoding="utf-8", newline="") as lines, spilled() as written:
        for line in _lines(lines, name):
            written.write(line.encode())
    return written


def _lines(file: Iterable[str], name: str) -> Iterator[str]:
    kinds = TABLES[name]
    yield BYTE_ORDER_MARK
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
