"""The rows of a data set made once, and kept on the disk while its files are written from them.

A file's rows are gone through twice, first to learn how many and how wide they are, and each data set has two files.
Made anew each time, the questionnaires of a large trial would cost the night four times over.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from app.exports.standards.domains import RECORDS_AT_ONCE, Domain, Value, ValueKind
from app.exports.standards.measuring import Measured

if TYPE_CHECKING:
    from pyarrow import DataType, DictionaryArray, RecordBatch


@dataclass(frozen=True)
class KeptRows:
    """Rows that stand in a file, in columns of these kinds."""

    place: Path
    kinds: tuple[ValueKind, ...]

    def __iter__(self) -> Iterator[tuple[Value, ...]]:
        """Each row as it was."""
        import pyarrow as pa

        with pa.OSFile(str(self.place)) as file, pa.ipc.open_stream(file) as batches:
            for batch in batches:
                yield from zip(*self._columns(batch), strict=True)

    def _columns(self, batch: "RecordBatch") -> Iterator[Sequence[Value]]:
        for kind, column in zip(self.kinds, batch.columns, strict=True):
            yield _read(kind, column)


@contextmanager
def kept(domain: Domain, folder: Path) -> Iterator[Domain]:
    """The data set with its rows in a file within `folder`, for as long as this lasts.

    Not among the machine's temporary files: these may lie in memory, and the rows are as many as the trial has.
    """
    kinds = tuple(variable.kind for variable in domain.variables)
    with TemporaryDirectory(dir=folder, prefix=".rows-") as place:
        rows = KeptRows(Path(place) / domain.name, kinds)
        yield replace(domain, rows=rows, size=_write(domain, rows))


def _write(domain: Domain, kept_rows: KeptRows) -> Measured:
    """Keep the rows; returns what was learnt of them."""
    import pyarrow as pa

    types = [_type(kind) for kind in kept_rows.kinds]
    schema = pa.schema(list(zip(domain.names, types, strict=True)))
    rows, measured = iter(domain.rows), domain.unmeasured()
    with pa.OSFile(str(kept_rows.place), "wb") as file, pa.ipc.new_stream(file, schema) as stream:
        while some := list(islice(rows, RECORDS_AT_ONCE)):
            cells = list(zip(*some, strict=True))
            measured.add(cells)
            columns = [
                pa.array(plain, of) for plain, of in zip(map(_plain, kept_rows.kinds, cells), types, strict=True)
            ]
            stream.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
    return measured


def _plain(kind: ValueKind, cells: Sequence[Value]) -> Sequence[Value]:
    """A decimal as its own text, which is the same decimal again."""
    return [None if cell is None else str(cell) for cell in cells] if kind is ValueKind.NUMBER else cells


def _read(kind: ValueKind, column: Any) -> Sequence[Value]:
    if kind not in KEPT_TYPES:
        cells: list[Value] = column.to_pylist()
        return cells
    encoded: DictionaryArray[Any] = column
    each_once = [None if text is None else KEPT_TYPES[kind](text) for text in (*encoded.dictionary.to_pylist(), None)]
    places = encoded.indices.fill_null(len(each_once) - 1).to_pylist()
    return [each_once[place] for place in places]


KEPT_TYPES = {ValueKind.TEXT: str, ValueKind.NUMBER: Decimal}
"""What is kept as text, each different one once in some thousand rows; and what it was."""


def _type(kind: ValueKind) -> "DataType":
    import pyarrow as pa

    whole = {ValueKind.INTEGER: pa.int64(), ValueKind.DATE: pa.date32()}
    return whole.get(kind, pa.dictionary(pa.int32(), pa.string()))
