"""Which life of the database this is: it names itself anew when it is restored, and knows where that life began.

A back-up is a copy of a database as it was; what has happened since (texts that left, numbers that sequences gave out)
happened in another life. The name is random and drawn at the first start and after each restore. The place, as
PostgreSQL tells it, is another one for whatever was loaded from a dump, recovered from an archive or taken over by a
standby, also where nobody said so: then the database is not where its life began.
"""

import secrets
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ColumnElement, String, create_engine, func, literal_column, select, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.audit import UNAUDITED, audited
from app.core.database import Base, choice, db, lock

PLACE: ColumnElement[str] = literal_column(
    "(SELECT concat_ws('/', system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8),"
    " (SELECT oid FROM pg_database WHERE datname = current_database()), to_regclass('public.alembic_version')::oid)"
    " FROM pg_control_system())"
)
"""The cluster, its timeline, the database in it and a table in that: a restore of any kind changes one of them."""

FAR = 1_000_000
"""So far ahead sequences begin after a restore: no number that was given out in the life before is given out again."""
SEQUENCES = text("SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences ORDER BY 1")
AHEAD = text("SELECT setval(CAST(:name AS regclass), nextval(CAST(:name AS regclass)) + :far)")


class Because(StrEnum):
    """Why a life of the database began."""

    INSTALLED = "installed"
    RESTORED = "restored"


class Incarnation(Base):
    """A life of the database: its random name, where and why it began, and from when on the one before is lost."""

    __tablename__ = "incarnations"
    __table_args__ = {"info": audited()}  # noqa: RUF012

    mark: Mapped[str] = mapped_column(String(32), unique=True)
    because: Mapped[Because] = mapped_column(choice(Because, length=20))
    home: Mapped[str] = mapped_column(String(120))
    """The place where it began. A trigger of the trail has a variable `place`, so no audited column may."""
    lost_from: Mapped[datetime | None]
    """When the back-up was made: what happened later is known to the provider and to people, not to us."""
    released_at: Mapped[datetime | None]
    """When somebody had looked what had left, and let texts leave again."""
    begun_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_participant_id: Mapped[int | None] = mapped_column(BigInteger)
    """Who was enrolled last before others may have been, who are forgotten (`participants/codes`); 0: nobody was."""


class ClockDisk(Base):
    """How far a clock has counted with this database; its disk keeps the same count (`messages/monitoring/holding`)."""

    __tablename__ = "clock_disks"
    __table_args__ = {"info": UNAUDITED}  # noqa: RUF012

    mark: Mapped[str] = mapped_column(String(32), unique=True)
    """The disk's name: random, and drawn where the clock first remembered anything."""
    count: Mapped[int] = mapped_column(BigInteger)
    counted_at: Mapped[datetime]


def place() -> str:
    """Where this database is, as PostgreSQL tells it."""
    return str(db.session.scalar(select(PLACE)))


def newest() -> Incarnation | None:
    """The present life, once it has been named."""
    return db.session.scalar(select(Incarnation).order_by(Incarnation.id.desc()).limit(1))


def present() -> Incarnation:
    """The present life; the first one is named here, by whoever asks first."""
    named = newest()
    if named is None:
        lock("incarnation")
        named = newest() or begin(Because.INSTALLED)
    return named


def begin(because: Because, lost_from: datetime | None = None) -> Incarnation:
    """A new life begins here and now."""
    begun = Incarnation(mark=secrets.token_hex(16), because=because, home=place(), lost_from=lost_from)
    db.session.add(begun)
    db.session.flush()
    return begun


def last_participants() -> list[int]:
    """Of each life before which people may have been enrolled who are forgotten, the last who is not; in order."""
    at_restores = Incarnation.last_participant_id.is_not(None)
    query = select(Incarnation.last_participant_id).where(at_restores).order_by(Incarnation.id)
    return [last or 0 for last in db.session.scalars(query)]


def marks() -> list[str]:
    """The names of all its lives, the present one first."""
    return list(db.session.scalars(select(Incarnation.mark).order_by(Incarnation.id.desc())))


def move_sequences(owner_url: str) -> int:
    """Let every sequence go on far ahead, as the owner of them all; returns how many there are."""
    engine = create_engine(owner_url)
    try:
        with engine.begin() as connection:
            names = list(connection.scalars(SEQUENCES))
            for name in names:
                connection.execute(AHEAD, {"name": name, "far": FAR})
    finally:
        engine.dispose()
    return len(names)
