"""Participant, contact, consent, event, task. Identifiers live in their own schema and are closed field by field."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.core.audit import audited
from app.core.database import Base, choice
from app.core.sealed_columns import sealed
from app.participants.channels import ReachedBy
from app.participants.closed_text import ClosedText
from app.participants.email_address import looked_up
from app.participants.grades import LeavingGrade
from app.participants.task_kinds import TaskKind as TaskKind
from app.studies.models import Protocol, Site, Study
from app.studies.protocol import RANDOMISATION

OPENED_ON_THE_RECORD = ("phone_sealed", "phone_fingerprint", "name_sealed", "pin_hash", "birth_year_sealed",
                        "email_sealed", "email_fingerprint")  # fmt: skip


class Participant(Base):
    """Somebody who takes part, by pseudonym. `code` is the pseudonym: site and number, `01-017`."""

    __tablename__ = "participants"
    __table_args__ = (UniqueConstraint("study_id", "code"), {"info": audited()})

    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"))
    study: Mapped[Study] = relationship()
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    site: Mapped[Site] = relationship()
    protocol_id: Mapped[int] = mapped_column(ForeignKey("protocols.id"))
    protocol: Mapped[Protocol] = relationship()
    code: Mapped[str] = mapped_column(String(20))
    mark: Mapped[UUID] = mapped_column(server_default=func.gen_random_uuid())
    """Tells her from whoever had her id before a restore, or gets it after one: links and reports are bound to it."""
    language: Mapped[str] = mapped_column(String(5))
    zone: Mapped[str] = mapped_column(String(64))
    enrolled_on: Mapped[date]
    randomised_on_before: Mapped[date | None] = mapped_column("randomised_on", deferred=True)
    """Read and filled by the version before 0570 alone: the database keeps it and the event the same."""
    withdrawn_at: Mapped[datetime | None]
    withdrawal_reason: Mapped[str | None] = mapped_column(Text)
    left_as: Mapped[LeavingGrade | None] = mapped_column(choice(LeavingGrade))
    """How far she has left; of withdrawals before this was asked for, nothing. `departures` tells when and why."""
    texts_ended_at: Mapped[datetime | None]
    """From when on she wants no texts, though she takes part."""
    practice: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether she was made up, to practise: nothing of hers is ever counted with a patient's."""
    reached_by: Mapped[ReachedBy] = mapped_column(
        choice(ReachedBy, length=10, check=False), default=ReachedBy.SMS, server_default=ReachedBy.SMS.value
    )
    """By what she is written to, the first that works; chosen with her, within what the protocol has."""
    sms_answers: Mapped[bool] = mapped_column(default=False)
    """Whether she agreed to answer short questionnaires by SMS reply."""
    contact: Mapped["Contact"] = relationship(back_populates="participant", uselist=False)
    events: Mapped[list["Event"]] = relationship(back_populates="participant", order_by="Event.on, Event.id")

    @property
    def randomised_on(self) -> date | None:
        """The day of that event, once it has happened."""
        happened = (RANDOMISATION, EventState.HAPPENED)
        return min((event.on for event in self.events if (event.kind, event.state) == happened), default=None)


