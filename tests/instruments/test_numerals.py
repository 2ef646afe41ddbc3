"""Numbers as hands type them, and the one form in which they are kept."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.instruments.numerals import canonical, typed_number

TYPED: list[tuple[str, int | Decimal | None, int | Decimal | None]] = [
    # what was typed; the number where decimals are allowed, and where they are not
    ("6", 6, 6),
    (" 8 ", 8, 8),
    ("\u00a08\n", 8, 8),
    ("+73", 73, 73),
    ("-1", -1, -1),
    ("073", 73, 73),
    ("000", 0, 0),
    ("999999999", 999999999, 999999999),
    ("9999999999", None, None),
    ("37,5", Decimal("37.5"), None),
    ("37.5", Decimal("37.5"), None),
    ("+0,50", Decimal("0.50"), None),
    ("-0.1", Decimal("-0.1"), None),
    ("6.0", Decimal("6.0"), None),
    ("1.123456789", Decimal("1.123456789"), None),
    ("1.1234567890", None, None),
    ("1234567890.5", None, None),
    ("37,5,1", None, None),
    ("1.000,5", None, None),
    (".5", None, None),
    ("5.", None, None),
    ("6 6", None, None),
    ("- 6", None, None),
    ("--6", None, None),
    ("", None, None),
    (" ", None, None),
    ("six", None, None),
    ("1e1", None, None),
    ("0x6", None, None),
    ("NaN", None, None),
    ("Infinity", None, None),
    ("1_000", None, None),
    ("٦", 6, 6),
    ("٣٧٫٥", Decimal("37.5"), None),
    ("\u22121", -1, -1),
    ("\u207b3", -3, -3),
    ("﹣3", -3, -3),
    ("＋5", 5, 5),
    ("﹢5", 5, 5),
    ("५", 5, 5),
    ("𝟗", 9, 9),
    ("5、5", Decimal("5.5"), None),
    ("5。5", Decimal("5.5"), None),
    ("5،5", Decimal("5.5"), None),
    ("5｡5", Decimal("5.5"), None),
    ("0000000005", None, None),
    ("\u200b7\u00a0", 7, 7),
    ("6²", None, None),
    ("½", None, None),
    ("9" * 5000, None, None),
]


@pytest.mark.parametrize(("text", "with_decimals", "without"), TYPED)
def test_a_number_that_a_hand_typed_is_read_as_meant(
    text: str, with_decimals: int | Decimal | None, without: int | Decimal | None
) -> None:
    for decimals, number in ((True, with_decimals), (False, without)):
        read = typed_number(text, decimals=decimals)
        assert (read, type(read)) == (number, type(number))


KEPT: list[tuple[int | Decimal | str | None, int | str | None]] = [
    # a value, the form in which it is kept
    (7, 7),
    (None, None),
    ("7.50", "7.50"),
    ("", ""),
    (Decimal(37), 37),
    (Decimal("37.0"), 37),
    (Decimal("-0.0"), 0),
    (Decimal("1E+2"), 100),
    (Decimal("37.50"), "37.5"),
    (Decimal("0.10"), "0.1"),
    (Decimal("-2.25"), "-2.25"),
    (Decimal("1E-7"), "0.0000001"),
    (Decimal("123456789.123456789"), "123456789.123456789"),
]


@pytest.mark.parametrize(("value", "kept"), KEPT)
def test_a_number_is_kept_in_one_form(value: int | Decimal | str | None, kept: int | str | None) -> None:
    form = canonical(value)
    assert (form, type(form)) == (kept, type(kept))


@given(st.decimals(-(10**9), 10**9, allow_nan=False, places=9))
def test_the_kept_form_is_the_same_number_whatever_its_zeros(number: Decimal) -> None:
    form = canonical(number)
    assert form is not None
    assert Decimal(form) == number
    assert canonical(Decimal(f"{number:.9f}")) == canonical(number.normalize()) == form
