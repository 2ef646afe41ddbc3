"""Signs of life of the clock, kept where every process can see them."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Executable, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from app.core.batches import table
from app.core.database import db
from app.core.one_time import TOLERANCE
from app.core.statements import run
from app.messages.models import Heartbeat

DELIVER = "deliver"
"""The clock's job that sends."""

LEAP = timedelta(minutes=10)
"""So long may texts not have been looked at before the clock must have stood still, or its time was moved."""

FAULT = "fault "
"""Before the number of a message about which nothing could be decided: when somebody was last told."""
FAULT_KEPT = timedelta(days=2)
"""Longer than until it would be told again, if it lasted."""

FAILED = "failed "
"""Before the name of a job: when it last failed."""


def beat(job: str, now: datetime) -> None:
    """This job ran to its end."""
    run(_beating(), {"job": job, "at": now})


@cache
def _beating() -> Executable:
    row = insert(table(Heartbeat))
    return row.on_conflict_do_update(index_elements=["job"], set_={"at": row.excluded.at})


def succeed(job: str, now: datetime) -> None:
    """This job ran to its end; a failure that was noted by a time ahead of this one is no later than it."""
    beat(job, now)
    db.session.execute(update(Heartbeat).where(Heartbeat.job == FAILED + job, Heartbeat.at > now).values(at=now))


def forget(jobs: Collection[str], now: datetime) -> None:
    """Forget how jobs failed that there are no longer (readiness would complain of them for ever), and past faults."""
    kept = [FAILED + job for job in jobs]
    failures = Heartbeat.job.startswith(FAILED) & Heartbeat.job.not_in(kept)
    faults = Heartbeat.job.startswith(FAULT) & (Heartbeat.at < now - FAULT_KEPT)
    db.session.execute(delete(Heartbeat).where(failures | faults))


def tells(mark: str, every: timedelta, now: datetime) -> bool:
    """Whether somebody is to be told of this now, since nobody was for so long; noted as told if so.

    A mark from the future was made while the time was wrong: it keeps nobody from being told.
    """
    told_at = last().get(mark)
    if told_at is not None and -TOLERANCE <= now - told_at <= every:
        return False
    beat(mark, now)
    return True


def last() -> dict[str, datetime]:
    """When each job last did."""
    return dict(db.session.execute(select(Heartbeat.job, Heartbeat.at)).all())


def failing(beats: Mapping[str, datetime]) -> list[str]:
    """The jobs that failed when they were last tried."""
    tried = {job.removeprefix(FAILED): at for job, at in beats.items() if job.startswith(FAILED)}
    return sorted(job for job, at in tried.items() if job not in beats or at > beats[job])


def from_the_future(beats: Mapping[str, datetime], now: datetime) -> list[str]:
    """The marks that no right time has reached: whoever made them was ahead, or the database was set back."""
    return sorted(job for job, at in beats.items() if at - now > TOLERANCE)


def leap(now: datetime) -> timedelta | None:
    """How long ago texts were last delivered, if that is longer than a running clock can explain.

    The clock stood still, or this machine's time was moved; either way the plan is looked at before anything leaves.
    """
    ran = last().get(DELIVER)
    return now - ran if ran is not None and now - ran > LEAP else None
