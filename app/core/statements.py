"""Statements that are built once and run often, past the ORM, whose own work on each costs as much as theirs."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import CursorResult, Executable

from app.core.audit import declare_change
from app.core.database import db

NOTHING: Mapping[str, object] = {}


def run(statement: Executable, values: Mapping[str, object] = NOTHING) -> CursorResult[*tuple[Any, ...]]:
    """Run `statement` in the session's transaction; rows come as columns, and what the session holds is not refreshed.

    What the session was told to write goes first, and whoever acts is declared, as with `session.execute`.
    """
    session = db.session
    session.flush()
    declare_change(session, statement)
    return session.connection().execute(statement, values)
