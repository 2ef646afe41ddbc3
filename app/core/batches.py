"""Many rows in one statement: values handed to PostgreSQL as one JSON parameter and read there as a table."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from typing import cast as cast_type

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Table,
    Text,
    bindparam,
    cast,
    column,
    func,
    literal,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.selectable import TableValuedAlias

from app.core.database import Base


def recordset(rows: Sequence[Mapping[str, Any]], **types: Any) -> TableValuedAlias:
    """`rows` as a table of the columns `types`, whatever their number, under one compiled statement."""
    return recordset_of(literal(as_json(rows), Text), **types)


def recordset_of(payload: ColumnElement[str], **types: Any) -> TableValuedAlias:
    """The same of a parameter whose value comes later, for statements that are built once."""
    columns = [column(name, kind) for name, kind in types.items()]
    return func.jsonb_to_recordset(cast(payload, JSONB)).table_valued(*columns).render_derived(with_types=True)


def among(column_: ColumnElement[int], ids: str = "ids") -> ColumnElement[bool]:
    """That `column_` is one of the parameter `ids`: said beside a recordset, whose length the planner cannot know, it
    lets a few rows be found by their key instead of by reading the table."""
    return column_ == func.any(bindparam(ids, type_=ARRAY(BigInteger)))


def as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """What `recordset_of` reads."""
    return json.dumps(rows, default=_plain)


def table(model: type[Base]) -> Table:
    """The table of a model, for statements built once and run with parameters."""
    return cast_type(Table, model.__table__)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} does not go into a batch")
