"""What a protocol tells of itself."""

from __future__ import annotations

import pytest

from tests.studies.protocol.protocols import read, small

TITLES = [
    # the code in the file, its day, what it is called
    ("d7", 7, "day 7"),
    ("baseline2", 7, "day 7"),
    ("week-seven-after-infusion", 8, "day 8"),
    ("d", 9, "day 9"),
]


@pytest.mark.parametrize(("code", "day", "title"), TITLES)
def test_a_visit_is_called_by_its_day_whatever_its_code(code: str, day: int, title: str) -> None:
    protocol = read(small(("{code: d7, day: 7,", f"{{code: {code}, day: {day},")))
    assert protocol.visit_title(code) == title


def test_a_visit_that_an_amendment_took_away_goes_by_its_code() -> None:
    assert read(small()).visit_title("baseline2") == "baseline2"
