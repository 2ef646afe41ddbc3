"""Rows that travel as one array per column arrive as they were sent, whatever is in them."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import BigInteger, ColumnElement, select
from sqlalchemy.orm import Session

from app.core.audit import acting
from app.core.batches import Batch, among, table
from app.core.batches import array as unquoted
from app.core.batches import texts as written
from app.core.statements import run
from app.studies.models import Study, StudyState

AT = datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC)


class Colour(StrEnum):
    RED = "red"


class Everything(NamedTuple):
    number: int
    text: str | None = None
    colour: Colour | None = None
    yes: bool | None = None
    share: float | None = None
    exact: Decimal | None = None
    on: date | None = None
    at: datetime | None = None


EVERYTHING = Batch(Everything, "everything")


def came_back(rows: list[Everything]) -> list[Everything]:
    given = EVERYTHING.table
    statement = select(*given.c).order_by(given.c.number)
    return [Everything(*row) for row in run(statement, EVERYTHING.values(rows))]


@pytest.mark.parametrize(
    "row",
    [
        Everything(1),
        Everything(2, text=""),
        Everything(3, text="NULL"),
        Everything(4, text='a "quoted" word, {braces}, a \\ and a \\" at the end\\'),
        Everything(5, text="line\nbreak\ttab\r\n \u00a0 blå 😀 "),
        Everything(6, colour=Colour.RED),
        Everything(7, yes=True),
        Everything(8, yes=False),
        Everything(9, share=0.1 + 0.2),
        Everything(10, exact=Decimal("0.10")),
        Everything(11, exact=Decimal("-123456789012345678901234567890.123456789")),
        Everything(12, on=date(2026, 2, 28)),
        Everything(13, at=AT),
        Everything(14, at=AT.astimezone(timezone(timedelta(hours=5, minutes=45)))),
        Everything(2**63 - 1),
    ],
    ids=lambda row: str(row.number),
)
def test_a_row_arrives_as_it_was_sent(session: Session, row: Everything) -> None:
    (back,) = came_back([row])
    assert back == row
    assert str(back.exact) == str(row.exact)


def test_rows_keep_their_columns_together_and_an_empty_batch_is_no_rows(session: Session) -> None:
    rows = [Everything(number, text=str(number) if number % 3 else None) for number in range(200)]
    assert came_back(rows) == rows
    assert came_back([]) == []


TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"))


@given(st.lists(st.none() | TEXTS))
def test_an_array_of_texts_reads_back_by_postgresqls_rules(texts: list[str | None]) -> None:
    assert read_array(written(texts)) == texts


def read_array(written: str) -> list[str | None]:
    """Elements of a one-dimensional array, by the rules of PostgreSQL's manual (8.15.6)."""
    elements: list[str | None] = []
    inside = iter(written.removeprefix("{"))
    for sign in inside:
        if sign == '"':
            element = ""
            while (sign := next(inside)) != '"':
                element += next(inside) if sign == "\\" else sign
            elements.append(element)
        elif sign == "N":
            assert [next(inside) for _ in "ULL"] == list("ULL")
            elements.append(None)
        else:
            assert sign in ",}"
    return elements


@pytest.mark.parametrize(
    ("elements", "array"),
    [
        ([], "{}"),
        ([1, -20], "{1,-20}"),
        ([1, None, 2], "{1,NULL,2}"),
        ([None], "{NULL}"),
        ([Decimal("0.10"), Decimal(3)], "{0.10,3}"),
        ([0.1, 1e300], "{0.1,1e+300}"),
        ([1, AT], "{1,2026-03-29T01:30:00.123456+00:00}"),
        ([date(2026, 3, 29)], "{2026-03-29}"),
        ([True, None, False], "{True,NULL,False}"),
    ],
)
def test_an_array_of_anything_but_texts_is_written_so(elements: list[object], array: str) -> None:
    assert unquoted(elements) == array


@pytest.mark.parametrize("beside", [["\0"], ["a", "b\0c"], [None, "\0"]])
def test_a_text_with_a_nul_is_refused_and_not_taken_for_two(beside: list[str | None]) -> None:
    with pytest.raises(ValueError, match="NUL"):
        written(beside)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        EVERYTHING.values([Everything(1, at=AT.replace(tzinfo=None))])


def test_a_field_of_no_column_type_is_refused_when_the_batch_is_made() -> None:
    class Odd(NamedTuple):
        fine: int
        odd: int | str

    with pytest.raises(TypeError, match="no column type"):
        Batch(Odd)


def test_the_columns_are_the_fields_in_their_order() -> None:
    assert list(EVERYTHING.columns) == list(Everything._fields)
    assert isinstance(EVERYTHING.columns["number"], BigInteger)


def test_rows_among_the_ids_are_found_and_no_others(session: Session) -> None:
    with acting("user:1"):
        for code in ("first", "second", "third"):
            session.add(Study(code=code, title=code, state=StudyState.SETUP, created_at=AT))
        session.commit()
    key: ColumnElement[int] = table(Study).c.id
    ids = [study.id for study in session.scalars(select(Study).order_by(Study.id))]
    query = select(table(Study).c.code).where(among(key)).order_by(key)
    assert [row.code for row in run(query, {"ids": ids[1:]})] == ["second", "third"]
    assert run(query, {"ids": []}).all() == []
