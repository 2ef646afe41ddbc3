"""One PostgreSQL, one session per request or job, one commit at the edge."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from inspect import iscoroutinefunction
from typing import Any

from flask import g
from flask.sansio.app import App
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy import BigInteger, Connection, Enum, MetaData, Select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from app.core.patience import says_limits_each_transaction
from app.core.time import UTCDateTime

CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Database(SQLAlchemy):
    """Without asyncio: closing asynchronous sessions, of which there are none, would start a thread per request.

    A request that only looks says so before it asks for its session; one that never asks for one has nothing to end.
    """

    def init_app(self, app: App) -> None:
        super().init_app(app)
        app.teardown_appcontext_funcs[:] = [
            each for each in app.teardown_appcontext_funcs if not iscoroutinefunction(each)
        ]

    def get_session(self, name: str = "default") -> Session:
        """The session of this request or job."""
        asked_before = self.session_is_used
        session = super().get_session(name)
        if not asked_before:
            g.session_is_used = True
            engine = self.get_engine(name)
            if g.get("only_looks") and not says_limits_each_transaction(engine):
                session.bind = engine.execution_options(isolation_level="AUTOCOMMIT")
        return session

    @property
    def session_is_used(self) -> bool:
        """Whether this request or job has asked for its session."""
        return bool(g.get("session_is_used"))

    def only_look(self) -> None:
        """No transaction from here on (but behind a pooler): its beginning and end would be two more trips."""
        g.only_looks = True


db = Database()


class Base(DeclarativeBase):
    """Every table: typed columns, aware instants, named constraints, a bigint key."""

    metadata = MetaData(naming_convention=CONVENTION)
    type_annotation_map = {datetime: UTCDateTime}  # noqa: RUF012 - SQLAlchemy reads it from the class

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)


def choice(kind: type[StrEnum], *, length: int = 40, check: bool = True) -> Enum:
    """A text column that holds one of the values of `kind`, held by a CHECK in the database (unless `check` is off)."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=check,
        validate_strings=True,
        length=length,
        name=kind.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )


@contextmanager
def transaction() -> Iterator[None]:
    """Commit what the block did, or nothing of it; for jobs and commands (requests commit by themselves)."""
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise


@contextmanager
def alone(faults: list[Exception] | None) -> Iterator[None]:
    """Let the block fail by itself: what it did is taken back, its fault is noted for who raises it at the end.

    For a job that goes from one person to the next: whoever something is wrong with keeps nobody else waiting. Without
    a list nothing is held back, and a database that is away or busy is everybody's.
    """
    try:
        with db.session.begin_nested():
            yield
    except OperationalError:
        raise
    except Exception as error:
        if faults is None:
            raise
        faults.append(error)


@contextmanager
def raised_at_the_end() -> Iterator[list[Exception]]:
    """The list in which `alone` notes faults; the first is raised once all is done and, if so written, committed."""
    faults: list[Exception] = []
    yield faults
    if faults:
        raise faults[0]


@contextmanager
def taken_back() -> Iterator[None]:
    """Let the block change what it likes, and take all of it back at its end: a preview of what it does."""
    attempt = db.session.begin_nested()
    try:
        yield
    finally:
        attempt.rollback()
        db.session.expire_all()


@contextmanager
def looking() -> Iterator[Connection]:
    """A connection for statements that only read what is committed, each by itself: no transaction is opened.

    Unless a pooler stands between: there a statement by itself would be told nothing, and see nothing.
    """
    alone = {} if says_limits_each_transaction(db.engine) else {"isolation_level": "AUTOCOMMIT"}
    with db.engine.connect().execution_options(**alone) as connection:
        yield connection


def lock(name: str) -> None:
    """Hold the advisory lock `name` until this transaction ends; one owner at a time, no leader."""
    from sqlalchemy import func, select

    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def is_any(query: Select[*tuple[Any, ...]]) -> bool:
    """Whether there is any such row."""
    return db.session.scalar(query.limit(1)) is not None
