"""The loader of DuckDB: a table for each CSV file, typed, with its labels as comments."""

from collections.abc import Sequence

from app.exports.loaders.quoting import doubled
from app.exports.tables import Column, Kind, Table

TYPES = {
    Kind.TEXT: "VARCHAR", Kind.INTEGER: "BIGINT", Kind.DECIMAL: "DOUBLE", Kind.BOOLEAN: "BOOLEAN",
    Kind.DATE: "DATE", Kind.INSTANT: "TIMESTAMPTZ",
}  # fmt: skip
HEAD = """\
-- Loads this night into DuckDB, in its folder: duckdb study.duckdb < loaders/duckdb.sql
-- Without loading anything, SELECT * FROM 'scores.parquet' gives the same types.
"""


def script(tables: Sequence[Table]) -> str:
    """The whole script, as text."""
    return HEAD + "".join(map(_one_table, tables))


def _one_table(table: Table) -> str:
    types = ",\n    ".join(f"{doubled(column.name)}: {doubled(TYPES[column.kind])}" for column in table.shape.columns)
    lines = [
        "",
        f"CREATE OR REPLACE TABLE {table.name} AS FROM read_csv({doubled(f'{table.name}.csv')},",
        "  header = true, delim = ',', quote = '\"', escape = '\"', nullstr = '', auto_detect = false, columns = {",
        f"    {types}",
        "  });",
        *(_comment(table, column) for column in table.shape.columns),
        "",
    ]
    return "\n".join(lines)


def _comment(table: Table, column: Column) -> str:
    place = doubled(column.name, mark='"')
    return f"COMMENT ON COLUMN {table.name}.{place} IS {doubled(column.en)};"
