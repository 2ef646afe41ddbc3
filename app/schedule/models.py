"""An assessment is one visit of one participant: when it opens, is due, closes; and the facts of how it went."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    case,
    false,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.audit import audited
from app.core.database import Base, choice
from app.core.time import AnyNow
from app.participants.models import Participant
from app.schedule.calendar import reminder_hours
from app.schedule.states import ANSWERED as ANSWERED
from app.schedule.states import NotDone as NotDone
from app.schedule.states import State as State
from app.studies.models import Protocol
from app.studies.protocol.visits import SEVERAL, Window

UNANSWERED_ROWS = "submitted_at IS NULL AND cancelled_at IS NULL"


class Assessment(Base):
    """One visit of one participant. Its window is derived from the protocol; its state is derived from its facts."""

    __tablename__ = "assessments"
    __table_args__ = (
        UniqueConstraint("participant_id", "visit"),
        CheckConstraint("opens_at < closes_at AND closes_at <= grace_until", "window"),
        CheckConstraint("submitted_at IS NULL = (partial IS NULL)", "submitted_both"),
        CheckConstraint("submitted_at IS NULL OR opened_at IS NOT NULL", "opened_first"),
        CheckConstraint("voided_at IS NULL OR submitted_at IS NOT NULL", "voided_answer"),
        Index("ix_assessments_due", "send_at", postgresql_where=text("submitted_at IS NULL")),
        Index("ix_assessments_unanswered", "grace_until", "opens_at", postgresql_where=text(UNANSWERED_ROWS)),
        Index("ix_assessments_to_come", "visit", "opens_at", postgresql_where=text(UNANSWERED_ROWS)),
        {"info": audited()},
    )

    participant_id: Mapped[int] = mapped_column(ForeignKey("participants.id"))
    participant: Mapped[Participant] = relationship()
    protocol_id: Mapped[int] = mapped_column(ForeignKey("protocols.id"))
    protocol: Mapped[Protocol] = relationship()
    visit: Mapped[str] = mapped_column(String(32))
    day: Mapped[int]
    anchor_on: Mapped[date]
    opens_at: Mapped[datetime]
    send_at: Mapped[datetime]
    due_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    grace_until: Mapped[datetime]
    planned_at: Mapped[datetime]
    zone_rules: Mapped[str] = mapped_column(String(10), default="", server_default="")
    """The release of the time zones' rules by which the window was derived; empty if nobody knows."""
    link_version: Mapped[int] = mapped_column(default=1)
    old_links: Mapped[bool] = mapped_column(server_default=false())
    """Whether it was planned when links were not bound to the participant: then those that were sent open it."""
    opened_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    partial: Mapped[bool | None]
    draft_existed: Mapped[bool] = mapped_column(default=False)
    paused_until: Mapped[datetime | None]
    """Reminders wait until then: the patient said "not able today"."""
    cancelled_at: Mapped[datetime | None]
    """When the day 0 from which it was derived was called off, until there is another one."""
    voided_at: Mapped[datetime | None]
    """When it was signed that what was submitted does not count."""
    not_done_at: Mapped[datetime | None]
    """When somebody of the site noted that it is not answered (`VisitNotDone`): its window ended then."""

    def state(self, now: datetime) -> State:
        """What this visit is at `now`; ends are exclusive. An incomplete answer is `partial` also when it came late."""
        if self.voided_at is not None:
            return State.VOIDED
        if self.submitted_at is not None:
            if self.partial:
                return State.PARTIAL
            return State.LATE if self.submitted_at >= self.closes_at else State.COMPLETED
        if self.cancelled_at is not None:
            return State.CANCELLED
        withdrawn_at = self.participant.withdrawn_at
        if withdrawn_at is not None and withdrawn_at <= now and withdrawn_at < self.grace_until:
            return State.WITHDRAWN
        if now < self.opens_at:
            return State.NOT_DUE
        return State.OPEN if now < self.grace_until else State.MISSED

    def reminder_hours(self, window: Window, zone: ZoneInfo) -> dict[int, datetime]:
        """The hours of its reminders by their number, of those that lie inside its window."""
        on = self.anchor_on + timedelta(days=self.day)
        return reminder_hours(window, on, zone, self.opens_at, self.closes_at)

    def is_open(self, now: datetime) -> bool:
        """Whether an answer is taken at `now` (grace included)."""
        return self.state(now) is State.OPEN


class VisitNotDone(Base):
    """A visit that is not answered, and why; the window it had is kept, for when it is answered after all."""

    __tablename__ = "visits_not_done"
    __table_args__ = {"info": audited()}  # noqa: RUF012

    assessment_id: Mapped[int] = mapped_column(ForeignKey("assessments.id"), unique=True)
    assessment: Mapped[Assessment] = relationship()
    reason: Mapped[NotDone] = mapped_column(choice(NotDone))
    note: Mapped[str | None] = mapped_column(Text)
    closes_at: Mapped[datetime]
    grace_until: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(String(60))
    recorded_at: Mapped[datetime]


def base_visit() -> ColumnElement[str]:
    """The visit's code in the protocol, without the number of the event that it follows."""
    return func.split_part(Assessment.visit, SEVERAL, 1)


def state_at(now: datetime) -> ColumnElement[str]:
    """`Assessment.state` for PostgreSQL, of visits joined with their participants; the same cases hold both."""
    submitted = Assessment.submitted_at.is_not(None)
    left = (Participant.withdrawn_at <= now) & (Participant.withdrawn_at < Assessment.grace_until)
    return case(
        (Assessment.voided_at.is_not(None), State.VOIDED.value),
        (submitted & Assessment.partial.is_(True), State.PARTIAL.value),
        (submitted & (Assessment.submitted_at >= Assessment.closes_at), State.LATE.value),
        (submitted, State.COMPLETED.value),
        (Assessment.cancelled_at.is_not(None), State.CANCELLED.value),
        (left, State.WITHDRAWN.value),
        (Assessment.opens_at > now, State.NOT_DUE.value),
        (Assessment.grace_until > now, State.OPEN.value),
        else_=State.MISSED.value,
    )


def is_unanswered() -> ColumnElement[bool]:
    """That nobody answered a visit, and nobody called it off."""
    return Assessment.submitted_at.is_(None) & Assessment.cancelled_at.is_(None)


def open_at(now: datetime | AnyNow) -> ColumnElement[bool]:
    """`Assessment.is_open` for PostgreSQL, of visits joined with their participants."""
    takes_part = Participant.withdrawn_at.is_(None) | (Participant.withdrawn_at > now)
    return is_unanswered() & (Assessment.opens_at <= now) & (Assessment.grace_until > now) & takes_part
