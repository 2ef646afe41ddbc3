"""A first infusion that was noted for the wrong day, and the corrections of it."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.clock import tick
from app.messages.gateways.sandbox import SandboxGateway
from app.participants.correcting import EventCorrection, RecordCorrection
from app.participants.events import record_event
from app.participants.models import EventState, Participant
from app.schedule.planning import plan
from tests.factories import begun
from tests.messages.judging import OSLO
from tests.messages.people import enrolled, everybody, visit

WHY = "noted for the wrong day"
WRONG, RIGHT = date(2026, 9, 16), date(2026, 9, 26)
"""The first infusion, as it was noted and as it was."""
LATER = datetime(2026, 9, 28, 10, tzinfo=UTC)
"""When somebody notices."""
HAPPENED, PLANNED, CANCELLED = EventState.HAPPENED, EventState.PLANNED, EventState.CANCELLED


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), OSLO)


def event(state: EventState, on: date | None = None, at: datetime | None = None) -> RecordCorrection:
    return RecordCorrection(event=EventCorrection("first_infusion", WRONG, state, on, at))


IT_WAS_THE_26TH = event(HAPPENED, at=noon(RIGHT))


@pytest.fixture
def person(session: Session, gateway: SandboxGateway) -> Participant:
    """Her first infusion was noted ten days too early; she answered nothing of what she was then asked."""

    def make() -> None:
        participant = enrolled(day=WRONG)
        session.commit()
        record_event(participant, "first_infusion", noon(WRONG), noon(WRONG))
        plan(participant, noon(WRONG))
        session.commit()
        for days in range(12):
            tick(gateway, datetime.combine(WRONG, time(9), OSLO) + timedelta(days=days, hours=3))

    assert begun(("her first infusion was noted ten days too early",), make)
    return everybody()[0]


def opens(participant: Participant, code: str) -> date:
    return visit(participant, code).opens_at.astimezone(OSLO).date()


def contents(session: Session) -> list[object]:
    """Every row that a correction may touch, and the trail."""
    tables = ("participants", "events", "assessments", "messages", "audit.entries")
    return [session.execute(text(f"SELECT * FROM {name} ORDER BY id")).all() for name in tables]  # noqa: S608 - ours
