"""The loader of SAS: a data step for each CSV file, with lengths, informats, formats and labels."""

from collections.abc import Sequence

from app.exports.loaders.quoting import doubled
from app.exports.loaders.widths import widest
from app.exports.tables import Cell, Column, Kind, Table

HEAD = """\
/* Loads this night into WORK. Set the folder first: %let night = C:\\the\\folder; Times are UTC, flags 1 and 0.
   labelled/NAME.v8.xpt opens with %xpt2loc, labelled/NAME.xpt with LIBNAME ... XPORT.
   A data step reads no text across lines: where a patient wrote several, take the .v8.xpt file. */
%macro svar_default; %if not %symexist(night) %then %do; %global night; %let night = .; %end; %mend;
%svar_default
proc format; value svarflag 1 = 'Yes' 0 = 'No'; run;
"""
NUMERIC = {Kind.INTEGER: ("best32.", "best12."), Kind.DECIMAL: ("best32.", "best12.")}
MOMENTS = {Kind.DATE: ("e8601da10.", "e8601da10."), Kind.INSTANT: ("e8601dz20.", "e8601dt19.")}
READ = {**NUMERIC, **MOMENTS}
"""How each kind is read and shown; texts and flags have lines of their own."""


def script(tables: Sequence[Table]) -> str:
    """The whole script, as text."""
    return HEAD + "".join(map(_one_table, tables))


def _one_table(table: Table) -> str:
    columns = list(zip(table.shape.columns, table.cells, strict=True))
    flags = [column.name for column in table.shape.columns if column.kind is Kind.BOOLEAN]
    kept = f" (drop={' '.join(f'_{name}' for name in flags)})" if flags else ""
    lines = [
        f"\ndata work.{table.name}{kept};",
        f'  infile "&night./{table.name}.csv" dsd dlm="," firstobs=2 truncover lrecl=1048576',
        '    encoding="utf-8" termstr=lf;',
        *(line for column, cells in columns for line in _declared(column, cells)),
        f"  input {' '.join(_read_as(column) for column in table.shape.columns)};",
        *(f"  if _{name} ne '' then {name} = (_{name} = 'true');" for name in flags),
        *(f"  label {column.name} = {doubled(column.en)};" for column in table.shape.columns),
        "run;\n",
    ]
    return "\n".join(lines)


def _declared(column: Column, cells: Sequence[Cell]) -> list[str]:
    if column.kind is Kind.TEXT:
        return [f"  length {column.name} $ {widest(cells)};"]
    if column.kind is Kind.BOOLEAN:
        return [f"  length _{column.name} $ 5 {column.name} 8;", f"  format {column.name} svarflag.;"]
    informat, shown = READ[column.kind]
    return [f"  length {column.name} 8;", f"  informat {column.name} {informat};", f"  format {column.name} {shown};"]


def _read_as(column: Column) -> str:
    if column.kind is Kind.BOOLEAN:
        return f"_{column.name} $"
    return f"{column.name} $" if column.kind is Kind.TEXT else column.name
