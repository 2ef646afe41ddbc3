"""Parquet twins of the CSV files: typed columns with their English labels, the same bytes each time.

Decimals become doubles, which every reader takes for numbers; a double's shortest text is the decimal again, as scores
have at most 15 digits. Format version and compression are fixed, and nothing tells when the file was written.
"""

from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING

from app.exports.tables import Kind, Table

if TYPE_CHECKING:
    from pyarrow import DataType


def parquet(table: Table) -> bytes:
    """The whole file of a table, as bytes."""
    import pyarrow as pa
    from pyarrow import parquet as files

    columns = zip(table.shape.columns, table.cells, strict=True)
    arrays, fields = [], []
    for column, cells in columns:
        values = [float(cell) if isinstance(cell, Decimal) else cell for cell in cells]
        fields.append(pa.field(column.name, _type(column.kind), metadata={"label": column.en}))
        arrays.append(pa.array(values, _type(column.kind)))
    sink = BytesIO()
    files.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), sink, version="2.6", compression="zstd")
    return sink.getvalue()


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
    return types[kind]
