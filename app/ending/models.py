"""What was taken away for good: who asked for it, who did it, when, why, and how much there was. Never of whom."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.audit import audited
from app.core.database import Base, choice


class ErasureKind(StrEnum):
    """What is taken away of a study."""

    CONTACTS = "contacts"
    STUDY = "study"


class Erasure(Base):
    """The certificate of something that is there no more; before it is done, the first person's word for it."""

    __tablename__ = "erasures"
    __table_args__ = (
        CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", "done_both"),
        CheckConstraint("(done_at IS NULL) = (sha256 IS NULL)", "done_sealed"),
        CheckConstraint("kind <> 'study' OR done_by <> asked_by", "two_people"),
        Index("uq_erasures_open", "kind", "study", unique=True, postgresql_where=text("done_at IS NULL")),
        {"info": audited()},
    )

    kind: Mapped[ErasureKind] = mapped_column(choice(ErasureKind))
    study: Mapped[str] = mapped_column(String(40))
    """Its code; the study itself may be gone."""
    title: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(String(60))
    asked_at: Mapped[datetime]
    done_by: Mapped[str | None] = mapped_column(String(60))
    done_at: Mapped[datetime | None]
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """What is gone: rows by table, or values by column."""
    entries: Mapped[int]
    """Entries of the audit trail whose content is gone; what remains of them says that, when and by whom."""
    remains_sha256: Mapped[str | None] = mapped_column(String(64))
    """Of what was left then of every such entry (`app.core.verifying_seals`); none of before it was kept."""
    sha256: Mapped[str | None] = mapped_column(String(64))
    """Of all the rest, as `certificate` writes it."""
