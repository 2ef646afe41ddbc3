"""What PostgreSQL writes of a table is what our own writer would write of it, byte by byte."""

import random
import re
from io import BytesIO

import pytest
from hypothesis import given as tried
from hypothesis import strategies as st
from sqlalchemy import ARRAY, Text, bindparam, cast, func, literal, select
from sqlalchemy.orm import Session

from app.exports.copying import copy, copy_out
from app.exports.csv_files import csv, harmless
from app.exports.dataset import opened
from app.exports.formatting import guarded
from app.exports.shapes import SHAPES
from app.exports.tables import Column, Kind, Shape, table
from app.instruments import definition
from app.participants import enrolment
from app.studies.models import Study
from app.studies.protocol import fields as protocol_fields
from app.studies.protocol.schema import SITE_CODE
from tests.exports.conftest import NOW
from tests.some import some

SIGNS = "a1 ;,=+-@\t\r\n\v\f'\"\u00a0\u2028\x85\uff1d\uff0bÅ.\\"
TEXTS = [
    *(
        "=1+1",
        "+cmd",
        "-x",
        "@sum",
        "\tx",
        "\rx",
        "'=1",
        "''@",
        "a;=1+1",
        "a;;=1",
        "a;-5",
        "a; @sum",
        'a;"=1"',
        "a;'=1",
    ),
    *("a\n=1", "a\r\n+1", "a\r-1", "a\t@x", "a\u2028=1", "a\v=1", "\n=1", ";=1", " =1", '"=1', "\u00a0=1", "\uff1d1+1"),
    *(
        "a;\uff0b1",
        "a\n\nb",
        "a;b",
        "1;2,-3",
        "-1\n",
        "-12",
        "-0.5",
        "7",
        "it's",
        "'tis",
        "a=b",
        "æøå",
        " kept ",
        "-",
        "-1.",
    ),
    *("01-017", "2.0", "page, with help", "--", "-1.5.2", "\\.", "NULL", "Ola (far)", "a/b:c_d", "1e5", "-1e5"),
]


def test_the_guard_of_the_database_is_that_of_python(session: Session) -> None:
    chosen = random.Random(7)
    texts = TEXTS + ["".join(chosen.choices(SIGNS, k=chosen.randint(1, 9))) for _ in range(3000)]
    given = func.unnest(cast(bindparam("texts", texts, ARRAY(Text)), ARRAY(Text))).table_valued(
        "text", with_ordinality="number", name="given"
    )
    given = given.render_derived()
    rows = session.scalars(select(guarded(cast(given.c.text, Text))).order_by(given.c.number)).all()
    wrong = [(text, got, harmless(text)) for text, got in zip(texts, rows, strict=True) if got != harmless(text)]
    assert wrong == []


def test_every_table_of_a_study_is_the_same_bytes_by_either_way(study: Study) -> None:
    with opened(study, NOW) as source:
        for shape, question in some(source.statements):
            sink = BytesIO()
            rows = copy(source.connection, shape, question, sink)
            expected = table(shape, source.connection.execute(question))
            assert sink.getvalue() == csv(expected), shape.name
            assert rows == len(expected)


@pytest.mark.parametrize(
    "text", ['say "hi", twice', "a\r\nb", " kept ", "a;b", "\\.", "\\N", "NULL", "%s %(x)s", "æøå"]
)
def test_whatever_a_text_holds_it_is_quoted_alike(session: Session, text: str) -> None:
    shape = Shape("things", (Column("word", Kind.TEXT, "ord", "word"), Column("n", Kind.INTEGER, "n", "n")), ("word",))
    sink = BytesIO()
    assert copy(session.connection(), shape, select(literal(text).label("word"), literal(1).label("n")), sink) == 1
    assert sink.getvalue() == csv(table(shape, [(text, 1)]))


def test_a_table_without_rows_has_its_heading(session: Session) -> None:
    sink = BytesIO()
    assert copy_out(session.connection(), select(literal(1).label("n")).where(literal(1) == 2), sink) == 0
    assert sink.getvalue() == b"n\n"


OF_QUESTIONNAIRES = str(definition.CODE_OF_PART.regex.pattern)
OF_A_VISIT = rf"{protocol_fields.CODE}(\.[0-9]{{1,2}})?"
CODES: dict[str, str] = {
    "study": protocol_fields.CODE, "participant": enrolment.PSEUDONYM.pattern, "site": SITE_CODE,
    "visit": OF_A_VISIT, "sent_with_visit": OF_A_VISIT,
    "instrument": OF_QUESTIONNAIRES, "item": OF_QUESTIONNAIRES,
    "score": OF_QUESTIONNAIRES, "wording_sha256": "[0-9a-f]{64}", "input_sha256": "[0-9a-f]{64}",
}  # fmt: skip
"""The rule that each name obeys before it is a row: nobody looks at it again when it leaves."""
COLUMNS_OF_CODES = {column.name for shape in SHAPES for column in shape.columns if column.is_code}


def test_only_names_that_a_rule_lets_in_leave_unguarded() -> None:
    assert CODES.keys() == COLUMNS_OF_CODES


@pytest.mark.parametrize("column", CODES)
@tried(data=st.data())
def test_no_name_that_its_rule_lets_in_is_a_formula_in_any_part(column: str, data: st.DataObject) -> None:
    name = data.draw(st.from_regex(CODES[column], fullmatch=True))
    assert harmless(name) == name


@pytest.mark.parametrize("column", CODES)
@pytest.mark.parametrize("text", TEXTS[:45])
def test_no_formula_is_let_in_as_a_name(column: str, text: str) -> None:
    if harmless(text) != text:
        assert re.fullmatch(CODES[column], text) is None
