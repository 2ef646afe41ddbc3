"""A job whose rows somebody holds is tried again in a moment; what nobody waits for may take its time."""

import time
from datetime import datetime

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import clock
from app.config import Settings
from app.core.database import db, transaction
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


@pytest.mark.parametrize(
    ("limit", "statement", "said"),
    [
        ("lock_timeout", "SELECT pg_advisory_xact_lock(4711)", "somebody else holds what it needs"),
        ("statement_timeout", "SELECT pg_sleep(9)", "takes too long, or finds the database too busy (OperationalError"),
        ("idle_in_transaction_session_timeout", "SELECT 1", "failed: InternalError 25P03"),
    ],
)
def test_of_a_job_that_meets_a_limit_is_said_which_and_the_next_round_goes_well(
    session: Session, gateway: SandboxGateway, settings: Settings, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture, limit: str, statement: str, said: str,
) -> None:  # fmt: skip
    def met(_: Gateway, now: datetime) -> None:
        with transaction():
            session.execute(text(f"SET LOCAL {limit} = '100ms'"))
            time.sleep(0.3)
            session.execute(text(statement))

    monkeypatch.setattr(clock, "JOB_TRIES", 1)
    with psycopg.connect(settings.database_url.replace("+psycopg", "")) as other:
        other.execute("SELECT pg_advisory_lock(4711)")
        assert not clock.run(clock.Job("met", 5, met), gateway, INVITED)
    assert said in caplog.text
    assert clock.run(clock.Job("met", 5, lambda *_: session.execute(text("SELECT 1"))), gateway, INVITED)


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
