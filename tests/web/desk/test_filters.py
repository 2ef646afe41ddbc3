"""How staff pages write instants, days, states and sums: in a named zone, in words, a dash for what is not there."""

from collections import Counter
from datetime import UTC, date, datetime

import pytest
from flask import Flask

from app.studies.models import Site
from app.web.desk import filters
from app.web.language import speak

OSLO, NUUK = "Europe/Oslo", "America/Nuuk"
MORNING = datetime(2026, 5, 14, 7, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 5, 13, 22, 0, tzinfo=UTC)
"""Of Oslo."""
NEW_YEAR = datetime(2025, 12, 31, 23, 0, tzinfo=UTC)
"""The same."""


@pytest.mark.parametrize(
    ("at", "zone", "written", "short"),
    [
        (None, OSLO, "–", "–"),
        (MORNING, OSLO, "Thu 14 May 2026, 09:00", "14 May 2026, 09:00"),
        (MORNING, "UTC", "Thu 14 May 2026, 07:00", "14 May 2026, 07:00"),
        (MIDNIGHT, OSLO, "Thu 14 May 2026, 00:00", "14 May 2026, 00:00"),
        (MIDNIGHT, NUUK, "Wed 13 May 2026, 21:00", "13 May 2026, 21:00"),
        (NEW_YEAR, OSLO, "Thu 1 Jan 2026, 00:00", "1 Jan 2026, 00:00"),
    ],
)
def test_an_instant_is_written_on_the_clocks_of_its_zone(
    at: datetime | None, zone: str, written: str, short: str
) -> None:
    assert filters.moment(at, zone) == written
    assert filters.short(at, zone) == short


@pytest.mark.parametrize(
    ("at", "zone", "from_day", "to_day"),
    [
        (None, OSLO, "–", "–"),
        (MORNING, OSLO, "Thu 14 May 2026, 09:00", "Thu 14 May 2026, 09:00"),
        (MIDNIGHT, OSLO, "Thu 14 May 2026", "Wed 13 May 2026"),
        (MIDNIGHT, NUUK, "Wed 13 May 2026, 21:00", "Wed 13 May 2026, 21:00"),  # no midnight there
        (NEW_YEAR, OSLO, "Thu 1 Jan 2026", "Wed 31 Dec 2025"),
        (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), OSLO, "Sun 29 Mar 2026", "Sat 28 Mar 2026"),  # a day of 23 hours
        (datetime(2026, 3, 29, 22, 0, tzinfo=UTC), OSLO, "Mon 30 Mar 2026", "Sun 29 Mar 2026"),
    ],
)
def test_a_window_of_whole_days_is_said_in_days(at: datetime | None, zone: str, from_day: str, to_day: str) -> None:
    assert filters.from_day(at, zone) == from_day
    assert filters.to_day(at, zone) == to_day


@pytest.mark.parametrize(
    ("on", "written"),
    [(None, "–"), (date(2026, 5, 14), "Thu 14 May 2026"), (date(2026, 1, 1), "Thu 1 Jan 2026")],
)
def test_a_day_is_written_with_its_weekday(on: date | None, written: str) -> None:
    assert filters.day(on) == written


@pytest.mark.parametrize(
    ("share", "written"),
    [(None, "–"), (0.0, "0 %"), (1.0, "100 %"), (0.934, "93 %"), (2 / 3, "67 %"), (0.005, "0 %"), (0.006, "1 %")],
)
def test_a_share_is_written_in_whole_hundredths(share: float | None, written: str) -> None:
    assert filters.percent(share) == written


@pytest.mark.parametrize(
    ("count", "english", "bokmal"),
    [
        (0, "0 bytes", "0 byte"),
        (1, "1 byte", "1 byte"),
        (68, "68 bytes", "68 byte"),
        (1300, "1.3 kB", "1,3 kB"),
        (45_000_000, "45 MB", "45 MB"),
        (2_500_000_000, "2.5 GB", "2,5 GB"),
    ],
)
def test_a_file_is_as_large_as_its_reader_says_it(app: Flask, count: int, english: str, bokmal: str) -> None:
    for language, written in (("en", english), ("nb", bokmal)):
        with app.test_request_context():
            speak(language)
            assert filters.size(count).replace("\xa0", " ") == written


@pytest.mark.parametrize(("code", "words"), [("not_due", "not due"), ("late", "late"), ("a_b_c", "a b c"), ("", "")])
def test_a_code_is_read_as_words(code: str, words: str) -> None:
    assert filters.words(code) == words


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("nb", "Norwegian (bokmål)"),
        ("nn", "Norwegian (nynorsk)"),
        ("en", "English"),
        ("da", "Danish"),
        ("pl", "Polish"),
        ("se", "Northern Sami"),
    ],
)
def test_a_language_has_its_name_whichever_it_is(code: str, name: str) -> None:
    assert filters.language_names([code]) == [(code, name)]


def test_options_are_pairs_of_what_is_sent_and_what_is_read() -> None:
    assert filters.pairs(["a", "b"]) == [("a", "a"), ("b", "b")]
    assert filters.site_names([Site(code="02", name="Second")]) == [("02", "02 Second")]
    assert filters.event_names({"first_dose": {"nb": "Dose", "en": "First dose"}, "stop": {"nb": "Stopp"}}) == [
        ("first_dose", "First dose"),
        ("stop", "Stopp"),
    ]


@pytest.mark.parametrize(
    ("kind", "state", "total"),
    [
        (None, None, 10),
        ("invitation", None, 7),
        (None, "failed", 5),
        ("invitation", "failed", 4),
        ("test", None, 0),
        (None, "unknown", 0),
    ],
)
def test_a_table_of_counts_is_summed_by_row_and_column(kind: str | None, state: str | None, total: int) -> None:
    counts = Counter({
        ("invitation", "delivered"): 3, ("invitation", "failed"): 4,
        ("reminder-1", "delivered"): 2, ("reminder-1", "failed"): 1,
    })  # fmt: skip
    assert filters.total(counts, kind, state) == total
