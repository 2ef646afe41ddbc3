"""A job whose rows somebody holds is tried again in a moment; what nobody waits for may take its time."""

from datetime import datetime

import pytest
from psycopg import errors
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import clock
from app.core.database import db
from app.messages.gateways.gateway import Gateway
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.monitoring import heartbeats
from tests.messages.people import INVITED


@pytest.mark.parametrize(
    ("error", "times", "tried", "ran"),
    [
        (errors.LockNotAvailable, 1, 2, True),
        (errors.DeadlockDetected, 2, 3, True),
        (errors.SerializationFailure, 2, 3, True),
        (errors.LockNotAvailable, 3, 3, False),
        (errors.QueryCanceled, 1, 1, False),
        (errors.AdminShutdown, 1, 1, False),
    ],
)
def test_a_job_whose_rows_somebody_holds_is_tried_again_in_a_moment(
    session: Session,
    gateway: SandboxGateway,
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
    times: int,
    tried: int,
    ran: bool,
) -> None:
    tries: list[int] = []

    def held(_: Gateway, now: datetime) -> None:
        tries.append(len(tries))
        if len(tries) <= times:
            raise OperationalError("SELECT 1", {}, error())

    monkeypatch.setattr(clock, "JOB_PAUSE", 0)
    assert clock.run(clock.Job("held", 5, held), gateway, INVITED) is ran
    assert len(tries) == tried
    assert heartbeats.failing(heartbeats.last()) == [], "the next round asks again"
    assert ("held" in heartbeats.last()) is ran


@pytest.mark.parametrize("name", ["plan", "receipts", "hear", "queue", "explain", "expire", "seal", "export", "prune"])
def test_what_nobody_waits_for_may_take_its_time(
    session: Session, gateway: SandboxGateway, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    limits = []

    def ask(connection: Connection) -> None:
        limits.append(connection.scalar(text("SHOW statement_timeout")))

    event.listen(db.engine, "commit", ask)
    try:
        job = next(job for job in (*clock.JOBS, *clock.SLOW_JOBS) if job.name == name)
        job.run(gateway, INVITED)
    finally:
        event.remove(db.engine, "commit", ask)
    assert set(limits) == {"30min"}