class Contact(Base):
    """How to reach a participant. Opened only to send a text, or by a person who may, on the record."""

    __tablename__ = "contacts"
    __table_args__ = {"schema": "identifiers", "info": audited(*OPENED_ON_THE_RECORD)}  # noqa: RUF012

    participant_id: Mapped[int] = mapped_column(ForeignKey("participants.id"), unique=True)
    participant: Mapped[Participant] = relationship(back_populates="contact")
    phone_sealed: Mapped[bytes | None] = mapped_column(info=sealed("participant_id", fingerprint="phone_fingerprint"))
    phone_fingerprint: Mapped[bytes | None] = mapped_column(index=True)
    name_sealed: Mapped[bytes | None] = mapped_column(info=sealed("participant_id"))
    email_sealed: Mapped[bytes | None] = mapped_column(
        info=sealed("participant_id", fingerprint="email_fingerprint", looked_up=looked_up)
    )
    email_fingerprint: Mapped[bytes | None] = mapped_column(index=True)
    email_unusable_since: Mapped[datetime | None]
    email_unusable_because: Mapped[str | None] = mapped_column(String(60))
    """Why no e-mail is written to her: it came back."""
    version: Mapped[int] = mapped_column(default=1)
    """Grows whenever the way to her is another one: a corrected number or address, an address that works no more."""
    unusable_since: Mapped[datetime | None]
    unusable_because: Mapped[str | None] = mapped_column(String(60))
    opted_out_at: Mapped[datetime | None]
    pin_hash: Mapped[str | None] = mapped_column(Text)
    """The PIN she chose at enrolment, if she wanted one (app.participants.pin)."""
    birth_year_sealed: Mapped[bytes | None] = mapped_column(info=sealed("participant_id"))
    check_failures: Mapped[int] = mapped_column(default=0, server_default="0")
    """Wrong tries at the PIN or the year of birth since the last right one (app.participants.identity)."""
    check_locked_at: Mapped[datetime | None]
    check_version: Mapped[int] = mapped_column(default=1, server_default="1")
    """Grows with each new PIN or year and each lock; a page that was opened before asks again."""

    phone = ClosedText("phone_sealed", "phone_fingerprint")
    """The mobile number, E.164."""
    email = ClosedText("email_sealed", "email_fingerprint", looked_up)
    """The e-mail address."""
    name = ClosedText("name_sealed")
    """What to call her on the telephone."""
    birth_year = ClosedText("birth_year_sealed")
    """Asked on the page to notice a text that went to somebody else; it proves nothing."""


class Consent(Base):
    """Consent to take part, with the version of the information given."""

    __tablename__ = "consents"
    __table_args__ = {"info": audited()}  # noqa: RUF012

    participant_id: Mapped[int] = mapped_column(ForeignKey("participants.id"), index=True)
    participant: Mapped[Participant] = relationship()
    document: Mapped[str] = mapped_column(String(60))
    given_on: Mapped[date]
    recorded_at: Mapped[datetime]


class Departure(Base):
    """Somebody leaves, so far and from then on; undone before that, or taken back later if it was recorded wrongly."""

    __tablename__ = "departures"
    __table_args__ = (
        CheckConstraint("(undone_at IS NULL) = (undone_by IS NULL)", "undone_both"),
        {"info": audited()},
    )

    participant_id: Mapped[int] = mapped_column(ForeignKey("participants.id"), index=True)
    participant: Mapped[Participant] = relationship()
    grade: Mapped[LeavingGrade] = mapped_column(choice(LeavingGrade))
    on: Mapped[date]
    from_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
    recorded_by: Mapped[str] = mapped_column(String(60))
    recorded_at: Mapped[datetime]
    in_effect_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(String(60))


class Disclosure(Base):
    """Somebody opened a participant's contact, or what she wrote: who, when and why. Append only."""

    __tablename__ = "disclosures"
    __table_args__ = {"info": audited()}  # noqa: RUF012

    participant_id: Mapped[int] = mapped_column(ForeignKey("participants.id"), index=True)
    participant: Mapped[Participant] = relationship()
    disclosed_by: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(Text)
    disclosed_at: Mapped[datetime]
    task_id: Mapped[int | None] = mapped_column(ForeignKey("tasks.id"))
    """The task whose words were opened; nothing where it was the contact."""


class LookUp(Base):
    """Somebody looked for a number, which is kept nowhere: who, when, and whom she found, or nobody. Append only."""

    __tablename__ = "look_ups"
    __table_args__ = (CheckConstraint("num_nonnulls(participant_id, study_id) > 0", "somewhere"), {"info": audited()})

    participant_id: Mapped[int | None] = mapped_column(ForeignKey("participants.id"), index=True)
    study_id: Mapped[int | None] = mapped_column(ForeignKey("studies.id"))
    looked_up_by: Mapped[str] = mapped_column(String(60))
    looked_up_at: Mapped[datetime]


