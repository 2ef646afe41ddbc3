"""What a change of the database's shape would take away: counted before and after it, in its own transaction.

Tables and columns are known by PostgreSQL's own numbers, so one that is only renamed is not missing, and nobody has to
read the SQL. A value that is its column's default is nobody's data; a null is none.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, text

from app.core.problems import Conflict

DATA_TABLES = text("""
    SELECT c.oid AS number, format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname IN ('public', 'identifiers', 'audit') AND c.relname <> 'alembic_version'
    ORDER BY 2
""")
COLUMNS_OF_TABLE = text("""
    SELECT a.attnum AS number, a.attname AS name, quote_ident(a.attname) AS quoted,
        CASE WHEN a.attidentity = '' THEN pg_get_expr(d.adbin, d.adrelid) END AS initial
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
    WHERE a.attrelid = :table AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY 1
""")


@dataclass(frozen=True)
class Holding:
    """The rows of a table, or of a column how many say something."""

    name: str
    values: int


Holdings = Mapping[tuple[int, int], Holding]
"""By the numbers of table and column; column 0 is the table itself."""


@contextmanager
def anything(_: Connection) -> Iterator[None]:
    """Let the block take away what it likes."""
    yield


@contextmanager
def nothing(connection: Connection) -> Iterator[None]:
    """Conflict, which takes the block back, where it leaves less than it found."""
    connection.execute(text("SELECT set_config('svar.sites', '*', true)"))
    before = holdings(connection)
    yield
    connection.execute(text("SELECT set_config('svar.sites', '*', true)"))
    lost = losses(before, holdings(connection))
    if lost:
        listed = "\n".join(f"  {what}" for what in lost)
        raise Conflict(
            f"Nothing was changed: these data would be gone.\n{listed}\n"
            "To go back to an earlier version with them, leave the database as it is (the earlier version runs on it),"
            " or restore a back-up from before the upgrade (flask ops restore)."
        )


def losses(before: Holdings, after: Holdings) -> list[str]:
    """What is less than it was, in words; of a table that has fewer rows, its columns need not be told."""
    fewer = {
        key: held.values - (after[key].values if key in after else 0)
        for key, held in before.items()
        if key not in after or after[key].values < held.values
    }
    return [
        f"{number} {'values' if column else 'rows'} of {before[table, column].name}"
        for (table, column), number in fewer.items()
        if number and not (column and fewer.get((table, 0)))
    ]


def holdings(connection: Connection) -> Holdings:
    """How many rows each table has, and how many values each of its columns."""
    held: dict[tuple[int, int], Holding] = {}
    for table in connection.execute(DATA_TABLES).all():
        columns = connection.execute(COLUMNS_OF_TABLE, {"table": table.number}).all()
        counts = ", ".join(f"count(*) FILTER (WHERE {_says_something(c.quoted, c.initial)})" for c in columns)
        counting = f"SELECT count(*), {counts} FROM {table.name}"  # noqa: S608  # nosec B608 - names from the catalogue
        rows, *values = connection.exec_driver_sql(counting).one()
        held[table.number, 0] = Holding(table.name, rows)
        for column, count in zip(columns, values, strict=True):
            held[table.number, column.number] = Holding(f"{table.name}.{column.name}", count)
    return held


def _says_something(column: str, initial: str | None) -> str:
    steady = initial is not None and "nextval" not in initial
    return f"{column} IS NOT NULL" + (f" AND {column}::text IS DISTINCT FROM ({initial})::text" if steady else "")
