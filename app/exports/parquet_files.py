"""Parquet twins of the CSV files: typed columns with their English labels, the same bytes each time.

They are made of the CSV that was just written, some thousand rows at a time. Decimals become doubles, which every
reader takes for numbers; a double's shortest text is the decimal again, as scores have at most 15 digits. Texts are as
they were, without the apostrophes that keep a spreadsheet from taking them for formulas. Format version, compression
and the rows of a group are fixed, and nothing tells when the file was written.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from app.exports.csv_files import unguarded
from app.exports.tables import Column, Kind, Shape

if TYPE_CHECKING:
    from pyarrow import DataType, Schema, Table

ROWS_IN_GROUP = 1 << 15
"""Rows of a group: so many are held at once."""
BLOCK = 1 << 20
"""Bytes of CSV that are read at once."""


def from_csv(source: Path, shape: Shape, sink: Any) -> None:
    """Write the table of a CSV file of ours into `sink`."""
    import pyarrow as pa
    from pyarrow import parquet

    fields = [pa.field(each.name, _type(each.kind), metadata={"label": each.en}) for each in shape.columns]
    schema = pa.schema(fields)
    with parquet.ParquetWriter(sink, schema, version="2.6", compression="zstd") as writer:
        for group in _groups(_read(source, shape, schema), schema):
            writer.write_table(group, row_group_size=ROWS_IN_GROUP)


def _read(source: Path, shape: Shape, schema: "Schema") -> "Iterator[Table]":
    import pyarrow as pa
    from pyarrow import csv

    reader = csv.open_csv(
        source,
        csv.ReadOptions(use_threads=False, block_size=BLOCK),
        csv.ParseOptions(newlines_in_values=True),
        csv.ConvertOptions(
            column_types=schema,
            null_values=[""],
            strings_can_be_null=True,
            true_values=["true"],
            false_values=["false"],
        ),
    )
    with reader:
        for batch in reader:
            columns = [_plain(each, cells) for each, cells in zip(shape.columns, batch.columns, strict=True)]
            yield pa.Table.from_arrays(columns, schema=schema)


def _groups(tables: "Iterator[Table]", schema: "Schema") -> "Iterator[Table]":
    """The same rows in groups of one size, wherever the reader broke them off; one empty group where there are none."""
    import pyarrow as pa

    waiting = schema.empty_table()
    for table in tables:
        waiting = pa.concat_tables([waiting, table])
        while len(waiting) >= ROWS_IN_GROUP:
            yield waiting.slice(0, ROWS_IN_GROUP)
            waiting = waiting.slice(ROWS_IN_GROUP)
    yield waiting


def _plain(column: Column, cells: Any) -> Any:
    """The column, its texts without the apostrophes of the CSV."""
    import pyarrow as pa
    from pyarrow import compute

    if column.kind is not Kind.TEXT or column.codes or not compute.any(compute.match_substring(cells, "'")).as_py():
        return cells
    return pa.array([text and unguarded(text) for text in cells.to_pylist()], pa.string())


def _type(kind: Kind) -> "DataType":
    import pyarrow as pa

    types = {
        Kind.TEXT: pa.string(),
        Kind.INTEGER: pa.int64(),
        Kind.DECIMAL: pa.float64(),
        Kind.BOOLEAN: pa.bool_(),
        Kind.DATE: pa.date32(),
        Kind.INSTANT: pa.timestamp("ms", tz="UTC"),
    }
    return cast("DataType", types[kind])
