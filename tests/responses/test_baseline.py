"""Baseline is the last answer before the first dose was given; the same table holds the rule and what leaves by it."""

from datetime import UTC, datetime, timedelta

import pytest

from app.responses.baseline import Submission, after_baseline_end, baseline

GIVEN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR, SECOND, TICK = timedelta(hours=1), timedelta(seconds=1), timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("before_and_after", "given", "expected"),
    [
        ([], GIVEN, None),
        ([-HOUR], GIVEN, 0),
        ([-48 * HOUR, -HOUR], GIVEN, 1),  # the last of two before
        ([-HOUR, -48 * HOUR], GIVEN, 0),  # whatever their order
        ([-HOUR, HOUR], GIVEN, 0),  # a later one does not take its place
        ([-TICK], GIVEN, 0),  # the last instant before
        ([0 * HOUR], GIVEN, None),  # at the very instant is after
        ([-SECOND, 0 * HOUR], GIVEN, 0),
        ([TICK], GIVEN, None),
        ([HOUR, 2 * HOUR], GIVEN, None),
        ([-365 * 24 * HOUR], GIVEN, 0),  # however long before
        ([-HOUR, -HOUR], GIVEN, 1),  # of the same instant, the response with the higher number
        ([-48 * HOUR, -HOUR], None, None),  # planned, not given: nothing has begun
        ([], None, None),
    ],
)
def test_baseline(before_and_after: list[timedelta], given: datetime | None, expected: int | None) -> None:
    submissions = [Submission(GIVEN + after, number) for number, after in enumerate(before_and_after)]
    assert baseline(submissions, given) == (None if expected is None else submissions[expected])
    assert baseline(reversed(submissions), given) == baseline(submissions, given)


@pytest.mark.parametrize(
    ("after", "given", "expected"),
    [
        (-HOUR, GIVEN, False),
        (-TICK, GIVEN, False),
        (0 * HOUR, GIVEN, True),  # the very instant
        (TICK, GIVEN, True),
        (HOUR, GIVEN, True),
        (-HOUR, None, False),
        (HOUR, None, False),  # planned, not given
    ],
)
def test_an_answer_at_or_after_the_first_dose_is_flagged(
    after: timedelta, given: datetime | None, expected: bool
) -> None:
    assert after_baseline_end(GIVEN + after, given) is expected


@pytest.mark.parametrize("after", [-HOUR, -TICK, 0 * HOUR, TICK, HOUR])
def test_what_is_flagged_is_never_baseline_and_what_is_not_can_be(after: timedelta) -> None:
    submission = Submission(GIVEN + after, 1)
    assert (baseline([submission], GIVEN) == submission) is not after_baseline_end(submission.submitted_at, GIVEN)


NAMED = [
    # the visits answered, hour by hour; whether the anchor took place; which of them is baseline
    (["start"], False, 0),
    (["start", "later"], True, 0),
    (["later"], True, None),
    (["later", "start"], False, 1),
    ([], True, None),
]


@pytest.mark.parametrize(("visits", "took_place", "expected"), NAMED)
def test_where_baseline_is_a_visit_only_its_answer_is(
    visits: list[str], took_place: bool, expected: int | None
) -> None:
    submissions = [Submission(GIVEN + number * HOUR, number, code) for number, code in enumerate(visits)]
    ends_at = GIVEN if took_place else None
    assert baseline(submissions, ends_at, "start") == (None if expected is None else submissions[expected])
