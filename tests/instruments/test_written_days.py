"""A day is written in one way, whoever reads it."""

from datetime import date

import pytest

from app.instruments.written_days import written_day
from tests.odd_dates import NO_DAYS


@pytest.mark.parametrize(
    "text",
    [
        "2026-04-07",
        " 2026-04-07\n",
        "\u0662\u0660\u0662\u0666-\u0660\u0664-\u0660\u0667",  # digits of another script
        "2026\u201304\u201307",  # dashes, as Word makes them of hyphens
    ],
)
def test_a_day_is_read_whatever_keyboard_wrote_it(text: str) -> None:
    assert written_day(text) == date(2026, 4, 7)


@pytest.mark.parametrize("text", NO_DAYS)
def test_what_is_no_day_or_written_otherwise_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        written_day(text)
