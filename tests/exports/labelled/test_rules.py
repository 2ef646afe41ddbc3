"""The validator: what each format holds at its limit, and the sentence that refuses one step beyond it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.exports.labelled.rules import DTA, FORMATS, SAV, XLSX, XPT5, XPT8, Format, Unwritable, check, shortened
from app.exports.labelled.sheets import Field, FieldKind, Sheet
from app.exports.tables import Cell

BY_NAME = pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.ending)


def one_field(cells: list[Cell], kind: FieldKind, name: str = "X", **more: Any) -> Sheet:
    """A sheet of a key and this field."""
    key = Field("ID", FieldKind.TEXT, "Key", [str(place) for place in range(len(cells))])
    return Sheet("things", "things", (key, Field(name, kind, more.pop("label", ""), cells, **more)), ("ID",))


def with_field(plain: Sheet, **attributes: Any) -> Sheet:
    """The sheet with its field changed."""
    return replace(plain, fields=(plain.fields[0], replace(plain.fields[1], **attributes)))


def complaint(sheet: Sheet, form: Format) -> str:
    """What the validator says; nothing if it says nothing."""
    try:
        check(sheet, form)
    except Unwritable as refusal:
        return refusal.detail
    return ""


@pytest.mark.parametrize(
    ("form", "name", "refused_for"),
    [
        (SAV, "a" * 64, ""),
        (SAV, "a" * 65, "longer than 64 bytes"),
        (SAV, "score.1", ""),
        (SAV, "score.", "not a name"),
        (SAV, "1score", "not a name"),
        (SAV, "_score", "not a name"),
        (SAV, "a b", "not a name"),
        (SAV, "", "not a name"),
        (SAV, "å", "not a name"),
        (SAV, "with", "a word of SPSS itself"),
        (SAV, "Within", ""),
        (DTA, "a" * 32, ""),
        (DTA, "a" * 33, "longer than 32 characters"),
        (DTA, "_score", ""),
        (DTA, "score.1", "not a name"),
        (DTA, "if", "a word of Stata itself"),
        (DTA, "str12", "a word of Stata itself"),
        (DTA, "string", ""),
        (DTA, "_n", "a word of Stata itself"),
        (XPT5, "ABCDEFGH", ""),
        (XPT5, "ABCDEFGHI", "longer than 8 bytes"),
        (XPT5, "value", "not a name"),
        (XPT5, "1A", "not a name"),
        (XPT5, "A.B", "not a name"),
        (XPT5, "_N_", "a word of SAS transport 5 itself"),
        (XPT8, "value_" + "a" * 26, ""),
        (XPT8, "value_" + "a" * 27, "longer than 32 bytes"),
        (XPT8, "a-b", "not a name"),
        (XLSX, "Any name at all", ""),
        (XLSX, " x", "not a name"),
    ],
)
def test_names(form: Format, name: str, refused_for: str) -> None:
    said = complaint(one_field([1], FieldKind.WHOLE, name), form)
    assert refused_for in said
    assert bool(said) is bool(refused_for)


@BY_NAME
@pytest.mark.parametrize("second", ["X", "x"])
def test_two_names_that_differ_in_capitals_alone_are_refused(form: Format, second: str) -> None:
    plain = one_field([1], FieldKind.WHOLE)
    twice = replace(plain, fields=(*plain.fields, replace(plain.fields[1], name=second)))
    assert f"The name {second} stands twice, capitals aside." in complaint(twice, form)


@pytest.mark.parametrize(
    ("form", "label", "is_held"),
    [
        (SAV, "x" * 256, True),
        (SAV, "x" * 257, False),
        (SAV, "å" * 128, True),
        (SAV, "å" * 129, False),
        (DTA, "å" * 80, True),  # counted in characters
        (DTA, "å" * 81, False),
        (XPT5, "x" * 40, True),
        (XPT5, "x" * 41, False),
        (XPT5, "å", False),
        (XPT8, "å" * 128, True),
        (XPT8, "x" * 257, False),
        (XLSX, "x" * 255, True),
        (XLSX, "x" * 256, False),
    ],
)
def test_labels(form: Format, label: str, is_held: bool) -> None:
    assert ("The label of X" in complaint(one_field([1], FieldKind.WHOLE, label=label), form)) is not is_held


@pytest.mark.parametrize(
    ("meaning", "is_held"), [("x" * 120, True), ("x" * 121, False), ("å" * 60, True), ("å" * 61, False)]
)
def test_a_meaning_in_spss_is_at_most_120_bytes(meaning: str, is_held: bool) -> None:
    for place in ("meanings", "reason_meanings"):
        said = complaint(with_field(one_field(["a"], FieldKind.CODE), **{place: {"a": meaning}}), SAV)
        assert ("The meaning of a in X is longer than 120 bytes." in said) is not is_held


@pytest.mark.parametrize(
    ("form", "text", "is_held"),
    [
        (SAV, "x" * 32_767, True),
        (SAV, "x" * 32_768, False),
        (SAV, "å" * 16_384, False),
        (DTA, "x" * 2_045, True),
        (DTA, "x" * 2_046, False),
        (DTA, "å" * 1_023, False),  # of texts Stata counts the bytes
        (XPT5, "x" * 200, True),
        (XPT5, "x" * 201, False),
        (XPT5, "blåbær", False),
        (XPT5, "\u2019", False),
        (XPT8, "blåbær", True),
        (XPT8, "x" * 32_768, False),
        (XLSX, "x" * 32_767, True),
        (XLSX, "x" * 32_768, False),
        (XLSX, "\U0001f642" * 16_384, False),  # a letter outside the first plane counts twice
        *((form, "a\x00b", False) for form in FORMATS),  # a text ends there in silence
        *((form, "a\ud800b", False) for form in FORMATS),
        *((form, "a\nb\tc", True) for form in FORMATS),
        *((form, "", True) for form in FORMATS),
    ],
)
def test_texts(form: Format, text: str, is_held: bool) -> None:
    said = complaint(one_field([text], FieldKind.TEXT), form)
    assert (said == "") is is_held
    assert is_held or "X holds a text " in said


@BY_NAME
@pytest.mark.parametrize(
    ("number", "is_held"),
    [
        (2**53, True), (2**53 + 1, False), (-(2**53), True), (-(2**53) - 1, False), (0, True),
    ],
)  # fmt: skip
def test_a_whole_number_beyond_2_to_the_53rd_would_be_another(form: Format, number: int, is_held: bool) -> None:
    assert (complaint(one_field([number], FieldKind.WHOLE), form) == "") is is_held
    assert (complaint(one_field([Decimal(number)], FieldKind.NUMBER), form) == "") is is_held


@BY_NAME
@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_refused(form: Format, number: str) -> None:
    assert "not finite" in complaint(one_field([Decimal(number)], FieldKind.NUMBER), form)


@pytest.mark.parametrize(("form", "number"), [(DTA, "1e308"), (XPT5, "9.1e74"), (XPT8, "-9.1e74")])
def test_a_number_beyond_the_formats_largest_is_refused(form: Format, number: str) -> None:
    assert "beyond the largest number" in complaint(one_field([Decimal(number)], FieldKind.NUMBER), form)


@pytest.mark.parametrize(
    ("form", "number", "is_held"),
    [
        (XPT5, "5.3e-79", False), (XPT8, "-5.3e-79", False), (XPT5, "5.5e-79", True), (SAV, "1e-79", True),
        (SAV, "1e-309", False), (DTA, "-1e-400", False), (XLSX, "1e-400", False), (XPT5, "0", True),
    ],
)  # fmt: skip
def test_a_number_that_would_become_nothing_is_refused(form: Format, number: str, is_held: bool) -> None:
    said = complaint(one_field([Decimal(number)], FieldKind.NUMBER), form)
    assert ("nearer to nothing" in said) is not is_held


@BY_NAME
@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        (True, FieldKind.WHOLE), ("1", FieldKind.WHOLE), (Decimal("1.5"), FieldKind.WHOLE), (1, FieldKind.TEXT),
        (1, FieldKind.FLAG), ("true", FieldKind.FLAG), ("2026-03-02", FieldKind.DATE), (True, FieldKind.NUMBER),
        (date(2026, 3, 2), FieldKind.TIME), (datetime(2026, 3, 2, 1), FieldKind.DATE),  # noqa: DTZ001
    ],
)  # fmt: skip
def test_a_cell_of_another_kind_than_its_field_is_refused(form: Format, cell: Cell, kind: FieldKind) -> None:
    said = "a number that is not whole" if cell == Decimal("1.5") else "X holds something that is n"
    assert said in complaint(one_field([cell], kind), form)


@BY_NAME
def test_a_zone_is_refused_because_it_would_be_dropped(form: Format) -> None:
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert "a time with a zone, which would be dropped" in complaint(one_field([at], FieldKind.TIME), form)
    assert complaint(one_field([at.replace(tzinfo=None)], FieldKind.TIME), form) == ""


@pytest.mark.parametrize(
    ("form", "day", "is_held"),
    [
        (SAV, date(1582, 10, 15), True), (SAV, date(1582, 10, 14), False), (XPT5, date(1582, 10, 14), False),
        (DTA, date(9999, 12, 31), True), (XLSX, date(1900, 3, 1), True),
        (XLSX, date(1900, 2, 28), False),  # Excel has a 29 February in 1900, and every day before it is off by one
    ],
)  # fmt: skip
def test_a_day_before_the_formats_calendar_is_refused(form: Format, day: date, is_held: bool) -> None:
    assert (complaint(one_field([day], FieldKind.DATE), form) == "") is is_held


@BY_NAME
@pytest.mark.parametrize("key", [None, "", "  "])
def test_a_row_without_a_key_is_refused_because_it_would_vanish(form: Format, key: Cell) -> None:
    plain = one_field([1, 2], FieldKind.WHOLE)
    holed = replace(plain, fields=(replace(plain.fields[0], cells=["a", key]), plain.fields[1]))
    assert "A row has no ID: rows without a key vanish" in complaint(holed, form)


@BY_NAME
def test_a_key_that_is_not_there_and_columns_that_differ_in_length_are_refused(form: Format) -> None:
    plain = one_field([1, 2], FieldKind.WHOLE)
    assert "The key Y is not among its columns." in complaint(replace(plain, key=("Y",)), form)
    short = replace(plain, fields=(plain.fields[0], replace(plain.fields[1], cells=[1])))
    assert "Its columns differ in length." in complaint(short, form)


def test_the_first_three_complaints_are_told_and_the_rest_counted() -> None:
    plain = one_field([1], FieldKind.WHOLE)
    fields = tuple(replace(plain.fields[1], name=f"{place} x") for place in range(5))
    said = complaint(replace(plain, fields=(plain.fields[0], *fields)), SAV)
    assert said.startswith("things.sav cannot be written: '0 x' is not a name in SPSS. '1 x'")
    assert said.endswith("'2 x' is not a name in SPSS. And 2 more.")


@pytest.mark.parametrize(
    ("form", "text", "longest", "kept"),
    [
        (SAV, "short", 5, "short"),
        (SAV, "longer", 5, "lo…"),
        (SAV, "blåbærøl", 8, "blåb…"),  # five bytes, and three of the ellipsis
        (SAV, "blåb", 5, "blåb"),
        (SAV, "åååå", 6, "å…"),  # never half a letter
        (SAV, "ab e\u0301xyz", 8, "ab…"),  # a letter goes with its accent
        (DTA, "åååå", 3, "åå…"),
        (DTA, "word and", 6, "word…"),
        (XPT5, "blåbær", 40, "blabaer"),
        (XPT5, "for sent – etter frist", 12, "for sent..."),
        (XPT5, "x" * 41, 40, "x" * 37 + "..."),
    ],
)
def test_a_label_is_cut_between_letters_and_says_so(form: Format, text: str, longest: int, kept: str) -> None:
    assert shortened(text, form, longest) == kept
