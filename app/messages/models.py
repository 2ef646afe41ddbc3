"""The ledger: one row per message owed, its attempts, what the provider reported, and what patients wrote back."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    SmallInteger,
    SQLColumnExpression,
    String,
    Text,
    UniqueConstraint,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.audit import UNAUDITED, audited
from app.core.database import Base, choice
from app.core.sealed_columns import sealed
from app.messages.kinds import Meaning, MessageKind, Reason, ReplyKind
from app.messages.kinds import MessageState as MessageState
from app.participants.models import Participant, Task
from app.schedule.models import Assessment
from app.studies.models import Study
from app.studies.protocol import Channel

UNCONFIRMED_AFTER = timedelta(hours=24)
"""After so long without a report a text is shown as sent, not confirmed: some networks report nothing."""


class Message(Base):
    """One text that is owed. The unique `dedupe_key` is what makes "once" true."""

    __tablename__ = "messages"
    __table_args__ = (
        CheckConstraint("(state = 'suppressed') <= (reason IS NOT NULL)", "suppressed_reason"),
        CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", "sending_lease"),
        Index("ix_messages_waiting", "not_before", postgresql_where=text("state = 'queued'")),
        Index("ix_messages_unsettled", "state", postgresql_where=text("state IN ('sending', 'unknown', 'accepted')")),
        Index("ix_messages_stopped", "assessment_id", postgresql_where=text("state IN ('suppressed', 'failed')")),
        Index(
            "ix_messages_not_arrived", "assessment_id", postgresql_where=text("state NOT IN ('accepted', 'delivered')")
        ),
        Index("ix_messages_newest", "study_id", "owed_at", "id"),
        Index("ix_messages_newest_of_state", "study_id", "state", "owed_at", "id"),
        Index("ix_messages_sent", "study_id", "sent_at"),
        Index("ix_messages_sent_with", "sent_with_id", postgresql_where=text("sent_with_id IS NOT NULL")),
        {"info": audited()},
    )

    dedupe_key: Mapped[str] = mapped_column(String(80), unique=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"), index=True)
    study: Mapped[Study] = relationship()
    participant_id: Mapped[int] = mapped_column(ForeignKey("participants.id"), index=True)
    participant: Mapped[Participant] = relationship()
    assessment_id: Mapped[int | None] = mapped_column(ForeignKey("assessments.id"), index=True)
    assessment: Mapped[Assessment | None] = relationship()
    kind: Mapped[MessageKind] = mapped_column(choice(MessageKind, length=20, check=False))
    language: Mapped[str] = mapped_column(String(5))
    channel: Mapped[Channel] = mapped_column(
        choice(Channel, length=5, check=False), default=Channel.SMS, server_default=Channel.SMS.value
    )
    """By what it left; of one that did not leave, by what it would have, when that was last asked."""
    state: Mapped[MessageState] = mapped_column(choice(MessageState), default=MessageState.QUEUED)
    reason: Mapped[Reason | None] = mapped_column(choice(Reason, length=60, check=False))
    owed_at: Mapped[datetime]
    not_before: Mapped[datetime]
    queued_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    epoch: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    link_version: Mapped[int | None]
    contact_version: Mapped[int | None]
    """Which number it went to: a failed text is owed again once the number is corrected."""
    segments: Mapped[int | None]
    sid: Mapped[str | None] = mapped_column(String(64), index=True)
    error_code: Mapped[str | None] = mapped_column(String(10))
    possible_duplicate: Mapped[bool] = mapped_column(default=False)
    sent_with_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    """The message about another visit of hers in whose text it went; the database lets it share what becomes of it."""
    sent_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]

    def standing(self, now: datetime) -> str:
        """Its state in words."""
        waits = self.state is MessageState.ACCEPTED and self.sent_at is not None
        if waits and self.sent_at is not None and now - self.sent_at >= UNCONFIRMED_AFTER:
            return "sent, not confirmed"
        return self.state.value


def is_in(state: MessageState, message: "type[Message] | None" = None) -> ColumnElement[bool]:
    """That a message is in this state, with the state spelled out: behind a parameter no partial index is found."""
    return (message or Message).state == literal_column(f"'{state.value}'", Message.state.type)


def of_this_window(owed_at: SQLColumnExpression[datetime] | None = None) -> ColumnElement[bool]:
    """That a text is about its visit's window as it is now, not as it was before day 0 moved to a later day."""
    return (Message.owed_at if owed_at is None else owed_at) >= Assessment.opens_at


