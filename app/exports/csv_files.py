"""CSV as everybody reads it: UTF-8, LF, empty is null, the same bytes under every version of Python.

A spreadsheet takes a text that begins with = + - @ (also of full width) for a formula, and it begins anew wherever the
spreadsheet splits: a Norwegian Excel opens our commas with semicolons, sees no quotation marks within its cells, and so
splits a text at each semicolon, tab and new line of its own. Wherever such a part looks like a formula it gets an
apostrophe in front, unless the whole text is a plain number; a part which already looks escaped gets one more, so that
taking one away (`unguarded`) gives the text back.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from app.exports.tables import Cell, Kind, Table, each_once

STARTS = "=+@\uff1d\uff0b\uff0d\uff20-"
BLANK = "[ \u00a0\u1680\u2000-\u200f\u202f\u205f\u2060\u3000\ufeff\"']*"
"""What a spreadsheet may take away before it looks, or who cleans a file for it: spaces, and what takes no place."""
SPLITS = ";\t\r\n\v\f\x85\u2028\u2029"
FORMULA = f"(?:^(?={{quoted}}{BLANK}[\t\r\n{STARTS}])|(?<=[{SPLITS}])(?={{quoted}}{BLANK}[{STARTS}]))"
GUARDED_STARTS = FORMULA.format(quoted="")
"""Where an apostrophe belongs; written so that PostgreSQL reads it as Python does."""
GUARDS = re.compile(GUARDED_STARTS)
GUARDED = re.compile(FORMULA.format(quoted="'") + "'")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
LOCAL_NUMBER = re.compile(r"-?[0-9]+,[0-9]+")
SPECIAL = re.compile(r'[",\r\n]')
"""What PostgreSQL quotes a text for."""


def csv(table: Table) -> bytes:
    """The whole file of a table, as bytes."""
    written = [_written(column.kind, cells) for column, cells in zip(table.shape.columns, table.cells, strict=True)]
    lines = [",".join(table.shape.names), *(",".join(cells) for cells in zip(*written, strict=True))]
    return "".join(f"{line}\n" for line in lines).encode()


def harmless(text: str) -> str:
    """The text, so that no spreadsheet takes any part of it for a formula."""
    return text if NUMBER.fullmatch(text) else GUARDS.sub("'", text)


def harmless_cells(row: Iterable[object]) -> list[object]:
    """A row for `csv.writer`, which knows nothing of spreadsheets. A number with a decimal comma stays one."""
    return [harmless(cell) if isinstance(cell, str) and not LOCAL_NUMBER.fullmatch(cell) else cell for cell in row]


def unguarded(text: str) -> str:
    """The text that `harmless` was given, to the letter."""
    return GUARDED.sub("", text)


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
