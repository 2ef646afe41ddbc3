"""The loader of SPSS (and PSPP): a data set for each CSV file, with types and labels."""

from collections.abc import Sequence

from app.exports.labelled.libraries import decimals
from app.exports.loaders.quoting import doubled
from app.exports.loaders.widths import widest
from app.exports.tables import Cell, Column, Kind, Table

HEAD = """\
* Encoding: UTF-8.
* Loads this night, in its folder: INSERT FILE='loaders/load.sps'. Each table becomes a data set of its name.
* Times are UTC, flags 1 and 0. GET FILE='labelled/scores.sav' has codes and reasons as value labels, too.
* SPSS reads no text across lines: where a patient wrote several, take the .sav file.
"""
AS_TEXT = {Kind.BOOLEAN: "A5", Kind.INSTANT: "A20"}
"""What SPSS cannot read as it stands, and is computed from text."""


def script(tables: Sequence[Table]) -> str:
    """The whole script, as text."""
    return HEAD + "".join(map(_one_table, tables))


def _one_table(table: Table) -> str:
    columns = list(zip(table.shape.columns, table.cells, strict=True))
    computed = [column for column in table.shape.columns if column.kind in AS_TEXT]
    lines = [
        f"\nGET DATA /TYPE=TXT /FILE={doubled(f'{table.name}.csv')} /ENCODING='UTF-8' /ARRANGEMENT=DELIMITED",
        "  /DELCASE=LINE /FIRSTCASE=2 /DELIMITERS=',' /QUALIFIER='\"' /VARIABLES=",
        *(f"  {_raw(column)} {_format(column, cells)}" for column, cells in columns),
        "  .",
        *(line for column in computed for line in _computed(column)),
        *(
            f"FORMATS {column.name} (F12.{decimals(cells)})."
            for column, cells in columns
            if column.kind is Kind.DECIMAL
        ),
        *(f"VARIABLE LABELS {column.name} {doubled(column.en)}." for column in table.shape.columns),
        f"MATCH FILES FILE=* /KEEP={' '.join(table.shape.names)}.",
        "EXECUTE.",
        f"DATASET COPY {table.name}.\n",
    ]
    return "\n".join(lines)


def _raw(column: Column) -> str:
    return f"raw_{column.name}" if column.kind in AS_TEXT else column.name


def _format(column: Column, cells: Sequence[Cell]) -> str:
    formats = {Kind.INTEGER: "F20.0", Kind.DECIMAL: "F24.15", Kind.DATE: "SDATE10", **AS_TEXT}
    return formats.get(column.kind) or f"A{widest(cells)}"


def _computed(column: Column) -> list[str]:
    raw, name = _raw(column), column.name
    if column.kind is Kind.BOOLEAN:
        return [
            f"IF ({raw} = 'true') {name} = 1.",
            f"IF ({raw} = 'false') {name} = 0.",
            f"FORMATS {name} (F1.0).",
            f"VALUE LABELS {name} 1 'Yes' 0 'No'.",
        ]
    parts = [f"NUMBER(SUBSTR({raw}, {start}, {length}), F{length}.0)" for start, length in PARTS]
    year, month, day, hour, minute, second = parts
    return [
        f"IF ({raw} <> '') {name} = DATE.DMY({day}, {month}, {year}) + TIME.HMS({hour}, {minute}, {second}).",
        f"FORMATS {name} (DATETIME20).",
    ]


PARTS = ((1, 4), (6, 2), (9, 2), (12, 2), (15, 2), (18, 2))
"""Where year, month, day, hour, minute and second stand in 2026-03-09T08:00:00Z."""
