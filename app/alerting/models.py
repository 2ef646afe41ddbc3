"""Who of the staff was told of which task or week, and what came of it: the ledgers of alerts and digests."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.core.audit import audited
from app.core.database import Base
from app.participants.models import Participant, Task
from app.studies.models import Site, Study


class AlertState(StrEnum):
    """What became of an alert: it waits, it left, or nobody had to be told any more."""

    WAITING = "waiting"
    SENT = "sent"
    CALLED_OFF = "called off"


class SiteDigest(Base):
    """One member of staff is told of a week at her site (or, without one, at all); the unique key makes "once" true."""

    __tablename__ = "site_digests"
    __table_args__ = (
        UniqueConstraint("user_id", "study_id", "site_id", "week", postgresql_nulls_not_distinct=True),
        CheckConstraint("sent_at IS NULL OR called_off_at IS NULL", name="ends_once"),
        Index("ix_site_digests_waiting", "id", postgresql_where=text("sent_at IS NULL AND called_off_at IS NULL")),
        {"info": audited()},
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship()
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"), index=True)
    study: Mapped[Study] = relationship()
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    site: Mapped[Site | None] = relationship()
    week: Mapped[date]
    """Its Monday."""
    mark: Mapped[UUID] = mapped_column(unique=True, server_default=text("gen_random_uuid()"))
    """Of the mail's Message-ID."""
    raised_at: Mapped[datetime]
    not_before: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    """Since when a clock sends it; where nothing came of that, nobody knows whether it left."""
    sent_at: Mapped[datetime | None]
    called_off_at: Mapped[datetime | None]
    failure: Mapped[str | None] = mapped_column(String(60))


class StaffAlert(Base):
    """One member of staff is told of one task, for the first time or once more; the unique key makes "once" true."""

    __tablename__ = "staff_alerts"
    __table_args__ = (
        UniqueConstraint("task_id", "user_id", "number"),
        CheckConstraint("sent_at IS NULL OR called_off_at IS NULL", name="ends_once"),
        Index("ix_staff_alerts_waiting", "id", postgresql_where=text("sent_at IS NULL AND called_off_at IS NULL")),
        {"info": audited()},
    )

    participant_id: Mapped[int] = mapped_column(ForeignKey("participants.id"), index=True)
    participant: Mapped[Participant] = relationship()
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id"))
    task: Mapped[Task] = relationship()
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship()
    number: Mapped[int]
    """Which time she is told of it."""
    mark: Mapped[UUID] = mapped_column(unique=True, server_default=text("gen_random_uuid()"))
    """Of the mail's Message-ID: sent once more, it is the same mail."""
    raised_at: Mapped[datetime]
    not_before: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    sent_at: Mapped[datetime | None]
    called_off_at: Mapped[datetime | None]
    failure: Mapped[str | None] = mapped_column(String(60))
    """Of what the last try failed: the kind of error."""

    @property
    def state(self) -> AlertState:
        """What became of it."""
        if self.sent_at is not None:
            return AlertState.SENT
        return AlertState.WAITING if self.called_off_at is None else AlertState.CALLED_OFF
