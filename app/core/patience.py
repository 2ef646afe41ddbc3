"""How long the database is waited for, so that nobody who stands still stops the others.

Each connection of the application's role begins with `LIMITS`: whoever waits longer for a row is told that it is busy,
and whoever opens a transaction and falls silent loses it. Behind a pooler, which hands connections on, each transaction
says them itself (`app.core.connecting`). The clock and commands, which nobody waits for, may work longer (`unhurried`),
not wait longer.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from time import sleep

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError, TimeoutError
from sqlalchemy.orm import Session, SessionTransaction

LIMITS: Mapping[str, str] = {
    "lock_timeout": "5s",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",
}
LONG: Mapping[str, str] = {"statement_timeout": "30min", "idle_in_transaction_session_timeout": "30min"}
DEAD_LINE: Mapping[str, int] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 15_000,
}
"""After how long a line is given up on which nothing comes back (libpq's names; the last one in milliseconds).

A cable that is cut, or a firewall that forgets us, says nothing: without these a page would wait a quarter of an hour,
and a clock that has asked, and was promised an answer, for two hours. A query that takes long is no dead line.
"""
EACH_TRANSACTION = "limits_each_transaction"
"""The engine's execution option of who is behind a pooler."""
LOCK_CODES = frozenset({"55P03", "40P01", "40001"})
"""PostgreSQL's codes for a lock that was not to be had, a deadlock, and a transaction that another one overtook."""
BUSY_CODES = LOCK_CODES | {"57014", "25P03", "53300"}
"""Also: took too long, stood still too long, no connection is left."""

_limits: ContextVar[Mapping[str, str] | None] = ContextVar("limits", default=None)


def says_limits_each_transaction(engine: Engine) -> bool:
    """Whether a statement by itself would wait without limits."""
    return bool(engine.get_execution_options().get(EACH_TRANSACTION))


def startup_options(given: str = "") -> str:
    """What a connection tells PostgreSQL as it begins: our limits, then what the operator's address says."""
    return " ".join([*(f"-c {name}={limit}" for name, limit in LIMITS.items()), given]).strip()


@contextmanager
def unhurried() -> Iterator[None]:
    """The transactions that begin in this block may take long: nobody waits for their end."""
    token = _limits.set(LONG)
    try:
        yield
    finally:
        _limits.reset(token)


def is_held(error: BaseException) -> bool:
    """Whether somebody else was at work on the same rows, so that it may go well in a moment."""
    return isinstance(error, DBAPIError) and _code(error) in LOCK_CODES


def insist(act: Callable[[], object], take_back: Callable[[], object], tries: int, pause: float) -> None:
    """Do it, so often at most and after a moment each, as long as somebody else holds what it needs."""
    for _ in range(tries - 1):
        try:
            act()
        except DBAPIError as error:
            if not is_held(error):
                raise
            take_back()
            sleep(pause)
        else:
            return
    act()


def is_busy(error: BaseException) -> bool:
    """Whether the database, or our way to it, was too busy: nothing is wrong with it nor with what was asked."""
    return isinstance(error, TimeoutError) or (isinstance(error, DBAPIError) and _code(error) in BUSY_CODES)


def _code(error: DBAPIError) -> str | None:
    code: str | None = getattr(error.orig, "sqlstate", None)
    return code


@event.listens_for(Session, "after_begin")
def _limit(_: Session, __: SessionTransaction, connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("isolation_level") == "AUTOCOMMIT":
        return
    limits = _limits.get()
    if limits:
        settings = ", ".join(f"set_config('{name}', '{limit}', true)" for name, limit in limits.items())
        connection.execute(text(f"SELECT {settings}"))
