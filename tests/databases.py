"""One database per worker, emptied before each test: a sixth of the time that a fresh copy takes."""

from dataclasses import dataclass
from functools import cached_property

import psycopg

from app.core.embedded import Embedded

NAMES = """
    SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND tablename <> 'alembic_version'
"""
SEQUENCES = "SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences"
OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@dataclass
class Reused:
    """A copy of the template, which migrations leave without a row."""

    server: Embedded
    template: str
    name: str

    def empty(self) -> str:
        """Cut everybody off, delete every row behind the triggers' back, count from one again; returns the name."""
        emptying = self._emptying
        with self._connect() as connection:
            connection.execute(OTHERS)
            connection.execute(emptying)
        return self.name

    @cached_property
    def _emptying(self) -> bytes:
        self.server.recreate_database(self.name, template=self.template)
        with self._connect() as connection:
            tables = [row[0] for row in connection.execute(NAMES)]
            sequences = [row[0] for row in connection.execute(SEQUENCES)]
        steps = ["SET LOCAL session_replication_role = replica", "SET LOCAL lock_timeout = '5s'"]
        steps += [f"DELETE FROM {table}" for table in tables]  # noqa: S608 - names from the catalogue, quoted
        steps += [f"SELECT setval('{sequence}', 1, false)" for sequence in sequences]
        return ";".join(["BEGIN", *steps, "COMMIT"]).encode()

    def _connect(self) -> "psycopg.Connection[tuple[str]]":
        address = self.server.url("postgres", self.name).replace("+psycopg", "")
        return psycopg.connect(address, autocommit=True)
