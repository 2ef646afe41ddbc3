"""What was written is what the dataset holds, read back cell by cell; and nothing is in it that must not be."""

import csv as csv_library
import io
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.crypto import keyring
from app.exports.codebook import codebook
from app.exports.codes import codes
from app.exports.csv_files import csv, harmless, harmless_cells, unguarded
from app.exports.dataset import dataset
from app.exports.shapes import SHAPES
from app.exports.tables import Cell, Column, Kind, Shape, Table, table
from app.schedule.links import token
from app.schedule.models import Assessment
from app.studies.models import Study
from tests.exports.builders import NAME, PHONE, exported, parquet_of
from tests.exports.conftest import NOW
from tests.some import some

PARSERS: dict[Kind, Any] = {
    Kind.TEXT: unguarded,
    Kind.INTEGER: int,
    Kind.DECIMAL: Decimal,
    Kind.BOOLEAN: {"true": True, "false": False}.__getitem__,
    Kind.DATE: date.fromisoformat,
    Kind.INSTANT: datetime.fromisoformat,
}


def from_csv(content: bytes, shape: Shape) -> list[list[Cell]]:
    frame = pd.read_csv(io.BytesIO(content), dtype="string", keep_default_na=False, na_values=[""])
    assert tuple(frame.columns) == shape.names
    return [
        [None if pd.isna(text) else PARSERS[column.kind](text) for text in frame[column.name]]
        for column in shape.columns
    ]


def from_parquet(content: bytes, shape: Shape) -> list[list[Cell]]:
    frame = pd.read_parquet(io.BytesIO(content), dtype_backend="numpy_nullable")
    assert tuple(frame.columns) == shape.names
    return [[_plain(column.kind, cell) for cell in frame[column.name]] for column in shape.columns]


def _plain(kind: Kind, cell: Any) -> Cell:
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return None
    if kind is Kind.INSTANT:
        return pd.Timestamp(cell).to_pydatetime()
    plain: Cell = Decimal(repr(float(cell))) if kind is Kind.DECIMAL else cell
    return plain


def test_both_formats_give_the_dataset_back(study: Study) -> None:
    data = dataset(study, NOW)
    for each in some(data.tables):
        expected = [list(cells) for cells in each.cells]
        assert from_csv(csv(each), each.shape) == expected
        assert from_parquet(parquet_of(each), each.shape) == expected


def test_two_writings_of_the_same_data_are_the_same_bytes(study: Study) -> None:
    first, second = exported(study, NOW), exported(study, NOW)
    assert first.files == second.files
    assert first.manifest_bytes == second.manifest_bytes


def test_f20_no_identifier_and_no_token_is_in_any_byte(study: Study, session: Session) -> None:
    made = exported(study, NOW)
    somebody = dataset(study, NOW).table("participants").column("participant")
    links = [token(assessment) for assessment in session.scalars(select(Assessment).order_by(Assessment.id))]
    assert links
    secrets = [PHONE, PHONE[1:], NAME, *NAME.split(), keyring().fingerprint(PHONE).hex(), *links]
    everything = b"".join(made.files.values()) + made.manifest_bytes
    assert str(somebody[0]) in everything.decode("latin-1")
    assert [secret for secret in secrets if str(secret).encode() in everything] == []


def test_no_column_could_hold_an_arm() -> None:
    names = {name for shape in SHAPES for name in shape.names} - {"randomised_on"}
    assert not [name for name in names if re.search("arm|alloc|group|random", name)]


SHAPE = Shape(
    "things",
    (
        Column("word", Kind.TEXT, "ord", "word"),
        Column("number", Kind.DECIMAL, "tall", "number"),
        Column("count", Kind.INTEGER, "antall", "count"),
    ),
    ("word",),
)


def things(*rows: tuple[Any, ...]) -> Table:
    return table(SHAPE, rows)


@pytest.mark.parametrize("first", ["=1+1", "+cmd", "-x", "@sum", "\tx", "\rx", "'=1", "''@"])
def test_f27_no_text_is_taken_for_a_formula_and_each_comes_back(first: str) -> None:
    single = things((first, Decimal("-1.50"), -3))
    assert harmless(first) == f"'{first}"
    assert from_csv(csv(single), SHAPE) == [[first], [Decimal("-1.5")], [-3]]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a;=1+1", "a;'=1+1"),
        ("a;;=1", "a;;'=1"),
        ("a;-5", "a;'-5"),
        ("a; @sum", "a;' @sum"),
        ('a;"=1"', 'a;\'"=1"'),
        ("a;'=1", "a;''=1"),
        ("a\n=1", "a\n'=1"),
        ("a\r\n+1", "a\r\n'+1"),
        ("a\r-1", "a\r'-1"),
        ("a\t@x", "a\t'@x"),
        ("a\u2028=1", "a\u2028'=1"),
        ("a\v=1", "a\v'=1"),
        ("\n=1", "'\n'=1"),
        (";=1", ";'=1"),
        (" =1", "' =1"),
        ('"=1', "'\"=1"),
        ("\u00a0=1", "'\u00a0=1"),
        *((f"{blank}=1", f"'{blank}=1") for blank in "\u1680\u2003\u200b\u200e\u202f\u205f\u2060\u3000\ufeff"),
        ("a;\u3000\uff1d1", "a;'\u3000\uff1d1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("a;\uff0b1", "a;'\uff0b1"),
        ("a\n\nb", "a\n\nb"),
        ("a;b", "a;b"),
        ("1;2,-3", "1;2,-3"),
        ("-1\n", "'-1\n"),
    ],
)
def test_f27_a_part_that_a_norwegian_spreadsheet_would_take_for_a_formula_is_guarded(text: str, written: str) -> None:
    assert harmless(text) == written
    assert unguarded(written) == text


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("\uff1d1", "'\uff1d1"),
        ("a;-x", "a;'-x"),
        ("-1,5", "-1,5"),  # a number, as who asked for a decimal comma reads it
        ("-1.5", "-1.5"),
        ("-1,5;=1", "'-1,5;'=1"),
        (-3, -3),
        (None, None),
    ],
)
def test_f27_a_row_for_the_librarys_writer_holds_no_formula(cell: object, written: object) -> None:
    assert harmless_cells(["01-001", cell]) == ["01-001", written]


