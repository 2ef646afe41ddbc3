"""The database is not waited for without end: each connection has limits, long work has longer ones."""

from collections.abc import Mapping
from dataclasses import replace

import click
import psycopg
import pytest
from psycopg import errors
from sqlalchemy import text
from sqlalchemy.exc import InternalError, NoSuchTableError, OperationalError, ProgrammingError, TimeoutError
from sqlalchemy.orm import Session

from app import create_app
from app.cli.told import tell
from app.config import Settings
from app.core.database import db
from app.core.patience import LIMITS, LONG, is_busy, is_held, startup_options, unhurried
from app.core.problems import Unavailable
from tests.factories import put_away

MINUTES = {"lock_timeout": "5s", "statement_timeout": "30s", "idle_in_transaction_session_timeout": "1min"}
"""The limits as PostgreSQL tells them."""


def options() -> Mapping[str, str]:
    return {name: str(db.session.scalar(text(f"SHOW {name}"))) for name in LIMITS}


@pytest.mark.parametrize("prepared", [True, False], ids=["direct", "behind a pooler"])
def test_every_transaction_has_its_limits(settings: Settings, prepared: bool) -> None:
    app = create_app(replace(settings, prepared_statements=prepared))
    with app.app_context():
        for _ in range(2):
            assert options() == MINUTES
            db.session.rollback()
    put_away(app)


def test_what_nobody_waits_for_may_take_long_and_waits_for_rows_no_longer_than_others(session: Session) -> None:
    with unhurried():
        assert options() == {"lock_timeout": "5s", **LONG}
        session.rollback()
    assert options() == MINUTES


def test_a_look_without_a_transaction_is_left_alone(session: Session) -> None:
    session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
    with unhurried():
        assert options() == MINUTES


@pytest.mark.parametrize(
    ("given", "ends"),
    [("", "-c idle_in_transaction_session_timeout=60s"), ("-c lock_timeout=1s", "=60s -c lock_timeout=1s")],
)
def test_what_the_operators_address_says_comes_last_and_so_counts(given: str, ends: str) -> None:
    assert startup_options(given).startswith("-c lock_timeout=5s -c statement_timeout=30s")
    assert startup_options(given).endswith(ends)


BY_DRIVER = [
    (errors.LockNotAvailable, True, True),
    (errors.DeadlockDetected, True, True),
    (errors.SerializationFailure, True, True),
    (errors.QueryCanceled, False, True),
    (errors.TooManyConnections, False, True),
    (errors.IdleInTransactionSessionTimeout, False, True),
    (errors.AdminShutdown, False, False),
    (errors.ConnectionFailure, False, False),
    (errors.UniqueViolation, False, False),
    (psycopg.OperationalError, False, False),
]


@pytest.mark.parametrize(("error", "held", "busy"), BY_DRIVER)
def test_busy_and_held_are_told_from_away_and_wrong(error: type[psycopg.Error], held: bool, busy: bool) -> None:
    wrapped = OperationalError("SELECT 1", {}, error())
    assert (is_held(wrapped), is_busy(wrapped)) == (held, busy)


@pytest.mark.parametrize(
    ("error", "busy"),
    [
        (TimeoutError("no connection within ten seconds"), True),
        (InternalError("SELECT 1", {}, errors.IdleInTransactionSessionTimeout()), True),
        (ProgrammingError("SELECT 1", {}, errors.UndefinedTable()), False),
        (NoSuchTableError("x"), False),
        (ValueError("55P03"), False),
        (Unavailable("x"), False),
    ],
)
def test_only_the_database_is_ever_busy(error: Exception, busy: bool) -> None:
    assert is_busy(error) is busy
    assert not is_held(error)


def test_a_command_may_take_its_time(session: Session) -> None:
    seen: list[Mapping[str, str]] = []
    command = click.Command("ask", callback=lambda: seen.append(options()))
    tell(command)
    assert command.callback is not None
    command.callback()
    assert seen == [{"lock_timeout": "5s", **LONG}]


def test_a_command_that_meets_somebody_says_what_to_do(session: Session) -> None:
    def meet() -> None:
        raise OperationalError("SELECT 1", {}, errors.LockNotAvailable())

    command = click.Command("meet", callback=meet)
    tell(command)
    assert command.callback is not None
    with pytest.raises(click.ClickException, match="Somebody else is at work"):
        command.callback()
