"""One row per export that was written, so that a missed night is seen and made up for; one per download of it."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, SmallInteger, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.audit import audited
from app.core.database import Base
from app.participants.models import Participant
from app.studies.models import Study


class Snapshot(Base):
    """An export of a study as it was on one local date."""

    __tablename__ = "snapshots"
    __table_args__ = (UniqueConstraint("study_id", "day"), {"info": audited()})

    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    study: Mapped[Study] = relationship()
    day: Mapped[date]
    as_of: Mapped[datetime]
    path: Mapped[str] = mapped_column(Text)
    manifest_sha256: Mapped[str] = mapped_column(String(64))
    handed_on_sha256: Mapped[str | None] = mapped_column(String(64))
    """The manifest of what the site's own command was last given; see `app.exports.handing_on`."""
    hand_on_tries: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    hand_on_from: Mapped[datetime | None]
    """The command is not run again before."""


class Download(Base):
    """Somebody took a file of an export away: who, what and when. Append only."""

    __tablename__ = "downloads"
    __table_args__ = {"info": audited()}  # noqa: RUF012

    snapshot_id: Mapped[int] = mapped_column(ForeignKey("snapshots.id"), index=True)
    snapshot: Mapped[Snapshot] = relationship()
    manifest_sha256: Mapped[str | None] = mapped_column(String(64))
    """Of which export of that day; the version before did not say."""
    file: Mapped[str] = mapped_column(String(100))
    downloaded_by: Mapped[str] = mapped_column(String(60))
    downloaded_at: Mapped[datetime]


class RowsRead(Base):
    """A program was given rows about participants: who, what, how many, of how many people, when. Append only."""

    __tablename__ = "rows_read"
    __table_args__ = {"info": audited()}  # noqa: RUF012

    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"), index=True)
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("participants.id"), index=True)
    """Whose rows they all were, where they were one person's."""
    participant: Mapped[Participant | None] = relationship()
    what: Mapped[str] = mapped_column(String(40))
    rows: Mapped[int]
    participants: Mapped[int]
    sites: Mapped[list[str]] = mapped_column(JSONB)
    """Those that the token could see."""
    read_by: Mapped[str] = mapped_column(String(60))
    token_prefix: Mapped[str] = mapped_column(String(16))
    read_at: Mapped[datetime]
