"""The key of a prompt: the same whoever makes its row, another one where day 0 moved after somebody was asked."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import once, tick
from app.core.problems import Conflict
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.kinds import MessageKind
from app.messages.models import Message
from app.messages.queueing import coordinating
from app.messages.queueing.prompts import queue_prompts
from app.participants.enrolment import change_phone
from app.participants.events import plan_event
from app.participants.models import Participant
from app.schedule.planning import plan
from tests.messages.people import BEFORE, INFUSION, INVITED, answered, only, visit

DAYS = timedelta(days=10)
REMINDED, LAST = timedelta(days=1, hours=8), timedelta(days=2, hours=3)
HOURS = {MessageKind.INVITATION: timedelta(0), MessageKind.REMINDER_1: REMINDED, MessageKind.REMINDER_2: LAST}
STORIES: list[tuple[str, datetime | None, datetime | None, str]] = [
    ("day 0 stays", None, None, ""),
    ("moved before anybody was asked", None, BEFORE, ""),
    ("moved after the invitation", INVITED, INVITED, ":day-2026-09-25"),
    ("moved after the window", INVITED, INVITED + timedelta(days=8), ":day-2026-09-25"),
]
"""When she was first asked, when day 0 moved by ten days, and what the keys of its texts end in."""


def lived(
    session: Session, gateway: SandboxGateway, participant: Participant, story: tuple[datetime | None, ...]
) -> datetime:
    """The story so far; returns the hour of the invitation that is still to come."""
    asked_at, moved_at = story
    if asked_at is not None:
        tick(gateway, asked_at)
    if moved_at is None:
        return INVITED
    plan_event(participant, "first_infusion", INFUSION + DAYS, None, moved_at)
    plan(participant, moved_at)
    only(participant, "d7")
    session.commit()
    return INVITED + DAYS


@pytest.mark.parametrize(("what", "asked_at", "moved_at", "ending"), STORIES, ids=[story[0] for story in STORIES])
@pytest.mark.parametrize("kind", HOURS)
def test_the_clock_and_a_coordinator_give_a_prompt_the_same_key(
    session: Session,
    participant: Participant,
    gateway: SandboxGateway,
    kind: MessageKind,
    what: str,
    asked_at: datetime | None,
    moved_at: datetime | None,
    ending: str,
) -> None:
    invited = lived(session, gateway, participant, (asked_at, moved_at))
    assessment = visit(participant, "d7")
    key = f"assessment:{assessment.id}:{kind}{ending}"
    for at in (invited, invited + HOURS[kind]):
        tick(gateway, at)
    newest = select(Message.dedupe_key).where(Message.owed_at >= invited, Message.kind == kind)
    assert session.scalars(newest.order_by(Message.id)).all() == [key], what
    with pytest.raises(Conflict, match="left already"):
        coordinating.cancel(assessment, kind, invited + HOURS[kind])


@pytest.mark.parametrize(("what", "asked_at", "moved_at", "ending"), STORIES, ids=[story[0] for story in STORIES])
@pytest.mark.parametrize("kind", HOURS)
def test_the_clock_finds_what_a_coordinator_cancelled_before_it(
    session: Session,
    participant: Participant,
    gateway: SandboxGateway,
    kind: MessageKind,
    what: str,
    asked_at: datetime | None,
    moved_at: datetime | None,
    ending: str,
) -> None:
    invited = lived(session, gateway, participant, (asked_at, moved_at))
    message = coordinating.cancel(visit(participant, "d7"), kind, invited - timedelta(hours=1))
    assert message.dedupe_key == f"assessment:{message.assessment_id}:{kind}{ending}", what
    session.commit()
    tick(gateway, invited)
    tick(gateway, invited + HOURS[kind])
    rows = select(Message.state).where(Message.owed_at >= invited, Message.kind == kind)
    assert session.scalars(rows.order_by(Message.id)).all() == ["suppressed"]


@pytest.mark.usefixtures("tables_only")
@pytest.mark.parametrize(("what", "asked_at", "moved_at", "ending"), STORIES, ids=[story[0] for story in STORIES])
def test_who_answered_while_no_clock_ran_has_a_row_under_the_same_key(
    session: Session,
    participant: Participant,
    gateway: SandboxGateway,
    what: str,
    asked_at: datetime | None,
    moved_at: datetime | None,
    ending: str,
) -> None:
    invited = lived(session, gateway, participant, (asked_at, moved_at))
    assessment = visit(participant, "d7")
    answered(assessment, invited + timedelta(minutes=20))
    session.commit()
    assert once(gateway, invited + timedelta(minutes=40)) == []
    newest = select(Message.dedupe_key).where(Message.owed_at >= invited).order_by(Message.id)
    assert session.scalars(newest).all() == [f"assessment:{assessment.id}:invitation{ending}"], what


def test_the_invitation_to_a_corrected_number_has_a_key_of_that_number(
    session: Session, participant: Participant, gateway: SandboxGateway
) -> None:
    tick(gateway, INVITED)
    message = session.scalars(select(Message)).one()
    message.state, message.error_code = "failed", "30005"  # type: ignore[assignment]
    change_phone(participant, "+4740009999")
    session.commit()
    for _ in range(2):
        queue_prompts(INVITED + timedelta(hours=1))
    keys = session.scalars(select(Message.dedupe_key).order_by(Message.id)).all()
    number = f"assessment:{message.assessment_id}:invitation:number-{participant.contact.version}"
    assert keys == [f"assessment:{message.assessment_id}:invitation", number]


@pytest.mark.parametrize("name", ["reissue", "help", "reminder-10", "Invitation", ""])
def test_only_prompts_can_be_named(name: str) -> None:
    with pytest.raises(Exception, match="an invitation or a reminder can be changed: invitation, reminder-1 to"):
        coordinating.prompt_named(name)