def norwegian(content: bytes) -> list[str]:
    """The cells as a Norwegian Excel cuts them: at semicolons; a quotation mark counts at the start of a cell alone."""
    lines = content.decode().replace("\r", "\n").split("\n")
    return [cell for line in lines for cell in next(csv_library.reader([line], delimiter=";"), [])]


@given(st.text("a1 ;,=+-@\t\r\n'\"\u00a0\u200b\uff1d", max_size=12), st.text(";=\n\"'a", max_size=6))
def test_f27_no_cell_begins_a_formula_however_it_is_cut_and_every_text_comes_back(first: str, second: str) -> None:
    made = csv(things((f"01{first}", None, 1), (second, None, 2)))
    for cell in norwegian(made):
        for part in cell.split("\t"):
            assert not part.strip(' \u00a0\u200b"').startswith(("=", "+", "-", "@", "\uff1d")), made
    assert [unguarded(harmless(text)) for text in (first, second)] == [first, second]
    assert from_csv(made.replace(b"\r", b"<r>"), SHAPE)[2] == [1, 2]


@pytest.mark.parametrize(
    "text", ["-12", "-0.5", "7", "it's", "'tis", "a=b", "æøå", " kept ", 'say "hi", twice', "a\r\nb"]
)
def test_f27_other_texts_and_plain_numbers_are_left_alone(text: str) -> None:
    assert harmless(text) == text
    word, *_ = from_csv(csv(things((text, None, 1))), SHAPE)
    assert word == [text]


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("35.500000", "35.5"), ("40", "40"), ("1E+2", "100"), ("0E-10", "0"), ("-0", "0"), ("-0.453", "-0.453"),
        ("33.333333", "33.333333"), ("0.000001", "0.000001"),
    ],
)  # fmt: skip
def test_decimals_are_written_in_the_one_shortest_way(number: str, written: str) -> None:
    assert csv(things(("a", Decimal(number), 1))) == f"word,number,count\na,{written},1\n".encode()


def test_the_bytes_of_a_csv_file() -> None:
    made = csv(things(("a,b", None, None), ("", Decimal(1), 2)))
    assert made == b'word,number,count\n"a,b",,\n,1,2\n'


def test_an_empty_table_keeps_its_columns_and_types() -> None:
    assert csv(things()) == b"word,number,count\n"
    frame = pd.read_parquet(io.BytesIO(parquet_of(things())))
    assert (list(frame.columns), len(frame)) == (["word", "number", "count"], 0)


def test_the_codebook_explains_every_column_in_both_languages(study: Study) -> None:
    data = dataset(study, NOW)
    book = codebook(data)
    explained = set(zip(book.column("table"), book.column("column"), strict=True))
    assert explained == {(each.name, name) for each in data.tables for name in each.shape.names}
    assert all(book.column("label_nb"))
    assert all(book.column("label_en"))


def test_every_code_that_occurs_is_in_the_table_of_codes(study: Study) -> None:
    data = dataset(study, NOW)
    listed = set(zip(*(codes(data).column(name) for name in ("table", "column", "code")), strict=True))
    coded = [(each, column) for each in data.tables for column in each.shape.columns if column.codes]
    for written, column in some(coded):
        codes_listed = {code for table, name, code in listed if (table, name) == (written.name, column.name)}
        assert set(written.column(column.name)) - {None} <= codes_listed, column.name


def test_the_codebook_names_items_and_scores_with_their_terms(study: Study) -> None:
    book = codebook(dataset(study, NOW))
    named = {(row[2], row[3]): dict(zip(book.shape.names, row, strict=True)) for row in book.rows if row[2]}
    lifting = named["odi", "lifting"]
    assert (lifting["cdisc_category"], lifting["cdisc_code"]) == ("ODI V2.0", None)
    assert lifting["label_nb"] == "ODI01-Lifting"  # the licence keeps the words
    score = named["odi", "odi"]
    assert (score["table"], score["maximum"], score["unit"], score["better"]) == ("scores", 100, "%", "lower")
    answered = set(
        zip(*(dataset(study, NOW).table("answers").column(name) for name in ("instrument", "item")), strict=True)
    )
    assert answered <= set(named)
