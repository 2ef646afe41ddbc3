"""What is owed in another's place, again, or no more: one text each time, and books that close."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import once, tick
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.kinds import MessageKind
from app.messages.models import Message, MessageState
from app.messages.monitoring.ledger import books
from app.messages.queueing.coordinating import cancel, reissue
from app.messages.queueing.never_asked import note_never_asked
from app.messages.receiving.receipts import store
from app.participants.enrolment import opt_in, opt_out, withdraw
from app.participants.models import Participant
from tests.messages.books import states
from tests.messages.people import INVITED, answered, minutes, visit

ACCEPTED, QUEUED, SUPPRESSED = MessageState.ACCEPTED, MessageState.QUEUED, MessageState.SUPPRESSED


def test_a_cancelled_reminder_does_not_stand_in_for_the_invitation_after_start(
    session: Session, participant: Participant, gateway: SandboxGateway
) -> None:
    opt_out(participant, INVITED)
    session.commit()
    tick(gateway, INVITED)
    cancel(visit(participant, "d7"), MessageKind.REMINDER_2, INVITED)
    opt_in(participant)
    session.commit()
    tick(gateway, INVITED + minutes(1))
    assert states(session) == [ACCEPTED, SUPPRESSED]


def test_a_new_link_takes_the_place_of_the_text_that_waits_for_the_morning(
    session: Session, participant: Participant, gateway: SandboxGateway
) -> None:
    night, assessment = INVITED + timedelta(hours=14), visit(participant, "d7")
    assessment.send_at = night
    session.commit()
    tick(gateway, night)
    assert states(session) == [QUEUED]
    reissue(assessment, night)
    session.commit()
    tick(gateway, INVITED + timedelta(days=1))
    assert states(session) == [SUPPRESSED, ACCEPTED]
    assert session.scalars(select(Message.reason).order_by(Message.id)).first() == "overtaken by a later text"


def test_what_the_provider_did_not_deliver_after_stop_leaves_anew_after_start(
    session: Session, participant: Participant, gateway: SandboxGateway
) -> None:
    tick(gateway, INVITED)
    message, later = session.scalars(select(Message)).one(), INVITED + timedelta(hours=5)
    store(message.id, {"MessageSid": message.sid or "", "MessageStatus": "failed", "ErrorCode": "21610"}, INVITED)
    session.commit()
    tick(gateway, INVITED + minutes(1))
    session.refresh(participant.contact)
    opt_in(participant)
    session.commit()
    tick(gateway, later)
    session.refresh(message)
    assert (message.state, message.sent_at, message.error_code) == (ACCEPTED, later, None)


@pytest.mark.parametrize(
    ("why", "happens"),
    [
        ("answered", lambda participant, at: answered(visit(participant, "d7"), at)),
        ("withdrawn", lambda participant, at: withdraw(participant, "no reason given", at)),
    ],
)
def test_who_left_or_answered_while_no_clock_ran_is_in_the_books_with_the_reason(
    session: Session,
    participant: Participant,
    gateway: SandboxGateway,
    why: str,
    happens: Callable[[Participant, object], None],
) -> None:
    late = INVITED + minutes(40)
    happens(participant, INVITED + minutes(20))
    session.commit()
    assert not books(participant.study, now=late).balanced
    assert once(gateway, late) == []
    assert note_never_asked(late) == 0
    ledger = books(participant.study, INVITED.date(), late)
    assert (ledger.owed, ledger.reasons, ledger.balanced) == (1, {why: 1}, True)


def test_a_day_that_was_planned_after_it_had_passed_is_missing_in_its_books(
    session: Session, participant: Participant
) -> None:
    visit(participant, "d7").planned_at = INVITED + timedelta(days=1)
    session.flush()
    ledger = books(participant.study, INVITED.date(), INVITED + timedelta(days=1, minutes=11))
    assert (ledger.owed, ledger.accounted) == (1, 0)
