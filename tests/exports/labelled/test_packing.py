"""Our own packing of rows, held to what the library of the formats makes of the same cells."""

from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from app.exports.labelled.packing import number, of_mainframe, padded
from app.exports.labelled.rules import Unwritable
from app.exports.labelled.sas import SECOND
from app.exports.labelled.stata import MILLISECOND
from app.exports.tables import Cell

NUMBERS = [
    0.0, -0.0, 1.0, -1.0, 0.1, -0.1, 1 / 3, 15.0, 16.0, 17.0, 255.0, 256.0, 0.0625, 0.5, 118.0, -118.625, 100.0,
    2.0**53, -(2.0**53), 2.0**53 - 1, 4e74, -4e74, 1e-70, 5e-78, 123456789.123, 0.806, 35.5,
]  # fmt: skip
SUMMER = datetime(2026, 7, 1, 23, 59, 59)  # noqa: DTZ001 - a local time


def test_a_number_is_packed_for_sas_as_the_library_packs_it(tmp_path: Path) -> None:
    place = tmp_path / "numbers.xpt"
    pyreadstat.write_xport(pd.DataFrame({"A": NUMBERS}), str(place), file_format_version=5)
    rows = place.read_bytes()[-(-len(NUMBERS) * 8 // 80) * 80 * -1 :]
    ours = [of_mainframe(each) for each in NUMBERS]
    assert ours == [rows[at * 8 : at * 8 + 8] for at in range(len(NUMBERS))]


@pytest.mark.parametrize(
    ("cell", "tick", "expected"),
    [
        (True, SECOND, 1), (False, SECOND, 0), (7, SECOND, 7), (date(1960, 1, 1), SECOND, 0),
        (date(1959, 12, 31), MILLISECOND, -1), (date(2026, 7, 1), MILLISECOND, 24288),
        (SUMMER, SECOND, 24288 * 86400 + 86399), (SUMMER, MILLISECOND, (24288 * 86400 + 86399) * 1000),
    ],
)  # fmt: skip
def test_days_and_times_are_counted_from_1960(cell: Cell, tick: object, expected: float) -> None:
    assert number(cell, tick) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "width", "content"),
    [("", 3, b"   "), ("a", 3, b"a  "), ("a  ", 1, b"a"), ("abc", 3, b"abc"), (" a", 2, b" a"), ("ø", 3, b"\xc3\xb8 ")],
)
def test_a_text_is_filled_up(text: str, width: int, content: bytes) -> None:
    assert padded(text, width, b" ", "no") == content


@pytest.mark.parametrize(("text", "width"), [("abcd", 3), ("øø", 3)])
def test_a_text_that_is_wider_than_its_column_is_refused_and_not_cut(text: str, width: int) -> None:
    with pytest.raises(Unwritable, match="too wide"):
        padded(text, width, b" ", "too wide")
