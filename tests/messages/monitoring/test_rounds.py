"""When it has been too long since a job of the clock ran to its end."""

from datetime import UTC, datetime, timedelta

import pytest

from app import clock
from app.messages.monitoring import rounds

NOW = datetime(2027, 1, 4, 11, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def test_every_job_has_its_period() -> None:
    assert {job.name: job.seconds for job in (*clock.JOBS, *clock.SLOW_JOBS)} == rounds.SECONDS


@pytest.mark.parametrize(
    ("job", "ran", "failed", "late"),
    [
        ("deliver", 0, None, False),
        ("deliver", 15, None, False),
        ("deliver", 180, None, False),  # it may be at work, and has not failed
        ("deliver", 180.1, None, True),
        ("deliver", 15, 0, False),  # it failed, but within three periods it ran
        ("deliver", 15.1, 0, True),
        ("deliver", 15.1, 20, False),  # it failed, and ran since
        ("deliver", None, None, True),
        ("deliver", None, 0, True),
        ("plan", 180, 0, False),
        ("plan", 180.1, 0, True),
        ("sweep", 1800, None, False),
        ("sweep", 1800.1, None, True),
        ("sweep", 1800, 0, False),
        ("export", 181, 0, True),
        ("export", 1800, None, False),  # a large study takes its time
        ("export", 1800.1, None, True),
        ("analyse", 3600, None, False),
        ("analyse", 3600.1, None, True),
        ("analyse", 1800.1, 0, True),
        ("deliver", -60, None, False),
        ("deliver", -60.1, None, True),  # a sign of life from the future is none
    ],
)
def test_a_job_is_late_after_three_periods(job: str, ran: float | None, failed: float | None, late: bool) -> None:
    beats = dict.fromkeys(rounds.SECONDS, NOW) | ({} if failed is None else {f"failed {job}": ago(failed)})
    beats = {**beats, job: ago(ran)} if ran is not None else {key: at for key, at in beats.items() if key != job}
    assert rounds.overdue(beats, NOW) == [job] * late
    assert rounds.silent(beats, NOW) == [job] * (late and ran is not None)


def test_of_telling_itself_nobody_is_told() -> None:
    assert rounds.overdue({job: NOW for job in rounds.SECONDS if job != "tell"}, NOW) == []
