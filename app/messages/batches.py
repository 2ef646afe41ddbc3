"""Many rows in one statement: values handed to PostgreSQL as one JSON parameter and read there as a table."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Text, Update, bindparam, cast, column, func, literal
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.selectable import TableValuedAlias

from app.core.database import db


def recordset(rows: Sequence[Mapping[str, Any]], **types: Any) -> TableValuedAlias:
    """`rows` as a table of the columns `types`, whatever their number, under one compiled statement."""
    return _table(literal(json.dumps(rows, default=_plain), Text), types)


def recordset_named(name: str, **types: Any) -> TableValuedAlias:
    """The same for a statement that is built once: its rows come as the JSON parameter `name`."""
    return _table(bindparam(name, type_=Text()), types)


def _table(payload: Any, types: Mapping[str, Any]) -> TableValuedAlias:
    columns = [column(name, kind) for name, kind in types.items()]
    return func.jsonb_to_recordset(cast(payload, JSONB)).table_valued(*columns).render_derived(with_types=True)


def write(statement: Update) -> None:
    """Run a bulk update; the session's own copies of the rows are read anew after the commit."""
    db.session.execute(statement, execution_options={"synchronize_session": False})


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} does not go into a batch")
