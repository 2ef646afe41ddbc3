"""Which days are public holidays where, and which a protocol adds or drops."""

from __future__ import annotations

from datetime import date

import pytest

from app.schedule.public_holidays import holidays_at, public_holidays
from app.studies.protocol import Protocol
from tests.studies.protocol.protocols import read, small

EASTER_MONDAY, AUGUST = date(2026, 4, 6), date(2026, 8, 31)

CASES = [
    # country, part, day, whether it is one
    ("GB", None, EASTER_MONDAY, False),  # Scotland has none: this is why the part must be said
    ("GB", "ENG", EASTER_MONDAY, True),
    ("GB", "WLS", EASTER_MONDAY, True),
    ("GB", "NIR", EASTER_MONDAY, True),
    ("GB", "SCT", EASTER_MONDAY, False),
    ("GB", "ENG", AUGUST, True),
    ("GB", "NIR", AUGUST, True),
    ("GB", "SCT", AUGUST, False),
    ("GB", "SCT", date(2026, 8, 3), True),
    ("GB", "ENG", date(2026, 8, 3), False),
    ("GB", "NIR", date(2026, 3, 17), True),  # St Patrick's Day
    ("GB", "ENG", date(2026, 3, 17), False),
    ("GB", "SCT", date(2026, 11, 30), True),  # St Andrew's Day
    ("GB", "ENG", date(2026, 4, 3), True),
    ("GB", "Scotland", date(2026, 11, 30), True),
    ("DE", "BY", date(2026, 1, 6), True),  # Epiphany
    ("DE", "BE", date(2026, 1, 6), False),
    ("DE", "BY", date(2026, 6, 4), True),  # Corpus Christi
    ("DE", "HH", date(2026, 10, 31), True),  # Reformation Day
    ("DE", "BY", date(2026, 10, 31), False),
    ("ES", "CT", date(2026, 9, 11), True),
    ("ES", "MD", date(2026, 9, 11), False),
    ("ES", "MD", date(2026, 5, 2), True),
    ("US", "MA", date(2026, 4, 20), True),  # Patriots' Day
    ("US", "TX", date(2026, 4, 20), False),
    ("US", "TX", date(2026, 11, 26), True),
    ("NO", None, EASTER_MONDAY, True),
    ("NO", None, date(2026, 5, 17), True),
    ("NO", None, date(2026, 12, 24), False),
]


@pytest.mark.parametrize(("country", "part", "day", "expected"), CASES)
def test_each_part_of_a_country_has_its_own_days(country: str, part: str | None, day: date, expected: bool) -> None:
    assert (day in public_holidays(country, part)) is expected


def protocol(*changes: tuple[str, str]) -> Protocol:
    return read(small(*changes))


def test_each_site_keeps_the_holidays_of_its_own_place() -> None:
    british = protocol(
        ("country: NO", "country: GB\nsubdivision: ENG"), ('"21 23 45 61"', '"+47 21 23 45 61"'),
        ("    name: Second", "    name: Second\n    subdivision: SCT"),
    )  # fmt: skip
    assert EASTER_MONDAY in holidays_at(british, "01")
    assert EASTER_MONDAY not in holidays_at(british, "02")


def test_a_protocol_that_sends_on_all_days_waits_for_none() -> None:
    assert date(2026, 5, 17) not in holidays_at(protocol(("holidays: wait", "holidays: send")), "01")


@pytest.mark.parametrize(
    ("added", "dropped", "day", "expected"),
    [
        ("", "", date(2026, 12, 24), False),
        ("12-24", "", date(2026, 12, 24), True),
        ("12-24", "", date(2031, 12, 24), True),
        ("2026-12-24", "", date(2026, 12, 24), True),
        ("2026-12-24", "", date(2027, 12, 24), False),
        ("12-24", "2027-12-24", date(2027, 12, 24), False),  # a date goes before every year
        ("12-24", "2027-12-24", date(2028, 12, 24), True),
        ("", "05-17", date(2026, 5, 17), False),
        ("2026-05-17", "05-17", date(2026, 5, 17), True),
        ("2026-05-17", "05-17", date(2027, 5, 17), False),
        ("12-24", "05-17", date(2026, 12, 25), True),  # the others stay
        ("02-29", "", date(2028, 2, 29), True),
    ],
)
def test_a_protocol_adds_and_drops_days(added: str, dropped: str, day: date, expected: bool) -> None:
    words = f"holidays: wait, holidays_added: [{added}], holidays_dropped: [{dropped}]"
    assert (day in holidays_at(protocol(("holidays: wait", words)), "01")) is expected


def test_only_days_are_days_off() -> None:
    changed = protocol(("holidays: wait", "holidays: wait, holidays_added: [12-24]"))
    assert "12-24" not in holidays_at(changed, "01")
