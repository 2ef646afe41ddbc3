"""Which tables are held whole, for the files that are made of whole tables: asked before any of them is read.

Their rows are known by then, as CSV and Parquet, which hold nothing, come first. Of what is too large nothing is read
but the width of its columns, from the CSV file, so that its loaders cut no text.
"""

import csv
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path

from app.exports.csv_files import unguarded
from app.exports.tables import Cell, Kind, Shape, Table

MOST_HELD = 1_000_000
"""Rows of a table: so many take about 1.5 GB of memory."""
LABELLED = frozenset(["analysis", "scores", "answers"])
STUDIED = frozenset(["participants", "assessments", "answers", "scores", "corrections"])
"""What the standards and the page on quality are made of."""


def too_large(rows: Mapping[str, int]) -> dict[str, str]:
    """Of each table that is not held whole the sentence that says so, by its name."""
    return {name: _sentence(name, count) for name, count in rows.items() if count > MOST_HELD}


def is_studied(refusals: Iterable[str]) -> bool:
    """Whether a table is too large of which the standards and the page on quality are made."""
    return not STUDIED.isdisjoint(refusals)


def _sentence(name: str, count: int) -> str:
    missing = [f"labelled/{name}.*"] * (name in LABELLED) + ["cdisc/", "fhir/", "quality.html"] * (name in STUDIED)
    return (
        f"{name} has {count:,} rows, and files that are made of a whole table take {MOST_HELD:,}: read {name}.csv or"
        f" {name}.parquet." + (f" Not written: {', '.join(missing)}." if missing else "")
    )


def widest_cells(source: Path, shape: Shape) -> Table:
    """One row with the widest cell of each column of a CSV file of ours, which is read line by line."""
    widths, widest = [0] * len(shape.columns), [""] * len(shape.columns)
    with source.open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        next(lines)
        for line in lines:
            for place, text in enumerate(line):
                width = len(text.encode()) if shape.columns[place].kind is Kind.TEXT else len(text.partition(".")[2])
                if width > widths[place]:
                    widths[place], widest[place] = width, text
    return Table(shape, tuple((_cell(each.kind, text),) for each, text in zip(shape.columns, widest, strict=True)))


def _cell(kind: Kind, text: str) -> Cell:
    if kind is Kind.DECIMAL and text:
        return Decimal(text)
    return unguarded(text) if kind is Kind.TEXT and text else None
