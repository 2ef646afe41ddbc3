"""What a date may be: how a definition says it, what day that is, and which dates are then taken."""

from datetime import date

import pytest

from app.instruments import check_answers, instrument
from app.instruments.date_bounds import EARLIEST, LATEST, DateBound, crossed, date_bound
from app.instruments.model import Item, ItemType

TODAY = date(2026, 5, 14)

WRITTEN = [
    # as a definition writes it, the day of answering, the bound's day then
    ("2026-05-14", TODAY, date(2026, 5, 14)),
    ("2026-05-14", date(2030, 1, 1), date(2026, 5, 14)),
    ("1800-01-01", TODAY, date(1800, 1, 1)),
    ("2199-12-31", TODAY, date(2199, 12, 31)),
    ("P0D", TODAY, TODAY),
    ("-P0Y", TODAY, TODAY),
    ("-P1D", TODAY, date(2026, 5, 13)),
    ("-P4W", TODAY, date(2026, 4, 16)),
    ("-P1M", TODAY, date(2026, 4, 14)),
    ("-P5M", TODAY, date(2025, 12, 14)),
    ("-P12M", TODAY, date(2025, 5, 14)),
    ("-P120Y", TODAY, date(1906, 5, 14)),
    ("P6M", TODAY, date(2026, 11, 14)),
    ("+P8M", TODAY, date(2027, 1, 14)),
    ("+P999Y", TODAY, date(3025, 5, 14)),
    ("-P999Y", TODAY, date(1027, 5, 14)),
    ("-P1M", date(2026, 3, 31), date(2026, 2, 28)),  # a month that is shorter
    ("-P1M", date(2028, 3, 31), date(2028, 2, 29)),
    ("-P1Y", date(2028, 2, 29), date(2027, 2, 28)),
    ("-P4Y", date(2028, 2, 29), date(2024, 2, 29)),
    ("+P1M", date(2026, 12, 31), date(2027, 1, 31)),
    ("-P1M", date(2026, 1, 31), date(2025, 12, 31)),
]


@pytest.mark.parametrize(("written", "answered_on", "day"), WRITTEN)
def test_a_bound_is_a_day_or_so_far_from_the_day_of_answering(written: str, answered_on: date, day: date) -> None:
    bound = date_bound(written)
    assert bound is not None
    assert bound.on(answered_on) == day


@pytest.mark.parametrize(
    "written",
    [
        "", "today", "P", "PD", "P1", "1D", "P1000D", "-P1.5Y", "P1Y6M", "--P1D", "- P1D", "P1H", "p1d", "P1D\n", "P١D",
        "20260514", "2026-5-14", "2026-02-29", "2026-13-01", "0020-01-01", "1799-12-31", "2200-01-01", "9999-12-31",
        "٢٠٢٦-٠٥-١٤", "2026-05-14T09:00", " 2026-05-14",
    ],
)  # fmt: skip
def test_nothing_else_is_a_bound(written: str) -> None:
    assert date_bound(written) is None


CROSSED = [
    # earliest, latest, whether the first lies after the second on some day of answering
    ("2026-05-14", "2026-05-14", False),
    ("2026-05-15", "2026-05-14", True),
    ("P0D", "P0D", False),
    ("P0D", "-P1D", True),
    ("+P1D", "P0D", True),
    ("-P4W", "-P27D", False),
    ("-P4W", "-P28D", False),
    ("-P4W", "-P29D", True),
    ("-P1M", "-P28D", False),  # a month has at least 28 days
    ("-P1M", "-P29D", True),  # from March to February it has no more
    ("-P31D", "-P1M", False),
    ("-P30D", "-P1M", True),
    ("-P1Y", "-P365D", False),
    ("-P1Y", "-P366D", True),
    ("2030-01-01", "P0D", False),  # will be right in time
    ("-P1Y", "2020-01-01", False),  # was right once
]


@pytest.mark.parametrize(("earliest", "latest", "wrong"), CROSSED)
def test_bounds_that_leave_no_day_are_noticed(earliest: str, latest: str, wrong: bool) -> None:
    first, last = date_bound(earliest), date_bound(latest)
    assert first is not None
    assert last is not None
    assert crossed(first, last) is wrong


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("2026-05-14", "2026-05-14"), ("-P120Y", "-P120Y"), ("-P18M", "-P18M"), ("+P6M", "P6M"), ("P12M", "P1Y"),
        ("-P2W", "-P14D"), ("+P3D", "P3D"), ("-P0Y", "P0D"),
    ],
)  # fmt: skip
def test_a_bound_is_shown_as_it_could_have_been_written(written: str, shown: str) -> None:
    bound = date_bound(written)
    assert str(bound) == shown
    assert date_bound(shown) == bound


def test_where_nothing_is_said_a_date_lies_in_the_last_120_years() -> None:
    assert Item("since", ItemType.DATE).dates(TODAY) == (date(1906, 5, 14), TODAY)
    assert (date_bound("-P120Y"), date_bound("P0D")) == (EARLIEST, LATEST)


def test_each_end_may_be_declared_alone() -> None:
    assert Item("born", ItemType.DATE, earliest=DateBound(date(1930, 1, 1))).dates(TODAY) == (date(1930, 1, 1), TODAY)
    assert Item("next", ItemType.DATE, latest=DateBound(months=6)).dates(TODAY)[1] == date(2026, 11, 14)


GIVEN = [
    # the date of `sick_leave.since`, what is wrong with it on 14 May 2026, the limit that a page can say
    ("2026-05-14", None, {}),
    ("2026-05-13", None, {}),
    ("1906-05-14", None, {}),
    ("2024-02-29", None, {}),
    ("2026-05-15", "too_late", {"latest": TODAY}),
    ("2027-05-14", "too_late", {"latest": TODAY}),
    ("9999-12-31", "too_late", {"latest": TODAY}),
    ("1906-05-13", "too_early", {"earliest": date(1906, 5, 14)}),
    ("0020-05-14", "too_early", {"earliest": date(1906, 5, 14)}),
    ("0001-01-01", "too_early", {"earliest": date(1906, 5, 14)}),
    ("0000-05-14", "not_a_date", {}),
    ("2026-02-29", "not_a_date", {}),
    ("12026-05-14", "not_a_date", {}),
    ("-026-05-14", "not_a_date", {}),
]


@pytest.mark.parametrize(("written", "fault", "limits"), GIVEN)
def test_a_date_outside_its_bounds_is_named_with_the_bound(
    written: str, fault: str | None, limits: dict[str, date]
) -> None:
    checked = check_answers("sick_leave", {"since": written}, TODAY)
    assert checked.answers["since"] == (None if fault else written)
    assert [(problem.fault, dict(problem.limits)) for problem in checked.problems] == (
        [(fault, limits)] if fault else []
    )


def test_what_is_said_of_a_wrong_date_tells_both_ends() -> None:
    (problem,) = check_answers("sick_leave", {"since": "2062-05-14"}, TODAY).problems
    assert str(problem) == "since: 2062-05-14 is too late; give a date from 1906-05-14 to 2026-05-14"


def test_where_the_day_of_answering_is_not_known_the_calendar_alone_decides() -> None:
    assert check_answers("sick_leave", {"since": "9999-12-31"}).problems == ()
    assert [each.fault for each in check_answers("sick_leave", {"since": "9999-12-32"}).problems] == ["not_a_date"]


def test_the_shipped_dates_say_what_they_may_be() -> None:
    dates = [item for each in ("sick_leave",) for item in instrument(each).items if item.type is ItemType.DATE]
    assert [item.dates(TODAY) for item in dates] == [(date(1906, 5, 14), TODAY)]
