"""The marks of the clock's jobs: who failed last, what comes from the future."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.messages.monitoring import heartbeats

NOW = datetime(2027, 1, 4, 11, tzinfo=UTC)
DAYS = timedelta(days=2)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("failed", [NOW - DAYS, NOW, NOW + DAYS])  # the last was noted while the time was wrong
def test_a_job_that_ran_to_its_end_fails_no_longer_whenever_it_is_said_to_have_failed(
    session: Session, failed: datetime
) -> None:
    heartbeats.beat("failed queue", failed)
    heartbeats.beat("failed plan", NOW + DAYS)
    heartbeats.succeed("queue", NOW)
    beats = heartbeats.last()
    assert heartbeats.failing(beats) == ["plan"]
    assert beats["queue"] == NOW
    assert heartbeats.from_the_future(beats, NOW) == ["failed plan"]


@pytest.mark.parametrize(
    ("told_at", "tells"),
    [
        (None, True),
        (NOW, False),
        (NOW - HOUR, False),
        (NOW - 2 * HOUR, True),
        (NOW + HOUR / 90, False),
        (NOW + DAYS, True),
    ],
)
def test_who_was_told_in_a_future_that_never_came_is_told_again(
    session: Session, told_at: datetime | None, tells: bool
) -> None:
    if told_at is not None:
        heartbeats.beat("fault 7", told_at)
    assert heartbeats.tells("fault 7", HOUR, NOW) is tells
    assert heartbeats.tells("fault 7", HOUR, NOW) is False
