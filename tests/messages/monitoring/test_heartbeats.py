"""The marks of the clock's jobs: who failed last, what comes from the future."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.messages.monitoring import heartbeats

NOW = datetime(2027, 1, 4, 11, tzinfo=UTC)
DAYS = timedelta(days=2)


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
