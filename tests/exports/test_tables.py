"""Each cell has one form, whatever the database gave."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from app.exports.tables import Cell, Column, Kind, Shape, each_once, table
from app.schedule.models import State

AT = datetime(2026, 3, 2, 10, 30, 15, 999_999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "cell", "tidy"),
    [
        (Kind.TEXT, "odi", "odi"),
        (Kind.TEXT, "", None),
        (Kind.TEXT, None, None),
        (Kind.TEXT, " ", " "),
        (Kind.TEXT, "0", "0"),
        (Kind.TEXT, State.NOT_DUE, "not_due"),
        (Kind.INTEGER, 0, 0),
        (Kind.INTEGER, -3, -3),
        (Kind.INTEGER, None, None),
        (Kind.DECIMAL, Decimal("35.500"), Decimal("35.5")),
        (Kind.DECIMAL, Decimal("4E+1"), Decimal("40")),
        (Kind.DECIMAL, Decimal("-0.00"), Decimal("0")),
        (Kind.DECIMAL, Decimal("0.1234567890123456789"), Decimal("0.1234567890123456789")),
        (Kind.DECIMAL, None, None),
        (Kind.BOOLEAN, False, False),
        (Kind.BOOLEAN, True, True),
        (Kind.BOOLEAN, None, None),
        (Kind.DATE, date(2026, 3, 2), date(2026, 3, 2)),
        (Kind.DATE, None, None),
        (Kind.INSTANT, AT, datetime(2026, 3, 2, 10, 30, 15, tzinfo=UTC)),  # cut off, not rounded
        (Kind.INSTANT, None, None),
    ],
)
def test_a_cell_is_tidied_by_its_kind(kind: Kind, cell: Cell, tidy: Cell) -> None:
    made = table(Shape("things", (Column("thing", kind, "ting", "thing"),), ("thing",)), [(cell,)])
    assert made.rows == ((tidy,),)
    assert str(made.rows[0][0]) == str(tidy)
    assert type(made.rows[0][0]) is type(tidy)


PAIR = Shape("pairs", (Column("a", Kind.INTEGER, "a", "a"), Column("b", Kind.TEXT, "b", "b")), ("a",))


def test_a_table_is_rows_and_columns_of_the_same_cells() -> None:
    made = table(PAIR, [(1, "x"), (2, "y"), (3, "x")])
    assert (made.name, len(made)) == ("pairs", 3)
    assert made.column("b") == ("x", "y", "x")
    assert made.rows == ((1, "x"), (2, "y"), (3, "x"))


def test_a_table_without_rows_has_its_columns() -> None:
    made = table(PAIR, [])
    assert (len(made), made.cells, made.rows, made.column("a")) == (0, ((), ()), (), ())


@pytest.mark.parametrize("rows", [[(1, "x"), (2,)], [(1,)], [(1, "x", 2)]])
def test_a_row_of_another_width_is_refused(rows: list[tuple[Cell, ...]]) -> None:
    with pytest.raises(ValueError, match="zip"):
        table(PAIR, rows)


def test_what_repeats_itself_is_changed_once() -> None:
    changed: list[Cell] = []

    def change(cell: Cell) -> str:
        changed.append(cell)
        return f"<{cell}>"

    assert list(each_once(change, ["a", "b", "a", None, "a"])) == ["<a>", "<b>", "<a>", "<None>", "<a>"]
    assert len(changed) == 3
