"""Baseline is the last answer before the first infusion was given."""

from datetime import UTC, datetime, timedelta

import pytest

from app.responses.baseline import after_first_dose, baseline

GIVEN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("hours", "given", "expected"),
    [
        ([-48, -1], GIVEN, -1),  # the last of two before
        ([-1, 1], GIVEN, -1),  # a later one does not take its place
        ([0], GIVEN, None),  # at the very instant is after
        ([1, 2], GIVEN, None),
        ([], GIVEN, None),
        ([-48, -1], None, None),  # planned, not given: nothing has begun
    ],
)
def test_baseline(hours: list[int], given: datetime | None, expected: int | None) -> None:
    found = baseline([GIVEN + n * HOUR for n in hours], given)
    assert found == (None if expected is None else GIVEN + expected * HOUR)


def test_an_answer_after_the_infusion_is_flagged() -> None:
    assert not after_first_dose(GIVEN - HOUR, GIVEN)
    assert after_first_dose(GIVEN, GIVEN)
    assert after_first_dose(GIVEN + HOUR, GIVEN)
    assert not after_first_dose(GIVEN + HOUR, None)
