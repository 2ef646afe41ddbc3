"""What the rules say of the facts that were read: lateness, baseline and its end, the local day of withdrawal."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from app.exports.reading import ParticipantFacts, ScoreFacts, minutes_late, participant_row, score_rows
from tests.responses.test_baseline import GIVEN, HOUR, SECOND, TICK

CLOSES_AT = datetime(2026, 3, 9, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "minutes"),
    [
        (timedelta(days=-3), 0),
        (-SECOND, 0),
        (timedelta(0), 0),
        (timedelta(seconds=59), 0),
        (timedelta(seconds=59, microseconds=999_999), 0),
        (timedelta(seconds=60), 1),
        (timedelta(minutes=119, seconds=59), 119),
        (timedelta(days=2), 2880),
    ],
)
def test_lateness_is_told_in_whole_minutes_after_closing(after: timedelta, minutes: int) -> None:
    assert minutes_late(CLOSES_AT + after, CLOSES_AT) == minutes


@pytest.mark.parametrize(
    ("withdrawn_at", "zone", "expected"),
    [
        (None, "Europe/Oslo", None),
        (datetime(2026, 3, 20, 22, 59, tzinfo=UTC), "Europe/Oslo", date(2026, 3, 20)),
        (datetime(2026, 3, 20, 23, 0, tzinfo=UTC), "Europe/Oslo", date(2026, 3, 21)),  # midnight in winter
        (datetime(2026, 6, 20, 21, 59, tzinfo=UTC), "Europe/Oslo", date(2026, 6, 20)),
        (datetime(2026, 6, 20, 22, 0, tzinfo=UTC), "Europe/Oslo", date(2026, 6, 21)),  # midnight in summer
        (datetime(2026, 3, 20, 23, 0, tzinfo=UTC), "UTC", date(2026, 3, 20)),
        (datetime(2026, 3, 20, 3, 0, tzinfo=UTC), "America/New_York", date(2026, 3, 19)),
    ],
)
def test_withdrawal_has_the_date_of_the_participants_own_zone(
    withdrawn_at: datetime | None, zone: str, expected: date | None
) -> None:
    facts = ParticipantFacts(
        participant="01-001", site="01", language="nb", zone=zone, enrolled_on=date(2026, 2, 1), randomised_on=None,
        anchor_on=None, anchor_at=None, treatment_stopped_on=None, withdrawn_at=withdrawn_at,
        withdrawal_reason=None, left_as=None,
    )  # fmt: skip
    row = participant_row("trial", facts)
    assert (row.study, row.participant, row.zone, row.withdrawn_on) == ("trial", "01-001", zone, expected)


def score(
    after: timedelta,
    number: int = 1,
    *,
    name: str = "odi",
    value: int | None = 20,
    value_set: str | None = None,
    instrument: str = "odi",
    given: datetime | None = GIVEN,
) -> ScoreFacts:
    """A score submitted so long after day 0 began."""
    return ScoreFacts(
        participant="01-001", site="01", visit=f"v{number}", day=number, instrument=instrument, score=name,
        value=None if value is None else Decimal(value), value_set=value_set, category=None, n_answered=10,
        missing_reason=None, rule="sum", instrument_version="2.0",
        scorer_version="1", input_sha256="0" * 64, submitted_at=GIVEN + after,
        response_id=number, anchor_at=given,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("scores", "baselines"),
    [
        ([score(-HOUR)], [True]),
        ([score(-TICK)], [True]),
        ([score(0 * HOUR)], [False]),
        ([score(HOUR)], [False]),
        ([score(-HOUR, given=None)], [False]),
        ([score(-2 * HOUR, 1), score(-HOUR, 2)], [False, True]),
        ([score(-HOUR, 1), score(HOUR, 2)], [True, False]),
        ([score(-2 * HOUR, 1), score(-HOUR, 2, value=None)], [True, False]),  # no value, no baseline
        ([score(-HOUR, 1, value=None)], [False]),
        ([score(-HOUR, 1), score(-HOUR, 2)], [False, True]),  # of the same instant, the later response
        ([score(-HOUR, 2), score(-HOUR, 1)], [True, False]),
        ([score(-2 * HOUR, 1, name="odi"), score(-HOUR, 2, name="odi_sum")], [True, True]),  # one of each score
        ([score(-2 * HOUR, 1, value_set="NO"), score(-HOUR, 2, value_set="DK")], [True, True]),  # of each value set
        ([score(-2 * HOUR, 1, value_set=None), score(-HOUR, 2, value_set="DK")], [True, True]),
        ([score(-2 * HOUR, 1, instrument="a"), score(-HOUR, 2, instrument="b")], [True, True]),  # of each instrument
        ([], []),
    ],
)
def test_one_score_of_each_measure_is_marked_as_baseline(scores: list[ScoreFacts], baselines: list[bool]) -> None:
    assert [row.baseline for row in score_rows("trial", scores)] == baselines


@pytest.mark.parametrize(
    ("after", "given", "expected"),
    [(-TICK, GIVEN, False), (0 * HOUR, GIVEN, True), (HOUR, GIVEN, True), (HOUR, None, False)],
)
def test_a_score_says_whether_it_came_after_the_end_of_baseline(
    after: timedelta, given: datetime | None, expected: bool
) -> None:
    (row,) = score_rows("trial", [score(after, given=given)])
    assert row.after_baseline_end is expected
