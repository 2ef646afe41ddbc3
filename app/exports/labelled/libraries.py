"""What the writers of SPSS, Stata and SAS files share: columns as the library takes them, its file as bytes."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

from app.exports.labelled.sheets import Field, FieldKind, Sheet
from app.exports.tables import Cell, each_once

if TYPE_CHECKING:
    import pandas as pd

LARGEST_IN_FOUR_BYTES = 2_147_483_620
"""Stata's long; what is above is missing to it."""


def written(write: Callable[..., None], columns: "Mapping[str, pd.Series[Any]]", **arguments: Any) -> bytes:
    """The bytes of the file that `write` makes of the columns. It has no name, and on Linux lies in memory alone: no
    part is large, and answers are nothing for the machine's temporary files."""
    import pandas as pd

    with _without_a_name() as file:
        write(pd.DataFrame(columns), f"/dev/fd/{file.fileno()}", **arguments)
        file.seek(0)
        return file.read()


def _without_a_name() -> IO[bytes]:
    """A file that no folder names: in memory on Linux, where Svar is run; elsewhere, as where it is developed, on the
    disk."""
    if sys.platform == "linux":
        return open(os.memfd_create("labelled"), "rb")
    return TemporaryFile(dir=Path(__file__).parent)


def plain(each: Field) -> "pd.Series[Any]":
    """The cells of a field as the library takes them; a flag is 1 or 0, a code its text."""
    if each.kind in (FieldKind.TEXT, FieldKind.CODE):
        return texts(each.cells)
    if each.kind is FieldKind.NUMBER:
        return numbers(each_once(_number, each.cells))
    if each.kind in (FieldKind.DATE, FieldKind.TIME):
        return moments(each.cells)
    return whole(each.cells)


def texts(cells: Sequence[Cell]) -> "pd.Series[Any]":
    """Without the blanks at the end, which the formats lose; a text is absent as an empty one."""
    import pandas as pd

    return pd.Series(list(each_once(_text, cells)), dtype="object")


def numbers(cells: Iterable[Any]) -> "pd.Series[Any]":
    """Numbers of eight bytes."""
    import pandas as pd

    return pd.Series(list(cells), dtype="float64")


def whole(cells: Iterable[Any]) -> "pd.Series[Any]":
    """Whole numbers of four bytes, or of eight where one needs them."""
    import pandas as pd

    kept = list(cells)
    fits = all(cell is None or abs(cell) <= LARGEST_IN_FOUR_BYTES for cell in kept)
    return pd.Series(kept, dtype="Int32" if fits else "float64")


def moments(cells: Iterable[Cell]) -> "pd.Series[Any]":
    """Days and times; where there is none, numbers that are absent, which take the format of a day as well.

    One that is absent says of what it is: the library takes a column for texts if its first hundred cells are nothing.
    """
    import pandas as pd

    kept = list(cells)
    if all(cell is None for cell in kept):
        return pd.Series(kept, dtype="float64")
    return pd.Series([pd.NaT if cell is None else cell for cell in kept], dtype="object")


def coded(each: Field) -> "pd.Series[Any]":
    """The codes of a closed set as whole numbers from 1, in the order of their meanings."""
    places = {code: place for place, code in enumerate(each.meanings, 1)}
    return whole(None if cell is None else places[str(cell)] for cell in each.cells)


def decimals(cells: Iterable[Cell]) -> int:
    """How many decimals the finest of the numbers has."""
    exponents = (cell.as_tuple().exponent for cell in cells if isinstance(cell, Decimal))
    return max((-exponent for exponent in exponents if isinstance(exponent, int)), default=0)


def labels(sheet: Sheet) -> dict[str, str]:
    """The label of each field."""
    return {each.name: each.label for each in sheet.fields}


def formats(sheet: Sheet, of: Mapping[FieldKind, str]) -> dict[str, str]:
    """The format of each field whose kind has one."""
    return {each.name: of[each.kind] for each in sheet.fields if each.kind in of}


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell).rstrip(" ")


def _number(cell: Cell) -> float | None:
    return None if cell is None else float(str(cell))
