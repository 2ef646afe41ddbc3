"""Stretches of time: how they are written, and where they lead."""

from datetime import date, timedelta

import pytest

from app.studies.protocol.spans import Offset, Span, Unit, about, added, day_after, hours, offset, plain, times

MONTHS, HOURS = Unit.MONTHS, Unit.HOURS
WRITTEN = [
    (7, 7), (-7, -7), (0, 0), ("7d", 7), ("+7d", 7), ("-7d", -7), ("2w", 14), ("-2w", -14), ("0d", 0),
    ("3m", Span(3, MONTHS)), ("-1m", Span(-1, MONTHS)), ("5y", Span(60, MONTHS)), ("+4h", Span(4, HOURS)),
    ("", None), ("4", None), ("h", None), ("4 h", None), ("4H", None), ("4s", None), ("1.5h", None), ("--4h", None),
    ("4h30", None), (True, None), (None, None), ([4], None), ("four", None), ("１d", None),
]  # fmt: skip


@pytest.mark.parametrize(("written", "meant"), WRITTEN)
def test_a_stretch_of_time_is_a_number_and_a_unit(written: object, meant: Offset | None) -> None:
    assert offset(written) == meant


LEADS = [
    # from, by, to
    (date(2026, 3, 1), 0, date(2026, 3, 1)),
    (date(2026, 3, 1), -1, date(2026, 2, 28)),
    (date(2026, 11, 30), Span(3, MONTHS), date(2027, 2, 28)),
    (date(2027, 11, 30), Span(3, MONTHS), date(2028, 2, 29)),
    (date(2026, 1, 31), Span(1, MONTHS), date(2026, 2, 28)),
    (date(2026, 1, 31), Span(2, MONTHS), date(2026, 3, 31)),
    (date(2026, 1, 31), Span(-2, MONTHS), date(2025, 11, 30)),
    (date(2026, 1, 15), Span(-1, MONTHS), date(2025, 12, 15)),
    (date(2026, 12, 31), Span(12, MONTHS), date(2027, 12, 31)),
    (date(2028, 2, 29), Span(12, MONTHS), date(2029, 2, 28)),
    (date(2026, 12, 1), Span(1, MONTHS), date(2027, 1, 1)),
]


@pytest.mark.parametrize(("start", "distance", "end"), LEADS)
def test_months_lead_to_the_same_day_or_to_the_last_of_a_month_without_it(
    start: date, distance: Offset, end: date
) -> None:
    assert day_after(start, distance) == end


def test_hours_lead_from_an_instant_and_from_no_day() -> None:
    assert hours(Span(36, HOURS)) == timedelta(hours=36)
    with pytest.raises(ValueError, match="leads from an instant"):
        day_after(date(2026, 1, 1), Span(4, HOURS))


@pytest.mark.parametrize("distance", [4, Span(4, MONTHS)])
def test_what_is_no_span_of_hours_is_not_taken_for_one(distance: Offset) -> None:
    with pytest.raises(ValueError, match="not counted in hours"):
        hours(distance)


TOGETHER = [
    (7, 3, 10), (0, Span(3, MONTHS), Span(3, MONTHS)), (Span(3, MONTHS), 0, Span(3, MONTHS)),
    (Span(3, MONTHS), Span(9, MONTHS), Span(12, MONTHS)), (7, Span(3, MONTHS), None),
    (Span(3, HOURS), Span(3, MONTHS), None),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second", "both"), TOGETHER)
def test_only_what_is_counted_alike_is_added(first: Offset, second: Offset, both: Offset | None) -> None:
    assert added(first, second) == both


def test_a_series_is_a_multiple_of_its_step() -> None:
    assert [times(14, 3), times(Span(3, MONTHS), 4)] == [42, Span(12, MONTHS)]


@pytest.mark.parametrize("distance", [0, 7, -7, Span(3, MONTHS), Span(-4, HOURS)])
def test_what_is_written_back_is_read_as_the_same(distance: Offset) -> None:
    assert offset(plain(distance)) == distance


@pytest.mark.parametrize(("shorter", "longer"), [(Span(1, HOURS), 1), (29, Span(1, MONTHS)), (Span(12, MONTHS), 366)])
def test_stretches_of_different_units_are_ordered(shorter: Offset, longer: Offset) -> None:
    assert about(shorter) < about(longer)
