"""How often each job of the clock is asked, and when it has been too long since one ran to its end."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from app.core.one_time import TOLERANCE
from app.messages.monitoring.heartbeats import DELIVER, FAILED
from app.messages.monitoring.holding import REMEMBERING

COURTESY, EXPORT, HAND_ON, ANALYSE, TELLING_JOB = "courtesy", "export", "hand-on", "analyse", "tell"

SECONDS: Mapping[str, int] = {
    "plan": 60,
    "receipts": 5,
    "hear": 5,
    "queue": 30,
    DELIVER: 5,
    COURTESY: 15,
    "reconcile": 30,
    "mailbox": 60,
    "redact": 60,
    "alerts": 15,
    "hooks": 10,
    "expire": 300,
    "sweep": 600,
    "digests": 300,
    "explain": 600,
    "seal": 120,
    EXPORT: 60,
    HAND_ON: 60,
    ANALYSE: 600,
    "prune": 600,
    REMEMBERING: 30,
    "compare": 30,
    TELLING_JOB: 30,
}
WITHOUT_KEYS = frozenset({"receipts", "redact", "seal", HAND_ON, "prune", "remember", "compare", TELLING_JOB})
"""What opens, closes and signs nothing, and so runs where a key is lacking that others have."""
PERIODS = 3
AT_WORK = timedelta(minutes=3)
LONG_AT_WORK = {EXPORT: timedelta(minutes=30), HAND_ON: timedelta(hours=1), ANALYSE: timedelta(hours=1)}
"""So long may a job that has not failed be at work."""


def overdue(beats: Mapping[str, datetime], now: datetime) -> list[str]:
    """The jobs that have not run to their end within three of their periods. (Of `tell`, the others are told.)"""
    return sorted(job for job in SECONDS if job != TELLING_JOB and is_overdue(job, beats, now))


def silent(beats: Mapping[str, datetime], now: datetime) -> list[str]:
    """Those of them that have run here before."""
    return [job for job in overdue(beats, now) if job in beats]


def is_overdue(job: str, beats: Mapping[str, datetime], now: datetime) -> bool:
    """Whether it has been too long: three periods where it fails; where it does not, as long as it may be at work."""
    ran, failed = beats.get(job), beats.get(FAILED + job)
    if ran is None or ran - now > TOLERANCE:
        return True
    patience = PERIODS * timedelta(seconds=SECONDS[job])
    fails = failed is not None and failed > ran
    return now - ran > (patience if fails else max(patience, LONG_AT_WORK.get(job, AT_WORK)))
