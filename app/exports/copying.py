"""Copies the rows of a statement into a file as PostgreSQL gives them: nothing grows with the rows."""

from typing import Any, Protocol, cast

import psycopg
from sqlalchemy import Connection

from app.exports.formatting import as_written
from app.exports.queries.placing import Question
from app.exports.tables import Shape

BLOCK = 1 << 18
"""So many bytes are written at once."""
OPTIONS = "(FORMAT csv, HEADER, ENCODING 'UTF8')"


class Sink(Protocol):
    """What takes bytes."""

    def write(self, block: bytes, /) -> int: ...


def copy(connection: Connection, shape: Shape, question: Question, sink: Sink) -> int:
    """Write the table as CSV into `sink`; returns the number of its rows."""
    return copy_out(connection, as_written(shape, question), sink)


def copy_out(connection: Connection, question: Question, sink: Sink) -> int:
    """Write what a statement gives as PostgreSQL's CSV; returns the number of rows."""
    statement, parameters = _compiled(connection, question)
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    waiting = bytearray()
    with driver.cursor() as cursor:
        with cursor.copy(f"COPY ({statement}) TO STDOUT {OPTIONS}".encode(), parameters) as rows:
            for row in rows:
                waiting += row
                if len(waiting) >= BLOCK:
                    sink.write(bytes(waiting))
                    waiting.clear()
        sink.write(bytes(waiting))
        return cursor.rowcount


def _compiled(connection: Connection, question: Question) -> tuple[str, dict[str, object]]:
    """The statement and its values as the driver takes them."""
    compiled: Any = question.compile(dialect=connection.dialect)
    whole = compiled.construct_expanded_state()
    processors = {**compiled._bind_processors, **whole.processors}
    return whole.statement, {
        name: processors[name](value) if name in processors else value for name, value in whole.parameters.items()
    }
