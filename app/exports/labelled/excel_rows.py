"""A sheet of many rows, written as they come: XlsxWriter's own way takes ten times as long for each cell.

Everything else of the workbook is XlsxWriter's; texts stand in their cells, never as formulas or links.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from xml.sax.saxutils import escape

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from app.exports.tables import Cell, each_once

FIRST_DAY = date(1899, 12, 30)
SECONDS_OF_A_DAY = 86_400
CONTROL = re.compile(r"_x[0-9A-Fa-f]{4}_|[\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\r]")
"""What XML cannot hold is written by its number, and so is what looks like such a number."""


class Rows(Worksheet):  # type: ignore[misc]
    """A sheet whose first line is written as usual; `parts` follow it."""

    parts: Iterable[Sequence[Sequence[Cell]]] = ()
    styles: tuple[int, int] = (0, 0)
    """The numbers of the formats of a day and of a time."""

    def take(self, count: int, parts: Iterable[Sequence[Sequence[Cell]]], styles: tuple[int, int]) -> None:
        """Have so many rows, whose columns come in parts, written under the first line."""
        self.parts, self.styles = parts, styles
        self.dim_rowmax = count

    def _write_optimized_sheet_data(self) -> None:
        self._xml_start_tag("sheetData")
        self._write_single_row()
        self.row_data_fh.seek(0)
        self.fh.write(self.row_data_fh.read())
        number = 2
        for columns in self.parts:
            for line in rows(columns, self.styles, number):
                self.fh.write(line)
            number += len(columns[0]) if columns else 0
        self._xml_end_tag("sheetData")


def rows(columns: Sequence[Sequence[Cell]], styles: tuple[int, int], first: int) -> Iterator[str]:
    """The rows of a sheet from its `first` on, as they stand in its file."""
    places = [f'<c r="{xl_col_to_name(place)}' for place in range(len(columns))]
    inner = [_written(cells, styles) for cells in columns]
    for number, row in enumerate(zip(*inner, strict=True), first):
        filled = [f"{place}{number}{rest}" for place, rest in zip(places, row, strict=True) if rest]
        yield f'<row r="{number}">{"".join(filled)}</row>'


def _written(cells: Sequence[Cell], styles: tuple[int, int]) -> Iterable[str]:
    """What follows the place of each cell; nothing of an absent one. The cells of a column are of one kind."""
    return each_once(lambda content: WRITERS[type(content)](content, styles), cells)


def _text(content: object, _: tuple[int, int]) -> str:
    text = CONTROL.sub(lambda sign: f"_x{ord(sign[0][0]):04X}_{sign[0][1:]}", str(content))
    return f'" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def _number(content: object, _: tuple[int, int]) -> str:
    return f'"><v>{content}</v></c>'


def _flag(content: object, _: tuple[int, int]) -> str:
    return f'" t="b"><v>{int(bool(content))}</v></c>'


def _time(content: object, styles: tuple[int, int]) -> str:
    assert isinstance(content, datetime)
    seconds = (content.hour * 60 + content.minute) * 60 + content.second
    return f'" s="{styles[1]}"><v>{_days(content) + seconds / SECONDS_OF_A_DAY:.16g}</v></c>'


def _day(content: object, styles: tuple[int, int]) -> str:
    assert isinstance(content, date)
    return f'" s="{styles[0]}"><v>{_days(content)}</v></c>'


def _days(content: date) -> int:
    return content.toordinal() - FIRST_DAY.toordinal()


WRITERS: dict[type, Callable[[object, tuple[int, int]], str]] = {
    type(None): lambda *_: "",
    str: _text,
    int: _number,
    Decimal: _number,
    bool: _flag,
    datetime: _time,
    date: _day,
}
