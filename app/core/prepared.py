"""Statements that every patient's page runs: compiled once, when first run or made ready, and handed to the driver.

What SQLAlchemy does around a statement costs several times the statement when it finds a row by its key. It stays what
writes the statement, holds connection and transaction, names what goes wrong, and tells whoever listens to statements.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar, Generic, TypeVar, cast

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import ClauseElement, Compiled
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import configure_mappers
from sqlalchemy.orm.attributes import instance_state, manager_of_class, set_committed_value

from app.core.batches import table
from app.core.database import Base, db
from app.core.patience import says_limits_each_transaction

DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]
Row = tuple[Any, ...]
Driver = psycopg.Connection[Row]
Kind = TypeVar("Kind", bound=Base)
Values = Mapping[str, object]
Read = Callable[[Any], Any]


class Prepared:
    """One statement. Its parameters and rows are the driver's own values: texts, numbers, aware instants, bytes."""

    every: ClassVar[list["Prepared"]] = []

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        Prepared.every.append(self)

    @cached_property
    def text(self) -> str:
        """As PostgreSQL gets it."""
        return str(self._compiled)

    @cached_property
    def constants(self) -> dict[str, object]:
        """The values that stand in the statement itself."""
        return {name: value for name, value in self._compiled.params.items() if value is not None}

    @cached_property
    def _compiled(self) -> Compiled:
        return self._statement.compile(dialect=DIALECT)

    def first(self, values: Values, *, alone: bool = False) -> Row | None:
        """The first row that it gives, as `rows`."""
        rows = self.rows(values, alone=alone)
        return rows[0] if rows else None

    def rows(self, values: Values, *, alone: bool = False) -> list[Row]:
        """The rows that it gives in the session's transaction, after what the session was told to write.

        Or `alone`, whatever the session does: what it changes is kept when it ends, or nothing of it.
        """
        if alone:
            return self._alone(values)
        session = db.session
        session.flush()
        connection = session.connection()
        driver = cast(Driver, connection.connection.driver_connection)
        return self._run(driver, values, connection.dispatch, connection)

    def _alone(self, values: Values) -> list[Row]:
        engine = db.engine
        if says_limits_each_transaction(engine):
            with engine.begin() as connection:
                own = cast(Driver, connection.connection.driver_connection)
                return self._run(own, values, connection.dispatch, connection)
        try:
            pooled = engine.raw_connection()
        except psycopg.Error as error:  # SQLAlchemy names those of its own connections alone
            raise _named(self.text, error, gone=False) from error
        driver = cast(Driver, pooled.driver_connection)
        try:
            driver.autocommit = True
            return self._run(driver, values, engine.dispatch, pooled)
        finally:
            if driver.pgconn.transaction_status == TransactionStatus.IDLE:
                driver.autocommit = False
            elif pooled.is_valid:  # broken off in the middle
                pooled.invalidate()
            pooled.close()

    def _run(self, driver: Driver, values: Values, heard: Any, line: Any) -> list[Row]:
        given = {**self.constants, **values}
        cursor = driver.cursor()
        heard.before_cursor_execute(line, cursor, self.text, given, None, False)
        try:
            rows = cursor.execute(self.text, given).fetchall()
        except psycopg.Error as error:
            if driver.closed:
                line.invalidate(error)
            raise _named(self.text, error, driver.closed) from error
        heard.after_cursor_execute(line, cursor, self.text, given, None, False)
        return rows


def ready() -> None:
    """Set up every mapping of the house and compile each statement, before a server forks: no patient waits for it."""
    configure_mappers()
    for statement in Prepared.every:
        _ = statement.text, statement.constants


def _named(text: str, error: psycopg.Error, gone: bool) -> BaseException:
    """The error as SQLAlchemy names it, without the values, which are a patient's."""
    return DBAPIError.instance(
        text, None, error, psycopg.Error, hide_parameters=True, connection_invalidated=gone, dialect=DIALECT
    )


class Loading(Generic[Kind]):
    """Columns of one table in such a statement, and the object of what came in them, as the ORM loads it.

    It is the session's own, brought up to date if the session has it already, and loads what was not asked for when
    that is looked at. If only `read`, it belongs to no session: it can be neither changed nor asked for anything else.
    So it is if the row came `alone`, whatever the session has.
    """

    def __init__(self, kind: type[Kind], *names: str, read: bool = False) -> None:
        self.kind, self.read = kind, read
        self.table = table(kind)
        self.columns = tuple(self.table.c[name] for name in ("id", *names))
        self._reading = tuple((column.name, _reader(column.type)) for column in self.columns)
        self._key = kind.__mapper__.identity_key_from_primary_key
        self._manager = manager_of_class(kind)

    def loaded(self, values: Iterator[Any], *, alone: bool = False) -> Kind:
        """The object of the row whose values of the columns come next."""
        row = tuple(islice(values, len(self.columns)))
        if alone:
            return self._new(row)
        held: Kind | None = db.session.identity_map.get(self._key((row[0],)))
        if held is None:
            new = self._new(row)
            if not self.read:
                db.session.add(new)
            return new
        for name, value in self._named(row).items():
            set_committed_value(held, name, value)
        return held

    @cached_property
    def _unloaded(self) -> frozenset[str]:
        """Asked with the first row and not before: it sets up every mapping of the house, a tenth of the start-up."""
        return frozenset(self.kind.__mapper__.column_attrs.keys()).difference(name for name, _ in self._reading)

    def _named(self, row: tuple[Any, ...]) -> dict[str, Any]:
        pairs = zip(self._reading, row, strict=True)
        return {name: reader(value) if reader else value for (name, reader), value in pairs}

    def _new(self, row: tuple[Any, ...]) -> Kind:
        """As `make_transient_to_detached` would make it, which works out anew each time what is not loaded."""
        unloaded = self._unloaded
        new: Kind = self._manager.new_instance()
        new.__dict__.update(self._named(row))
        state = instance_state(new)
        state.key = self._key((row[0],))
        state.expired_attributes.update(unloaded)
        return new


def _reader(kind: Any) -> Read | None:
    """How SQLAlchemy reads what the driver gives for a column of this type."""
    reader: Read | None = kind.result_processor(DIALECT, None)
    return reader


def related(row: Base, **others: Base) -> None:
    """Note that these are the objects to which a loaded row relates."""
    for name, other in others.items():
        set_committed_value(row, name, other)
