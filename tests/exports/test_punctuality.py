"""An export is due from four, and missing from six, by the clocks of the study's own zone."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from app.exports.models import Snapshot
from app.exports.punctuality import due, is_past, missing
from app.studies.models import Study
from tests.exports.conftest import NOW


@pytest.mark.parametrize(
    ("hour", "at", "zone", "expected"),
    [
        (4, (2026, 1, 15, 2, 59, 59), "Europe/Oslo", False),
        (4, (2026, 1, 15, 3, 0, 0), "Europe/Oslo", True),  # winter
        (4, (2026, 7, 15, 1, 59, 59), "Europe/Oslo", False),
        (4, (2026, 7, 15, 2, 0, 0), "Europe/Oslo", True),  # summer
        (4, (2026, 3, 29, 1, 59, 59), "Europe/Oslo", False),  # the night that has no 02:30
        (4, (2026, 3, 29, 2, 0, 0), "Europe/Oslo", True),
        (4, (2026, 10, 25, 2, 59, 59), "Europe/Oslo", False),  # the night that has 02:30 twice
        (4, (2026, 10, 25, 3, 0, 0), "Europe/Oslo", True),
        (4, (2026, 7, 15, 21, 59, 59), "Europe/Oslo", True),  # to the end of the day
        (4, (2026, 7, 15, 22, 0, 0), "Europe/Oslo", False),  # the next one has begun
        (6, (2026, 1, 15, 4, 59, 59), "Europe/Oslo", False),
        (6, (2026, 1, 15, 5, 0, 0), "Europe/Oslo", True),
        (4, (2026, 1, 14, 15, 0, 0), "Pacific/Auckland", True),
        (4, (2026, 1, 14, 14, 59, 59), "Pacific/Auckland", False),
        (4, (2026, 1, 15, 3, 59, 59), "UTC", False),
        (4, (2026, 1, 15, 4, 0, 0), "UTC", True),
    ],
)
def test_an_hour_is_past_when_the_zones_clocks_show_it(
    hour: int, at: tuple[int, int, int, int, int, int], zone: str, expected: bool
) -> None:
    assert is_past(time(hour), datetime(*at, tzinfo=UTC), ZoneInfo(zone)) is expected


@pytest.mark.parametrize(
    ("at", "is_due", "is_missing"),
    [
        (datetime(2026, 4, 7, 1, 59, 59, tzinfo=UTC), False, False),  # 03:59:59 in Oslo
        (datetime(2026, 4, 7, 2, 0, tzinfo=UTC), True, False),
        (datetime(2026, 4, 7, 3, 59, 59, tzinfo=UTC), True, False),
        (datetime(2026, 4, 7, 4, 0, tzinfo=UTC), True, True),
        (datetime(2026, 4, 7, 21, 59, 59, tzinfo=UTC), True, True),
        (datetime(2026, 4, 7, 22, 0, tzinfo=UTC), False, False),
    ],
)
def test_what_is_due_from_four_is_missing_from_six(at: datetime, is_due: bool, is_missing: bool, study: Study) -> None:
    assert due(at) == [study][:is_due]
    assert missing(at) == [study][:is_missing]


@pytest.mark.parametrize(("day", "lacks"), [(date(2026, 4, 6), True), (date(2026, 4, 7), False)])
def test_the_export_of_the_same_local_day_is_the_one_that_counts(
    day: date, lacks: bool, study: Study, session: Session
) -> None:
    session.add(Snapshot(study=study, day=day, as_of=NOW, path="/nowhere", manifest_sha256="0" * 64))
    session.flush()
    assert bool(due(NOW)) is bool(missing(NOW)) is lacks


def test_a_study_without_a_protocol_lacks_nothing_and_another_studys_export_is_not_its_own(
    study: Study, session: Session
) -> None:
    bare = Study(code="bare", title="Bare", created_at=NOW)
    session.add(bare)
    session.flush()
    session.add(Snapshot(study=bare, day=date(2026, 4, 7), as_of=NOW, path="/nowhere", manifest_sha256="0" * 64))
    session.flush()
    assert due(NOW) == missing(NOW) == [study]
