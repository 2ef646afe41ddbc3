"""What must not run beside itself: an operator's command is the only one of its kind on its database, on any machine.

A lock of its own connection lasts until the command ends, however that ends. Behind a pooler, which hands a connection
on after each transaction, it is a transaction's, which stays open. (Not so everywhere: an open transaction keeps an
index from being made beside the running service.)
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import OperationalError

from app.core.patience import says_limits_each_transaction
from app.core.problems import Conflict

UNHURRIED = text("SET LOCAL idle_in_transaction_session_timeout = 0")


@contextmanager
def exclusively(act: str, meanwhile: str, engine: Engine) -> Iterator[None]:
    """Do the block as the only one who does `act`; Conflict, with what to do, for whoever comes meanwhile."""
    key = func.hashtextextended(f"only: {act}", 0)
    if says_limits_each_transaction(engine):
        with engine.connect() as connection:
            connection.execute(UNHURRIED)
            if not connection.scalar(select(func.pg_try_advisory_xact_lock(key))):
                raise Conflict(meanwhile)
            yield
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.scalar(select(func.pg_try_advisory_lock(key))):
            raise Conflict(meanwhile)
        try:
            yield
        finally:
            with suppress(OperationalError):  # the line broke, and the lock is gone with it
                connection.scalar(select(func.pg_advisory_unlock(key)))
