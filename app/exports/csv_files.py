"""CSV as everybody reads it: UTF-8, LF, empty is null, the same bytes under every version of Python.

A spreadsheet takes a text that begins with = + - @ for a formula. Such a text gets an apostrophe in front, unless it is
a plain number; a text which already looks escaped gets one more, so that taking one away gives the text back.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from app.exports.tables import Cell, Kind, Table, each_once

FORMULA = re.compile(r"'*[=+\-@\t\r]")
NUMBER = re.compile(r"-?\d+(\.\d+)?")
SPECIAL = re.compile(r'[",\r\n]|^\s|\s$')


def csv(table: Table) -> bytes:
    """The whole file."""
    written = [_written(column.kind, cells) for column, cells in zip(table.shape.columns, table.cells, strict=True)]
    lines = [",".join(table.shape.names), *(",".join(cells) for cells in zip(*written, strict=True))]
    return "".join(f"{line}\n" for line in lines).encode()


def harmless(text: str) -> str:
    """The text, so that no spreadsheet takes it for a formula."""
    return f"'{text}" if FORMULA.match(text) and not NUMBER.fullmatch(text) else text


def _written(kind: Kind, cells: Sequence[Cell]) -> Iterable[str]:
    write = WRITERS[kind]
    return each_once(lambda cell: "" if cell is None else write(cell), cells)


def _text(cell: object) -> str:
    text = harmless(str(cell))
    return '"' + text.replace('"', '""') + '"' if SPECIAL.search(text) else text


def _instant(cell: object) -> str:
    assert isinstance(cell, datetime)
    return f"{cell.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


WRITERS: dict[Kind, Callable[[object], str]] = {
    Kind.TEXT: _text,
    Kind.INTEGER: str,
    Kind.DECIMAL: lambda cell: f"{cell:f}",
    Kind.BOOLEAN: lambda cell: "true" if cell else "false",
    Kind.DATE: str,
    Kind.INSTANT: _instant,
}
