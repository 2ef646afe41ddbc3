"""The codebook: a line for each column of each table, then one for each item and score of the study's instruments."""

from datetime import UTC, datetime

import pytest

from app.exports.codebook import CodebookRow, codebook
from app.exports.manifest import AuditHead
from app.exports.shapes import SHAPES
from app.exports.tables import Dataset, Kind, table
from app.instruments import instrument, instruments
from tests.some import some

CODES = sorted(each.code for each in instruments())


def asking(*codes: str) -> Dataset:
    """An empty study that asks these."""
    return Dataset(
        study="trial", as_of=datetime(2026, 4, 7, tzinfo=UTC), tables=tuple(table(shape, []) for shape in SHAPES),
        protocols=(), instruments=tuple(map(instrument, codes)), schema_version="1",
        audit=AuditHead(entry=None, sha256=None, seal=None),
    )  # fmt: skip


def rows_of(*codes: str) -> list[CodebookRow]:
    """The codebook of an empty study that asks these."""
    return [CodebookRow(*row) for row in codebook(asking(*codes)).rows]  # type: ignore[arg-type]


def row_of(code: str, item: str, of: str = "answers") -> CodebookRow:
    (row,) = [row for row in rows_of(code) if (row.instrument, row.item, row.table) == (code, item, of)]
    return row


def test_columns_come_first_in_the_order_of_the_tables() -> None:
    columns = [(shape.name, column.name) for shape in SHAPES for column in shape.columns]
    assert [(row.table, row.column) for row in rows_of()] == columns


def test_a_column_has_its_kind_labels_codes_and_unit() -> None:
    rows = {(row.table, row.column): row for row in rows_of()}
    state = rows["events", "state"]
    assert (state.type, state.label_nb, state.label_en) == ("text", "Status", "State")
    late = rows["assessments", "minutes_late"]
    assert (late.type, late.unit, late.label_en) == ("integer", "minutes", "Minutes after closing")


@pytest.mark.parametrize("code", CODES)
def test_every_item_and_score_has_one_line_in_its_own_order(code: str) -> None:
    questionnaire = instrument(code)
    lines = [(row.table, row.column, row.item) for row in rows_of(code) if row.instrument == code]
    items = [("answers", "value", item.code) for item in questionnaire.items]
    assert lines == items + [("scores", "value", score.name) for score in questionnaire.scores]


@pytest.mark.parametrize("code", CODES)
def test_every_line_has_labels_and_the_version_of_its_instrument(code: str) -> None:
    for row in some(row for row in rows_of(code) if row.instrument == code):
        assert row.label_nb
        assert row.label_en
        assert row.instrument_version == instrument(code).version


@pytest.mark.parametrize(
    ("code", "item", "kind", "minimum", "maximum", "unit"),
    [
        ("odi", "lifting", Kind.INTEGER, None, None, None),
        ("nrs_leg", "leg", Kind.INTEGER, 0, 10, None),
        ("sick_leave", "days", Kind.INTEGER, 0, 28, "days"),
        ("sick_leave", "since", Kind.DATE, None, None, None),
        ("medication", "other_text", Kind.TEXT, None, None, None),
        ("background", "pain_years", Kind.DECIMAL, 0, 80, "years"),
    ],
)
def test_an_item_has_its_kind_limits_and_unit(
    code: str, item: str, kind: Kind, minimum: int | None, maximum: int | None, unit: str | None
) -> None:
    row = row_of(code, item)
    assert (row.type, row.minimum, row.maximum, row.unit) == (kind, minimum, maximum, unit)


def test_words_stand_where_the_licence_lets_them_and_terms_where_it_does_not() -> None:
    free = instrument("nrs_leg").wording("nb").item("leg").text
    assert row_of("nrs_leg", "leg").label_nb == free
    assert row_of("odi", "lifting").label_nb == row_of("odi", "lifting").label_en == "ODI01-Lifting"


def test_a_score_says_its_ends_and_which_of_them_is_better() -> None:
    row = row_of("odi", "odi", of="scores")
    assert (row.type, row.minimum, row.maximum, row.unit, row.better) == ("decimal", 0, 100, "%", "lower")
    assert (row.label_nb, row.label_en) == ("odi odi", "odi odi")


def test_terms_of_cdisc_and_loinc_stand_where_there_are_any() -> None:
    row = row_of("nrs_lbp_week", "now")
    assert (row.cdisc_category, row.cdisc_code, row.cdisc_name) == ("PI", "PI0101", "PI01-Pain Intensity")
    assert row.loinc == "72514-3"
    plain = row_of("sick_leave", "days")
    lifting = row_of("odi", "lifting")  # the terms are of 2.1a, and this is 2.0
    assert (lifting.cdisc_category, lifting.cdisc_code, lifting.cdisc_name) == ("ODI V2.0", None, None)
    assert row_of("odi", "odi", of="scores").cdisc_category == "ODI V2.0"
    assert (plain.cdisc_category, plain.cdisc_code, plain.cdisc_name, plain.loinc) == (None,) * 4
