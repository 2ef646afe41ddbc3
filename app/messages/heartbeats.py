"""Signs of life of the clock, kept where every process can see them."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core.database import db
from app.messages.models import Heartbeat


def beat(job: str, now: datetime) -> None:
    """This job ran to its end."""
    row = insert(Heartbeat).values(job=job, at=now)
    db.session.execute(row.on_conflict_do_update(index_elements=[Heartbeat.job], set_={"at": now}))


def last() -> dict[str, datetime]:
    """When each job last did."""
    return dict(db.session.execute(select(Heartbeat.job, Heartbeat.at)).all())
