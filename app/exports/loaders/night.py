"""The loaders of a night, made of its tables' own columns: a new table or column is loaded without a word here."""

from collections.abc import Iterator, Sequence

from app.exports.loaders import duckdb, python, r, sas, spss, stata
from app.exports.tables import Table

LOADERS_FOLDER = "loaders"
LANGUAGES = {
    "load.R": r.script,
    "load.py": python.script,
    "load.sas": sas.script,
    "load.do": stata.script,
    "load.sps": spss.script,
    "duckdb.sql": duckdb.script,
}


def loaders(tables: Sequence[Table]) -> Iterator[tuple[str, bytes]]:
    """Each loader by its name in the night's folder."""
    for name, script in LANGUAGES.items():
        yield f"{LOADERS_FOLDER}/{name}", script(tables).encode()