def has_text() -> ColumnElement[bool]:
    """That a visit has been asked about: there is a message about it, whatever became of it."""
    return select(Message.id).where(Message.assessment_id == Assessment.id).exists()


class TextsPause(Base):
    """The staff lets a participant's texts wait, until a day, for a reason; ended sooner where `ended_at` says so."""

    __tablename__ = "texts_pauses"
    __table_args__ = (
        CheckConstraint("until_at > from_at", "until_later"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", "ended_both"),
        {"info": audited()},
    )

    participant_id: Mapped[int] = mapped_column(ForeignKey("participants.id"), index=True)
    participant: Mapped[Participant] = relationship()
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
    recorded_by: Mapped[str] = mapped_column(String(60))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(60))


class Attempt(Base):
    """One try to hand a message to the provider; committed before the network is touched."""

    __tablename__ = "attempts"
    __table_args__ = (UniqueConstraint("message_id", "number"), {"info": audited()})

    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"))
    message: Mapped[Message] = relationship()
    number: Mapped[int]
    epoch: Mapped[int]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(20))
    """What the gateway said of it; nothing while it is under way."""
    http_status: Mapped[int | None]
    error_code: Mapped[str | None] = mapped_column(String(10))
    sid: Mapped[str | None] = mapped_column(String(64))


class Receipt(Base):
    """A delivery report, kept as it came (without numbers); append only."""

    __tablename__ = "receipts"
    __table_args__ = (
        UniqueConstraint("sid", "status", "error_code", postgresql_nulls_not_distinct=True),
        Index("ix_receipts_unapplied", "id", postgresql_where=text("applied_at IS NULL")),
        {"info": UNAUDITED},
    )

    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"), index=True)
    sid: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(30))
    error_code: Mapped[str | None] = mapped_column(String(10))
    received_at: Mapped[datetime]
    raw: Mapped[dict[str, Any]] = mapped_column(JSONB)
    applied_at: Mapped[datetime | None]
    """When the message's state was derived from it; the report itself never changes."""


def place(sid: str) -> int:
    """The number that binds a reply's ciphertext to its row, before the row has one."""
    return int.from_bytes(sha256(sid.encode()).digest()[:7], "big")


class Reply(Base):
    """A text that somebody sent to us, closed with the field keys; once per provider id."""

    __tablename__ = "replies"
    __table_args__ = {"info": audited("body_sealed", "sender_fingerprint", "sender_sealed")}  # noqa: RUF012

    sid: Mapped[str] = mapped_column(String(64), unique=True)
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("participants.id"), index=True)
    participant: Mapped[Participant | None] = relationship()
    sender_fingerprint: Mapped[bytes] = mapped_column(index=True)
    """Of the sender's number under each of our keys, one after the other, the current one first."""
    sender_sealed: Mapped[bytes | None] = mapped_column(info=sealed(lambda row: place(row.sid)))
    """The number, until it is known whose it is."""
    body_sealed: Mapped[bytes | None] = mapped_column(info=sealed(lambda row: place(row.sid)))
    kind: Mapped[ReplyKind] = mapped_column(choice(ReplyKind, length=20, check=False))
    provider_heard: Mapped[Meaning | None] = mapped_column(choice(Meaning, length=20, check=False))
    """What the provider's own rules took it for, and answered (`OptOutType`)."""
    assessment_id: Mapped[int | None] = mapped_column(ForeignKey("assessments.id"), index=True)
    """The visit whose questions it answers."""
    task_id: Mapped[int | None] = mapped_column(ForeignKey(Task.id), index=True)
    """The task in which a person reads it."""
    read_at: Mapped[datetime | None]
    media: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    """How many pictures or files came with it. They are not taken in: a person asks what they show."""
    received_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]
    redacted_at: Mapped[datetime | None]
    """When the words were taken out of the provider's log."""


