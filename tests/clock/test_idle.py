"""A clock that waits for its next round holds no transaction open: the database's cleaning would stand still."""

import time
from pathlib import Path

import psycopg
from sqlalchemy.orm import Session

from app.config import Settings
from app.core.embedded import Embedded
from app.messages.monitoring import heartbeats, holding
from tests.clock.running import clock, until
from tests.messages.people import INVITED

OPEN = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND usename = 'svar_app'
    AND state LIKE 'idle in transaction%%' AND now() - xact_start > interval '1 second'
"""
ALL = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND usename = 'svar_app'"


def test_f50_a_clock_that_waits_holds_no_transaction_open(
    session: Session, server: Embedded, settings: Settings, tmp_path: Path
) -> None:
    heartbeats.beat(holding.REMEMBERING, INVITED)
    holding.remember(settings.instance, INVITED)
    session.commit()
    name = [settings.database_url.partition("@/")[2].partition("?")[0]]
    address = server.url("postgres", "postgres").replace("+psycopg", "")
    with clock(settings, tmp_path / "time"), psycopg.connect(address, autocommit=True) as admin:
        first_beat = heartbeats.last().get("plan")
        session.rollback()

        def has_planned() -> bool:
            beat = heartbeats.last().get("plan")
            session.rollback()
            return beat != first_beat

        until(has_planned)
        time.sleep(2)
        assert admin.execute(ALL, name).fetchone() > (1,)  # type: ignore[operator]
        seen = []
        for _ in range(5):
            seen.append(admin.execute(OPEN, name).fetchone())
            time.sleep(0.1)
    assert (0,) in seen
