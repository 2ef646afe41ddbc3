"""Digits and signs of any keyboard, as they are read: a table, and that nothing plain is ever changed."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.instruments.plain_signs import plain

READ = [
    ("٠١٢٣٤٥٦٧٨٩", "0123456789"),  # Arabic-Indic
    ("۰۱۲۳۴۵۶۷۸۹", "0123456789"),  # extended: Persian, Urdu
    ("०१२३४५६७८९", "0123456789"),  # Devanagari
    ("０１２３４５６７８９", "0123456789"),  # full width
    ("๐๑๒ ០១២ ၀၁၂ ০১২", "012 012 012 012"),  # Thai, Khmer, Burmese, Bengali
    ("𝟗𝟿", "99"),  # of mathematics
    ("7\ufe0f\u20e3", "7"),  # a keycap
    ("\u22123 \u20133 \u20113 －3", "-3 -3 -3 -3"),
    ("＋3", "+3"),
    ("٦٫٥", "6,5"),
    ("6，5 6．5 6。5", "6,5 6.5 6.5"),
    ("6، 8؛ 5", "6, 8; 5"),
    ("1\u00a02\u202f3\u20094\u30005", "1 2 3 4 5"),
    ("\u200b7\u200e\u2060\ufeff\u00ad\u202c", "7"),
    ("2026‑05‑14", "2026-05-14"),
    ("٠٩：٣٠", "09:30"),
    ("2² ½ ⑦ Ⅷ 七 ৴", "2² ½ ⑦ Ⅷ 七 ৴"),  # numbers that are no digits stay
    ("01–017 Åse", "01-017 Åse"),
    ("", ""),
]


@pytest.mark.parametrize(("typed", "read"), READ)
def test_what_was_typed_is_read_in_plain_signs(typed: str, read: str) -> None:
    assert plain(typed) == read


def test_every_digit_of_every_script_is_one_of_ten() -> None:
    digits = [chr(point) for point in range(sys.maxunicode) if unicodedata.category(chr(point)) == "Nd"]
    assert len(digits) > 600
    assert [plain(digit) for digit in digits] == [str(int(digit)) for digit in digits]


@given(st.text())
def test_reading_twice_changes_nothing(text: str) -> None:
    assert plain(plain(text)) == plain(text)


@given(st.text(st.characters(max_codepoint=127)))
def test_what_is_plain_is_left_alone(text: str) -> None:
    assert plain(text) == text
