"""Statements that every patient's page runs: compiled once, and handed straight to the driver.

What SQLAlchemy does around a statement costs several times the statement when it finds a row by its key. It stays what
writes the statement, holds connection and transaction, names what goes wrong, and tells whoever listens to statements.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Generic, TypeVar, cast

import psycopg
from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.attributes import instance_state, manager_of_class, set_committed_value

from app.core.batches import table
from app.core.database import Base, db

DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]
Driver = psycopg.Connection[tuple[Any, ...]]
Kind = TypeVar("Kind", bound=Base)
Values = Mapping[str, object]
Read = Callable[[Any], Any]


class Prepared:
    """One statement. Its parameters and rows are the driver's own values: texts, numbers, aware instants, bytes."""

    def __init__(self, statement: ClauseElement) -> None:
        compiled = statement.compile(dialect=DIALECT)
        self.text = str(compiled)
        self.constants = {name: value for name, value in compiled.params.items() if value is not None}

    def first(self, values: Values) -> tuple[Any, ...] | None:
        """The first row that it gives in the session's transaction, after what the session was told to write."""
        session = db.session
        session.flush()
        connection = session.connection()
        driver = cast(Driver, connection.connection.driver_connection)
        given = {**self.constants, **values}
        cursor = driver.cursor()
        connection.dispatch.before_cursor_execute(connection, cursor, self.text, given, None, False)
        try:
            row = cursor.execute(self.text, given).fetchone()
        except psycopg.Error as error:
            gone = driver.closed
            if gone:
                connection.invalidate(error)
            raise _named(self.text, error, gone) from error
        connection.dispatch.after_cursor_execute(connection, cursor, self.text, given, None, False)
        return row


def _named(text: str, error: psycopg.Error, gone: bool) -> BaseException:
    """The error as SQLAlchemy names it, without the values, which are a patient's."""
    return DBAPIError.instance(
        text, None, error, psycopg.Error, hide_parameters=True, connection_invalidated=gone, dialect=DIALECT
    )


class Loading(Generic[Kind]):
    """Columns of one table in such a statement, and the object of what came in them, as the ORM loads it.

    It is the session's own, brought up to date if the session has it already, and loads what was not asked for when
    that is looked at. If only `read`, it belongs to no session: it can be neither changed nor asked for anything else.
    """

    def __init__(self, kind: type[Kind], *names: str, read: bool = False) -> None:
        self.kind, self.read = kind, read
        self.table = table(kind)
        self.columns = tuple(self.table.c[name] for name in ("id", *names))
        self._reading = tuple((column.name, _reader(column.type)) for column in self.columns)
        self._key = kind.__mapper__.identity_key_from_primary_key
        self._manager = manager_of_class(kind)
        self._unloaded = frozenset(kind.__mapper__.column_attrs.keys()).difference(name for name, _ in self._reading)

    def loaded(self, values: Iterator[Any]) -> Kind:
        """The object of the row whose values of the columns come next."""
        row = tuple(islice(values, len(self.columns)))
        held: Kind | None = db.session.identity_map.get(self._key((row[0],)))
        if held is None:
            return self._new(row)
        for name, value in self._named(row).items():
            set_committed_value(held, name, value)
        return held

    def _named(self, row: tuple[Any, ...]) -> dict[str, Any]:
        pairs = zip(self._reading, row, strict=True)
        return {name: reader(value) if reader else value for (name, reader), value in pairs}

    def _new(self, row: tuple[Any, ...]) -> Kind:
        """As `make_transient_to_detached` would make it, which works out anew each time what is not loaded."""
        new: Kind = self._manager.new_instance()
        new.__dict__.update(self._named(row))
        state = instance_state(new)
        state.key = self._key((row[0],))
        state.expired_attributes.update(self._unloaded)
        if not self.read:
            db.session.add(new)
        return new


def _reader(kind: Any) -> Read | None:
    """How SQLAlchemy reads what the driver gives for a column of this type."""
    reader: Read | None = kind.result_processor(DIALECT, None)
    return reader


def related(row: Base, **others: Base) -> None:
    """Note that these are the objects to which a loaded row relates."""
    for name, other in others.items():
        set_committed_value(row, name, other)