class Stranger(Base):
    """A number that nobody here has and that wrote to us, before those who work for a study; one open row of each."""

    __tablename__ = "strangers"
    __table_args__ = (
        CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", "done_both"),
        CheckConstraint("(read_at IS NULL) = (read_by IS NULL)", "read_both"),
        {"schema": "identifiers", "info": audited("phone_fingerprint", "phone_sealed")},
    )

    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"), index=True)
    study: Mapped[Study] = relationship()
    phone_fingerprint: Mapped[bytes] = mapped_column(index=True)
    phone_sealed: Mapped[bytes | None] = mapped_column(info=sealed("id", fingerprint="phone_fingerprint"))
    note: Mapped[str] = mapped_column(Text)
    first_wrote_at: Mapped[datetime]
    last_wrote_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
    """When STOP was heard from it."""
    answered_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    read_by: Mapped[str | None] = mapped_column(String(60))
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None] = mapped_column(String(60))
    outcome: Mapped[str | None] = mapped_column(Text)


class Breaker(Base):
    """Open while our credentials or sender are refused for everybody: the queue waits, one alert is raised."""

    __tablename__ = "breakers"
    __table_args__ = {"info": audited()}  # noqa: RUF012

    gateway: Mapped[str] = mapped_column(String(20), unique=True)
    opened_at: Mapped[datetime | None]
    because: Mapped[str | None] = mapped_column(String(200))
    retry_at: Mapped[datetime | None]
    refused: Mapped[list[int]] = mapped_column(JSONB, default=list, server_default="[]")
    """Messages for which our account or sender was refused since a text was taken (sending/evidence.py)."""


class Heartbeat(Base):
    """When each of the clock's jobs last ran to its end, on any machine."""

    __tablename__ = "heartbeats"
    __table_args__ = {"info": UNAUDITED}  # noqa: RUF012

    job: Mapped[str] = mapped_column(String(20), unique=True)
    at: Mapped[datetime]


class MailboxMark(Base):
    """How far the mailbox of our e-mails has been read: the last mail's number, as its server numbers them."""

    __tablename__ = "mailbox_marks"
    __table_args__ = {"info": UNAUDITED}  # noqa: RUF012

    mailbox: Mapped[str] = mapped_column(String(200), unique=True)
    validity: Mapped[int] = mapped_column(BigInteger)
    uid: Mapped[int] = mapped_column(BigInteger)
    read_at: Mapped[datetime]


class ProcessTime(Base):
    """How far the machine of a process of the service was ahead of the database's time, when it last looked."""

    __tablename__ = "process_times"
    __table_args__ = {"info": UNAUDITED}  # noqa: RUF012

    process: Mapped[str] = mapped_column(String(100), unique=True)
    ahead_seconds: Mapped[float]
    noted_at: Mapped[datetime]


class SandboxText(Base):
    """What the sandbox gateway was given (never in production): texts of synthetic patients, closed like contacts."""

    __tablename__ = "sandbox_texts"
    __table_args__ = {"schema": "identifiers", "info": UNAUDITED}  # noqa: RUF012

    sid: Mapped[str] = mapped_column(String(64), unique=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"), index=True)
    phone_fingerprint: Mapped[bytes] = mapped_column(index=True)
    body_sealed: Mapped[bytes] = mapped_column(info=sealed("message_id"))
    given_at: Mapped[datetime]
