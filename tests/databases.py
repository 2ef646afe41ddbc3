"""One database per worker, emptied before each test: a sixth of the time that a fresh copy takes.

What many tests begin with is made once, kept in tables that the emptying connection alone sees, and brought back. That
connection has plans that it keeps; and it leaves the application's idle connections alone, since making another costs
more than the rest of most tests.
"""

import fcntl
import hashlib
import itertools
import select
import weakref
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import psycopg
from psycopg import sql
from sqlalchemy import Pool, event
from sqlalchemy.exc import DisconnectionError

from app.core import migrating
from app.core.embedded import Embedded

ROOT = Path(__file__).resolve().parent.parent
NOTE = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"

NAMES = """
    SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
    WHERE schemaname NOT LIKE 'pg_%' AND schemaname <> 'information_schema' AND tablename <> 'alembic_version'
"""
TOUCHED = "SELECT WHERE pg_sequence_last_value('audit.entries_id_seq') IS NOT NULL"
"""Whether anything was done that the trail tells of, committed or not."""
SEQUENCES = "SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences WHERE schemaname NOT LIKE 'pg_%'"
COLUMNS = """
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""
OTHERS = """
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND (state IS DISTINCT FROM 'idle' OR pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory'));
"""
"""Whoever is in the middle of something, or holds a lock for as long as he stays."""
MOST_PREPARED = 400
"""Of statements on one connection: more than a worker's tests have that come again and again."""


@contextmanager
def alone(wanted: Path) -> Iterator[Path]:
    """This folder, or the first free one beside it while another run is at work there and would delete our rows."""
    wanted.parent.mkdir(parents=True, exist_ok=True)
    for number in itertools.count(1):
        home = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        with home.with_name(f"{home.name}.lock").open("w", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield home
            return


def migrated(server: Embedded, name: str) -> None:
    """Have a migrated database without a row; one that an earlier run left, made of the same migrations, will do."""
    mark, address = mark_of_migrations(), server.url("postgres", "postgres").replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True) as connection:
        note = connection.execute(NOTE, [name]).fetchone()
        if note == (mark,):
            return
        server.recreate_database(name)
        migrating.upgrade(server.url("svar_owner", name))
        comment = sql.SQL("COMMENT ON DATABASE {} IS {}")
        connection.execute(comment.format(sql.Identifier(name), sql.Literal(mark)))


def mark_of_migrations() -> str:
    """What becomes another where a migration does, or what migrations are run by."""
    files = sorted((*(ROOT / "migrations").rglob("*.py"), *(ROOT / "app" / "core").glob("*.py")))
    return hashlib.sha256(b"".join(str(file).encode() + file.read_bytes() for file in files)).hexdigest()


@dataclass
class Reused:
    """A copy of the template, which migrations leave without a row."""

    server: Embedded
    template: str
    name: str
    _connection: "psycopg.Connection[tuple[str]] | None" = None
    _kept: dict[Hashable, int] = field(default_factory=dict)
    _asked: Counter[Hashable] = field(default_factory=Counter)
    current: "ClassVar[Reused | None]" = None
    """This worker's, for factories that bring back what they made before."""

    def empty(self) -> str:
        """Cut off whoever works, delete every row behind the triggers' back, count from one again; returns the name."""
        try:
            self._emptying().execute("SELECT pg_temp.empty()")
        except psycopg.OperationalError:  # a test that stopped the server cut us off too
            self._emptying().execute("SELECT pg_temp.empty()")
        return self.name

    def begins_with(self, what: Hashable, database: str | None, make: Callable[[], None]) -> bool:
        """Whether the database, in which nothing was done yet, has now what `make` leaves; kept for who asks again."""
        if database != self.name or self._emptying().execute(TOUCHED).rowcount:
            return False
        self._asked[what] += 1
        if self._asked[what] > 1 and (what in self._kept or not self._has_rows()):
            self.begin_with(what, make)
        else:
            make()
        return True

    def _has_rows(self) -> bool:
        connection = self._emptying()
        tables = " UNION ALL ".join(f"SELECT FROM {name}" for (name,) in connection.execute(NAMES).fetchall())
        return connection.execute(f"{tables} LIMIT 1".encode()).rowcount > 0

    def begin_with(self, what: Hashable, make: Callable[[], None]) -> None:
        """Have in the empty database what `make` leaves committed there; it is called for the first test that asks."""
        connection = self._emptying()
        if what in self._kept:
            connection.execute(f"SELECT pg_temp.bring_{self._kept[what]}()".encode())
            return
        make()
        number = len(self._kept)
        _keep(connection, number)
        self._kept[what] = number

    def close(self) -> None:
        """Nobody will ask again."""
        if self._connection is not None:
            self._connection.close()

    def _emptying(self) -> "psycopg.Connection[tuple[str]]":
        if self._connection is None:
            self.server.recreate_database(self.name, template=self.template)
        if self._connection is None or self._connection.closed:
            address = self.server.url("postgres", self.name).replace("+psycopg", "")
            self._connection = psycopg.connect(address, autocommit=True)
            _teach(self._connection)
            self._kept.clear()
        return self._connection


def _teach(connection: "psycopg.Connection[tuple[str]]") -> None:
    tables = [row[0] for row in connection.execute(NAMES)]
    sequences = [row[0] for row in connection.execute(SEQUENCES)]
    steps = [f"DELETE FROM {table};" for table in tables]  # noqa: S608 - names from the catalogue, quoted
    steps += [
        f"IF (SELECT is_called FROM {name}) THEN PERFORM setval('{name}', 1, false); END IF;"  # noqa: S608
        for name in sequences
    ]
    body = f"BEGIN {OTHERS} {' '.join(steps)} END"
    connection.execute("SET session_replication_role = replica")
    connection.execute("SET lock_timeout = '5s'")
    connection.execute(f"CREATE FUNCTION pg_temp.empty() RETURNS void LANGUAGE plpgsql AS $${body}$$".encode())


def _keep(connection: "psycopg.Connection[tuple[str]]", number: int) -> None:
    """Copy every row and the state of every sequence, and teach the connection to bring them back."""
    steps = []
    for place, (table,) in enumerate(connection.execute(NAMES).fetchall()):
        ((columns,),) = connection.execute(COLUMNS, [table]).fetchall()
        chosen = f"SELECT {columns} FROM"
        copy = f"kept_{number}_{place}"
        if connection.execute(f"SELECT FROM {table} LIMIT 1".encode()).rowcount:
            connection.execute(f"CREATE TEMPORARY TABLE {copy} AS {chosen} {table}".encode())
            steps.append(f"INSERT INTO {table} ({columns}) {chosen} pg_temp.{copy};")
    for (name,) in connection.execute(SEQUENCES).fetchall():
        ((reached,),) = connection.execute("SELECT pg_sequence_last_value(%s::regclass)", [name]).fetchall()
        if reached is not None:
            steps.append(f"PERFORM setval('{name}', {reached});")
    body = f"BEGIN {' '.join(steps)} END"
    connection.execute(f"CREATE FUNCTION pg_temp.bring_{number}() RETURNS void LANGUAGE plpgsql AS $${body}$$".encode())


def refuse_dead(connection: "psycopg.Connection[object]", *_: object) -> None:
    """Let a pool give out no connection of which the server has said that it is over: nothing else is said unasked."""
    if connection.closed or select.select([connection.fileno()], [], [], 0)[0]:
        raise DisconnectionError


@event.listens_for(Pool, "connect")
def close_with_its_pool(connection: "psycopg.Connection[object]", record: object) -> None:
    """An application that a test made and left closes its connections when it goes, whenever that is: none of another
    test's hears of it."""
    weakref.finalize(record, connection.close)


def keep_prepared(connection: "psycopg.Connection[object]", *_: object) -> None:
    """Let a connection keep, over a rollback, the statements that it has prepared.

    psycopg forgets them then, since a table might be gone that the transaction had made: ours makes none. Tests end
    by a rollback whatever they looked at, and whoever works next would have each statement planned anew, which takes
    PostgreSQL longer than to run it.
    """
    connection.prepared_max = MOST_PREPARED
    connection._prepared.clear = lambda: False  # type: ignore[method-assign]
