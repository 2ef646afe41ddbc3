"""`python -m migrations.released`: note what the models of this version ask of the database, when it is released.

An upgrade migrates first and exchanges the processes afterwards, one after the other: meanwhile those of the version
before run on the new shape. So a migration expands (a column that may be empty, a table), and what the noted version
reads or fills goes only when a later one has been noted: it contracts a release later.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import Connection, Enum, text
from sqlalchemy.exc import ProgrammingError

from app.core.database import Base
from app.version import VERSION
from migrations.tables import import_models

NOTE = Path(__file__).with_name("released.json")
REQUIRED = text("""
    SELECT a.attname FROM pg_attribute a WHERE a.attrelid = CAST(:table AS regclass) AND a.attnum > 0
    AND NOT a.attisdropped AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' ORDER BY a.attnum
""")
TYPES = text("""
    SELECT a.attname, format_type(a.atttypid, NULL), CASE WHEN a.atttypmod > 4 THEN a.atttypmod - 4 END
    FROM pg_attribute a WHERE a.attrelid = CAST(:table AS regclass) AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum
""")
CHECKS = text("""
    SELECT pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid = CAST(:table AS regclass) AND contype = 'c' AND pg_get_constraintdef(oid) LIKE :column ORDER BY oid
""")


@dataclass(frozen=True)
class ReleasedColumn:
    """A column as a released version knows it: its type, how long its texts may be, the values of a closed set."""

    kind: str
    longest: int | None
    choices: list[str]


Release = dict[str, dict[str, ReleasedColumn]]
"""Columns by name, by table."""


def noted() -> Release:
    """What the released version asks of the database."""
    tables = json.loads(NOTE.read_text("utf-8"))["tables"]
    return {
        table: {name: ReleasedColumn(**column) for name, column in columns.items()} for table, columns in tables.items()
    }


def asked_for(connection: Connection) -> Release:
    """What this version's models ask for, of a database that has their shape."""
    import_models()
    release: Release = {}
    for table in sorted(Base.metadata.tables.values(), key=lambda each: each.fullname):
        kinds = _kinds(connection, table.fullname)
        release[table.fullname] = {
            column.name: ReleasedColumn(
                *kinds[column.name], list(column.type.enums) if isinstance(column.type, Enum) else []
            )
            for column in table.columns
        }
    return release


def complaints(release: Release, connection: Connection) -> Iterator[str]:
    """What processes of the released version would meet on this database, as the role that they have."""
    for table, columns in release.items():
        names = ", ".join(f'"{name}"' for name in columns)
        try:
            reading = f"SELECT {names} FROM {table} LIMIT 0"  # noqa: S608  # nosec B608 - names from our own note
            with connection.begin_nested():
                connection.exec_driver_sql(reading)
        except ProgrammingError as error:
            yield f"{table} cannot be read: {str(error.orig).splitlines()[0]}"
            continue
        required = connection.scalars(REQUIRED, {"table": table})
        yield from (f"{table}.{name} must be filled, and nobody does" for name in required if name not in columns)
        yield from _changed(table, columns, connection)


def _changed(table: str, columns: dict[str, ReleasedColumn], connection: Connection) -> Iterator[str]:
    kinds = _kinds(connection, table)
    for name, column in columns.items():
        kind, longest = kinds[name]
        if kind != column.kind:
            yield f"{table}.{name} is {kind}, and was {column.kind}"
        if longest is not None and (column.longest is None or longest < column.longest):
            yield f"{table}.{name} takes {longest} characters, and took {column.longest or 'any number'}"
        for check in (
            connection.scalars(CHECKS, {"table": table, "column": f"CHECK ((({name})::text = ANY%"})
            if column.choices
            else ()
        ):
            refused = [value for value in column.choices if f"'{value}'" not in check]
            yield from (f"{table}.{name} refuses {value}" for value in refused)


def _kinds(connection: Connection, table: str) -> dict[str, tuple[str, int | None]]:
    return {name: (kind, longest) for name, kind, longest in connection.execute(TYPES, {"table": table})}


def write(connection: Connection) -> None:
    """Note this version as the released one."""
    tables = {
        table: {name: asdict(column) for name, column in columns.items()}
        for table, columns in asked_for(connection).items()
    }
    NOTE.write_text(json.dumps({"version": VERSION, "tables": tables}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    from sqlalchemy import create_engine

    from app.config import settings

    with create_engine(settings().owner_url).connect() as opened:
        write(opened)