class EventState(StrEnum):
    PLANNED = "planned"
    HAPPENED = "happened"
    CANCELLED = "cancelled"


class Event(Base):
    """Something of the protocol that is planned for, or happened to, a participant. Anchors occur once."""

    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint("state <> 'happened' OR at IS NOT NULL", "happened_at"),
        Index(
            "uq_events_once",
            "participant_id",
            "kind",
            "state",
            "on",
            "at",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("state <> 'cancelled'"),
        ),
        Index("uq_events_anchor", "participant_id", "kind", unique=True, postgresql_where=text("is_anchor")),
        {"info": audited()},
    )

    participant_id: Mapped[int] = mapped_column(ForeignKey("participants.id"), index=True)
    participant: Mapped[Participant] = relationship(back_populates="events")
    kind: Mapped[str] = mapped_column(String(40))
    is_anchor: Mapped[bool] = mapped_column(default=False)
    state: Mapped[EventState] = mapped_column(choice(EventState))
    on: Mapped[date]
    at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]


class Task(Base):
    """Something a coordinator should do for a participant, open until somebody says what was done."""

    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", "done_both"),
        CheckConstraint("(taken_at IS NULL) = (taken_by IS NULL)", "taken_both"),
        {"info": audited("note_sealed")},
    )

    participant_id: Mapped[int] = mapped_column(ForeignKey("participants.id"), index=True)
    participant: Mapped[Participant] = relationship()
    kind: Mapped[TaskKind] = mapped_column(choice(TaskKind))
    visit: Mapped[str | None] = mapped_column(String(32))
    note: Mapped[str | None] = mapped_column(Text)
    note_sealed: Mapped[bytes | None] = mapped_column(info=sealed("id"))
    """What the version before 0131 kept here, and read nowhere; its replies have it."""
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    taken_at: Mapped[datetime | None]
    taken_by: Mapped[str | None] = mapped_column(String(60))
    """Who has said that she sees to it (an actor): from then on nobody is told of it any more."""
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None] = mapped_column(String(60))
    outcome: Mapped[str | None] = mapped_column(Text)


class CallOutcome(StrEnum):
    """What came of a telephone call."""

    REACHED = "reached"
    VOICEMAIL = "voicemail"
    NO_ANSWER = "no answer"
    WRONG_NUMBER = "wrong number"
    CALL_AGAIN = "call again"


class CallMade(Base):
    """Somebody called a participant: who, when, what came of it; her row on Today waits until `again_at`."""

    __tablename__ = "calls_made"
    __table_args__ = (Index("ix_calls_made_newest", "participant_id", "made_at"), {"info": audited()})

    participant_id: Mapped[int] = mapped_column(ForeignKey("participants.id"))
    participant: Mapped[Participant] = relationship()
    made_by: Mapped[str] = mapped_column(String(60))
    made_at: Mapped[datetime]
    outcome: Mapped[CallOutcome] = mapped_column(choice(CallOutcome))
    again_at: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(Text)


class Owner(Base):
    """Who of the staff takes care of a participant just now."""

    __tablename__ = "owners"
    __table_args__ = {"info": audited()}  # noqa: RUF012

    participant_id: Mapped[int] = mapped_column(ForeignKey("participants.id"), unique=True)
    participant: Mapped[Participant] = relationship()
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship()
    taken_at: Mapped[datetime]


class StaffNote(Base):
    """What the staff tell each other about a participant; never exported. Kept, but for a slip of ten minutes."""

    __tablename__ = "staff_notes"
    __table_args__ = {"info": audited()}  # noqa: RUF012

    participant_id: Mapped[int] = mapped_column(ForeignKey("participants.id"), index=True)
    participant: Mapped[Participant] = relationship()
    written_by: Mapped[str] = mapped_column(String(60))
    written_at: Mapped[datetime]
    words: Mapped[str] = mapped_column(Text)
