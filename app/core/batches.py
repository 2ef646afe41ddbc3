"""Many rows in one statement: each column travels as one array, and PostgreSQL reads the arrays as a table.

Beside `executemany` this is one round trip and one plan, and the audit's triggers run once per table and not once per
row (`python -m bench.rows` measures it). One text per column is quicker to make and to read than JSON, which names
every column in every row, and than the driver's own arrays, which are made element by element.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from types import NoneType
from typing import Any, Generic, TypeVar, get_args, get_type_hints
from typing import cast as cast_type

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    Float,
    Numeric,
    Table,
    Text,
    bindparam,
    cast,
    column,
    func,
)
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.types import TypeEngine

from app.core.database import Base
from app.core.time import UTCDateTime

Row = TypeVar("Row", bound=tuple[Any, ...])
SEPARATOR = "\0"
WRITTEN_BARE = {int, float, Decimal}
"""Types that are written as they are."""
SQL_TYPES: dict[type, TypeEngine[Any]] = {
    bool: Boolean(),
    int: BigInteger(),
    float: Float(),
    Decimal: Numeric(),
    datetime: UTCDateTime(),
    date: Date(),
    str: Text(),
}


class Batch(Generic[Row]):
    """Rows of one `NamedTuple`, whose fields are the columns: `table` in a statement, `values(rows)` to run it."""

    def __init__(self, kind: type[Row], name: str = "new") -> None:
        self.name = name
        self.columns = {name: _sql_type(hint) for name, hint in get_type_hints(kind).items()}

    @cached_property
    def table(self) -> TableValuedAlias:
        """The rows in a statement that is built once, whatever their number."""
        arrays = [cast(bindparam(self._key(name), type_=Text()), ARRAY(kind)) for name, kind in self.columns.items()]
        columns = [column(name, kind) for name, kind in self.columns.items()]
        return func.unnest(*arrays).table_valued(*columns, name=self.name).render_derived()

    def values(self, rows: Sequence[Row]) -> dict[str, str]:
        """The parameters that carry `rows`."""
        elements = zip(*rows, strict=True) if rows else ((),) * len(self.columns)
        return {
            self._key(name): texts(column) if isinstance(kind, Text) else array(column)
            for (name, kind), column in zip(self.columns.items(), elements, strict=True)
        }

    def _key(self, name: str) -> str:
        return f"{self.name}_{name}"


def among(column_: ColumnElement[int], ids: str = "ids") -> ColumnElement[bool]:
    """That `column_` is one of the parameter `ids`: said beside a batch, whose length the planner cannot know, it
    lets a few rows be found by their key instead of by reading the table."""
    return column_ == func.any(bindparam(ids, type_=ARRAY(BigInteger)))


def table(model: type[Base]) -> Table:
    """The table of a model, for statements built once and run with parameters."""
    return cast_type(Table, model.__table__)


def array(elements: Sequence[object]) -> str:
    """A PostgreSQL array of anything but texts, as it is written: `{1,2,NULL}`."""
    if set(map(type, elements)) <= WRITTEN_BARE:
        return "{" + ",".join(map(str, elements)) + "}"
    return "{" + ",".join(["NULL" if element is None else _bare(element) for element in elements]) + "}"


def texts(elements: Sequence[str | None]) -> str:
    """A PostgreSQL array of texts: `{"a","b",NULL}`. They are quoted all at once, held apart by what no text can be."""
    given = [element for element in elements if element is not None]
    quoted = SEPARATOR.join(given).replace("\\", "\\\\").replace('"', '\\"').split(SEPARATOR) if given else []
    if len(quoted) != len(given):
        raise ValueError("PostgreSQL keeps no text with a NUL in it")
    if len(given) == len(elements):
        return '{"' + '","'.join(quoted) + '"}' if quoted else "{}"
    remaining = iter(quoted)
    return "{" + ",".join(["NULL" if element is None else f'"{next(remaining)}"' for element in elements]) + "}"


def _bare(element: object) -> str:
    if not isinstance(element, datetime):
        return str(element)
    if element.tzinfo is None:
        raise ValueError(f"{element!r} has no time zone; instants are aware and UTC")
    return element.isoformat()


def _sql_type(hint: object) -> TypeEngine[Any]:
    """The column's type; a closed set of words (StrEnum) is a text."""
    kinds = [kind for kind in get_args(hint) or (hint,) if kind is not NoneType]
    for kind, sql_type in SQL_TYPES.items():
        if len(kinds) == 1 and isinstance(kinds[0], type) and issubclass(kinds[0], kind):
            return sql_type
    raise TypeError(f"{hint} has no column type; a batch takes {', '.join(kind.__name__ for kind in SQL_TYPES)}")
