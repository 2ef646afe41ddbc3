"""Rows of one width, packed by us: what a library writes of a few rows says where each column stands.

The libraries take every cell by itself, which costs the night more than all else. Here each different cell of a column
is packed once. Heads and ends of files stay the libraries', and the tests hold our rows to theirs, byte by byte.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import chain, repeat
from struct import pack
from typing import NamedTuple

from app.exports.labelled.rules import Unwritable
from app.exports.labelled.sheets import Field
from app.exports.tables import Cell

Packed = Callable[[Cell, Cell], bytes]
"""A cell, and why it is absent, as the bytes of its column."""
EXCESS, FRACTION = 64, 56
SINCE = datetime(1960, 1, 1)  # noqa: DTZ001 - of local times, which have no zone here


class PackedColumn(NamedTuple):
    """A field of the sheet, and how one of its cells stands in a row."""

    field: Field
    packed: Packed


def packed_rows(columns: Iterable[PackedColumn]) -> bytes:
    """The rows, each column beneath itself."""
    return b"".join(chain.from_iterable(zip(*map(_cells, columns), strict=True)))


def padded(text: str, width: int, filling: bytes, refusal: str) -> bytes:
    """A text without the blanks at its end, filled up. Unwritable where it is wider than was said of all."""
    content = text.rstrip(" ").encode()
    if len(content) > width:
        raise Unwritable(refusal)
    return content.ljust(width, filling)


def number(cell: Cell, tick: timedelta) -> float:
    """A number; a flag as 1 or 0, a day as days and a time as so many ticks since 1960, as SAS and Stata count both."""
    if isinstance(cell, datetime):
        return (cell - SINCE) / tick
    if isinstance(cell, date):
        return float(cell.toordinal() - SINCE.toordinal())
    return float(cell if isinstance(cell, bool) else str(cell))


def of_mainframe(value: float) -> bytes:
    """A number as SAS transports it: a power of sixteen and a fraction of 56 bits, which holds every double exactly."""
    if not value:
        return bytes(8)
    fraction, twos = math.frexp(abs(value))
    sixteens = -(-twos // 4)
    head = (sixteens + EXCESS) | (0x80 if value < 0 else 0)
    return pack(">B", head) + int(math.ldexp(fraction, FRACTION + twos - 4 * sixteens)).to_bytes(7, "big")


def _cells(column: PackedColumn) -> Iterator[bytes]:
    reasons: Iterable[Cell] = column.field.reasons or repeat(None, len(column.field.cells))
    pairs: Sequence[tuple[Cell, Cell]] = list(zip(column.field.cells, reasons, strict=True))
    different = {pair: column.packed(*pair) for pair in set(pairs)}
    return map(different.__getitem__, pairs)
