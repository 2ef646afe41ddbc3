"""Which tables are held whole, for the files that are made of whole tables: asked before any of them is read.

Their rows are known by then, as CSV and Parquet, which hold nothing, come first. Of what is too large nothing is read
but the width of its columns, from the CSV file, so that its loaders cut no text.
"""

from collections.abc import Iterable, Mapping

MOST_HELD = 1_000_000
"""Rows of a table: so many take about 1.5 GB of memory."""
STUDIED = frozenset(["participants", "assessments", "answers", "scores", "corrections"])
"""What the standards and the page on quality are made of."""


def too_large(rows: Mapping[str, int]) -> dict[str, str]:
    """Of each table that is not held whole the sentence that says so, by its name."""
    return {name: _sentence(name, count) for name, count in rows.items() if count > MOST_HELD}


def is_studied(refusals: Iterable[str]) -> bool:
    """Whether a table is too large of which the standards and the page on quality are made."""
    return not STUDIED.isdisjoint(refusals)


def _sentence(name: str, count: int) -> str:
    missing = ["cdisc/", "fhir/", "quality.html"] * (name in STUDIED)
    return (
        f"{name} has {count:,} rows, and files that are made of a whole table take {MOST_HELD:,}: read {name}.csv or"
        f" {name}.parquet." + (f" Not written: {', '.join(missing)}." if missing else "")
    )
