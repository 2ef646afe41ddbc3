"""Where a study wants to be heard, and what is owed there."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.audit import UNAUDITED, audited
from app.core.database import Base, choice
from app.core.sealed_columns import sealed
from app.studies.models import Site, Study


class HookEvent(StrEnum):
    """What others may be told of."""

    RESPONSE_SUBMITTED = "response.submitted"
    PARTICIPANT_WITHDRAWN = "participant.withdrawn"
    EXPORT_READY = "export.ready"
    MESSAGE_FAILED = "message.failed"
    PING = "ping"


OF_A_STUDY = tuple(event for event in HookEvent if event is not HookEvent.PING)
"""What a hook may be for; a ping is asked for by hand, and says only that the line stands."""


class DeliveryState(StrEnum):
    """How far a delivery has come."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given up"


class Hook(Base):
    """An address that is told what happens in a study: all of it, or what happens at one site."""

    __tablename__ = "hooks"
    __table_args__ = (
        CheckConstraint("(paused_at IS NULL) = (paused_because IS NULL)", name="paused_both"),
        {"info": audited("secret_sealed")},
    )

    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id"), index=True)
    study: Mapped[Study] = relationship()
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    site: Mapped[Site | None] = relationship()
    url: Mapped[str] = mapped_column(Text)
    events: Mapped[list[str]] = mapped_column(JSONB)
    secret_sealed: Mapped[bytes] = mapped_column(info=sealed("study_id"))
    created_at: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    paused_because: Mapped[str | None] = mapped_column(String(200))
    ended_at: Mapped[datetime | None]


class HookDelivery(Base):
    """One fact that is owed at one address. The triggers write it, with the fact; it is a log by itself."""

    __tablename__ = "hook_deliveries"
    __table_args__ = (
        CheckConstraint("delivered_at IS NULL OR given_up_at IS NULL", name="ends_once"),
        Index("ix_hook_deliveries_waiting", "hook_id", "id",
              postgresql_where=text("delivered_at IS NULL AND given_up_at IS NULL")),
        {"info": UNAUDITED},
    )  # fmt: skip

    hook_id: Mapped[int] = mapped_column(ForeignKey("hooks.id"), index=True)
    hook: Mapped[Hook] = relationship()
    site_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    """Whose participant it is about; nothing where it is about the study."""
    event_id: Mapped[UUID] = mapped_column(unique=True, server_default=text("gen_random_uuid()"))
    event: Mapped[HookEvent] = mapped_column(choice(HookEvent))
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    noted_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    not_before: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    delivered_at: Mapped[datetime | None]
    given_up_at: Mapped[datetime | None]
    status: Mapped[int | None]
    """What the other side answered last, if it answered."""
    failure: Mapped[str | None] = mapped_column(String(200))

    @classmethod
    def is_in(cls, state: DeliveryState) -> ColumnElement[bool]:
        """The rule of `state`, for queries."""
        match state:
            case DeliveryState.DELIVERED:
                return cls.delivered_at.is_not(None)
            case DeliveryState.GIVEN_UP:
                return cls.given_up_at.is_not(None)
        return cls.delivered_at.is_(None) & cls.given_up_at.is_(None)

    @property
    def state(self) -> DeliveryState:
        """How far it has come."""
        if self.delivered_at is not None:
            return DeliveryState.DELIVERED
        return DeliveryState.WAITING if self.given_up_at is None else DeliveryState.GIVEN_UP
