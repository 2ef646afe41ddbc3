"""The loader of Python: pandas frames whose texts are texts, whose flags may be absent and whose times are UTC."""

from collections.abc import Sequence

from app.exports.loaders.quoting import escaped
from app.exports.tables import Kind, Table

TYPES = {
    Kind.TEXT: "string", Kind.INTEGER: "Int64", Kind.DECIMAL: "float64", Kind.BOOLEAN: "boolean",
    Kind.DATE: "date", Kind.INSTANT: "instant",
}  # fmt: skip
HEAD = '''\
"""Loads this night into pandas: `from load import load; tables = load()`, then `tables["scores"]`."""

import sys
from pathlib import Path

import pandas as pd

COLUMNS = {
'''
TAIL = '''\
}
"""Of each table each column's type and label."""


def load(folder=Path(__file__).parent.parent):
    """A frame of each table, by name; labels stand in `frame.attrs["labels"]`."""
    return {name: read(Path(folder) / f"{name}.csv", columns) for name, columns in COLUMNS.items()}


def read(path, columns):
    """One table."""
    frame = pd.read_csv(path, dtype="string", keep_default_na=False, na_values=[""])
    for name, (kind, _) in columns.items():
        if kind == "instant":
            frame[name] = pd.to_datetime(frame[name], format="%Y-%m-%dT%H:%M:%SZ", utc=True)
        elif kind == "date":
            frame[name] = pd.to_datetime(frame[name], format="%Y-%m-%d")
        elif kind == "boolean":
            frame[name] = frame[name].map({"true": True, "false": False}).astype("boolean")
        else:
            frame[name] = frame[name].astype(kind)
    frame.attrs["labels"] = {name: label for name, (_, label) in columns.items()}
    return frame


if __name__ == "__main__":
    for name, frame in load(*sys.argv[1:]).items():
        print(f"{name}: {len(frame)} rows, {len(frame.columns)} columns")
'''


def script(tables: Sequence[Table]) -> str:
    """The whole module, as text."""
    return HEAD + "".join(map(_one_table, tables)) + TAIL


def _one_table(table: Table) -> str:
    lines = (
        f"        {escaped(column.name)}: ({escaped(TYPES[column.kind])}, {escaped(column.en)}),\n"
        for column in table.shape.columns
    )
    return f"    {escaped(table.name)}: {{\n{''.join(lines)}    }},\n"
