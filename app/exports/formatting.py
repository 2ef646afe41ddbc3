"""What a cell looks like in CSV, said to the database: it writes the rows of millions, and we look at none of them.

It is the form of `app.exports.csv_files`, cell for cell; the same tables of cases hold both.
"""

from typing import Any

import sqlalchemy as sql
from sqlalchemy import ColumnElement, case, cast, func

from app.exports.csv_files import GUARDED_STARTS, NUMBER
from app.exports.queries.placing import Question
from app.exports.tables import Column, Kind, Shape

SAFE_CELL = "^[0-9A-Za-zÆØÅæøå][0-9A-Za-zÆØÅæøå ._:,/()-]*$"
"""No part of such a text begins a formula, wherever it is split; most texts are of this kind."""
DATE, INSTANT = "YYYY-MM-DD", 'YYYY-MM-DD"T"HH24:MI:SS"Z"'


def as_written(shape: Shape, question: Question) -> Question:
    """The same rows in the same order, each cell a text as it stands in the file, or null."""
    plain = question.subquery("plain").c
    return sql.select(*(written(column, plain[column.name]).label(column.name) for column in shape.columns))


def written(column: Column, cell: ColumnElement[object]) -> ColumnElement[Any]:
    """One cell as it stands in the file."""
    match column.kind:
        case Kind.TEXT:
            text: ColumnElement[str] = func.nullif(cast(cell, sql.Text), "")
            return text if column.codes or column.is_code else guarded(text)
        case Kind.DECIMAL:
            return cast(func.trim_scale(cell), sql.Text)
        case Kind.DATE:
            return func.to_char(cell, DATE)
        case Kind.INSTANT:
            return func.to_char(func.timezone("UTC", cell), INSTANT)
        case Kind.INTEGER | Kind.BOOLEAN:
            return cast(cell, sql.Text)


def guarded(text: ColumnElement[str]) -> ColumnElement[str]:
    """The text as `app.exports.csv_files.harmless` leaves it."""
    harmless = text.regexp_match(SAFE_CELL) | text.regexp_match(f"^{NUMBER.pattern}$")
    return case((harmless, text), else_=func.regexp_replace(text, GUARDED_STARTS, "'", "g"))
