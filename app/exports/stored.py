"""A night's tables read back from their own Parquet files, some thousand rows at a time: nothing grows with the rows.

What is made of the tables is so made of what was written, and the database is left to others meanwhile.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.exports.tables import TIDY, Cell, Kind, Shape, Table

if TYPE_CHECKING:
    from pyarrow import ChunkedArray, DictionaryArray


def stored(folder: Path, shapes: Iterable[Shape]) -> dict[str, Callable[[], Iterator[Table]]]:
    """How each table of a night is read in parts, by its name."""
    return {shape.name: partial(parts, folder / f"{shape.name}.parquet", shape) for shape in shapes}


def parts(source: Path, shape: Shape) -> Iterator[Table]:
    """The table of a Parquet file of ours in parts of whole rows; one empty part where it has no row."""
    from pyarrow import parquet

    with parquet.ParquetFile(source) as file:
        for group in range(file.num_row_groups):
            columns = file.read_row_group(group).columns
            pairs = zip(shape.columns, columns, strict=True)
            yield Table(shape, tuple(_cells(column.kind, cells) for column, cells in pairs))
        if not file.num_row_groups:
            yield Table(shape, ((),) * len(shape.columns))


def widest_cells(source: Path, shape: Shape) -> Table:
    """One row with the widest cell of each column: the longest text, the number with the most decimals."""
    from pyarrow import parquet

    widest: list[Cell] = [None] * len(shape.columns)
    with parquet.ParquetFile(source) as file:
        for group in range(file.num_row_groups):
            columns = file.read_row_group(group).columns
            for place, (column, cells) in enumerate(zip(shape.columns, columns, strict=True)):
                different = _different(column.kind, _encoded(cells))
                widest[place] = max((widest[place], *different), key=_width)
    return Table(shape, tuple((cell,) for cell in widest))


def _cells(kind: Kind, column: "ChunkedArray[Any]") -> tuple[Cell, ...]:
    encoded = _encoded(column)
    different = [*_different(kind, encoded), None]
    places = encoded.indices.fill_null(len(different) - 1).to_pylist()
    return tuple(map(different.__getitem__, places))


def _encoded(column: "ChunkedArray[Any]") -> "DictionaryArray[Any]":
    """Each different cell once, and which of them stands where."""
    import pyarrow as pa

    whole = column.combine_chunks()
    array = pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole
    return array.dictionary_encode()


def _different(kind: Kind, encoded: "DictionaryArray[Any]") -> list[Cell]:
    return [_cell(kind, cell) for cell in encoded.dictionary.to_pylist()]


def _cell(kind: Kind, cell: Any) -> Cell:
    """As it was: a double's shortest text is the decimal that it was made of."""
    if kind is Kind.DECIMAL:
        cell = Decimal(repr(cell))
    elif isinstance(cell, datetime):
        cell = cell.replace(tzinfo=UTC)
    return TIDY[kind](cell)


def _width(cell: Cell) -> int:
    if cell is None:
        return -1
    if isinstance(cell, Decimal):
        return len(f"{cell:f}".partition(".")[2])
    return len(cell.encode()) if isinstance(cell, str) else 0
