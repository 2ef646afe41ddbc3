"""The typed rows are the shapes: the same columns in the same order, of the kinds that the shapes say."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, get_args, get_type_hints

import pytest

from app.exports import codebook, rows, shapes
from app.exports.tables import Kind, Shape
from tests.some import some

TYPES: dict[type, Kind] = {
    int: Kind.INTEGER,
    Decimal: Kind.DECIMAL,
    bool: Kind.BOOLEAN,
    date: Kind.DATE,
    datetime: Kind.INSTANT,
}
"""Whatever else a field is (a text, a member of a closed set) is written as text."""

PAIRS: list[tuple[Any, Shape]] = [
    (rows.ParticipantRow, shapes.PARTICIPANTS),
    (rows.AssessmentRow, shapes.ASSESSMENTS),
    (rows.AnswerRow, shapes.ANSWERS),
    (rows.ScoreRow, shapes.SCORES),
    (rows.MessageRow, shapes.MESSAGES),
    (rows.EventRow, shapes.EVENTS),
]


@pytest.mark.parametrize(("row", "shape"), [*PAIRS, (codebook.CodebookRow, codebook.SHAPE)])
def test_a_row_has_the_columns_of_its_shape(row: Any, shape: Shape) -> None:
    assert row._fields == shape.names


@pytest.mark.parametrize(("row", "shape"), PAIRS)
def test_a_row_has_the_kinds_of_its_shape(row: Any, shape: Shape) -> None:
    hints = get_type_hints(row)
    for column in some(shape.columns):
        (kind,) = set(get_args(hints[column.name]) or (hints[column.name],)) - {type(None)}
        assert TYPES.get(kind, Kind.TEXT) is column.kind, column.name


def test_every_table_that_leaves_has_its_row() -> None:
    assert tuple(shape for _, shape in PAIRS) == shapes.SHAPES
