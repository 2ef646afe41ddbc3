"""Which texts are owed: each once, none to those who answered or left, and never a flood after downtime."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.clock import tick
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.kinds import Reason
from app.messages.models import Message, MessageState
from app.messages.outlook.upcoming import next_instant
from app.messages.queueing.prompts import queue_prompts
from app.participants.enrolment import change_phone, opt_in, opt_out, withdraw
from app.participants.models import Participant
from tests.messages.people import INVITED, answered, cohort, enrolled, minutes, only, visit

REMINDED = INVITED + timedelta(days=1, hours=8)
LAST = INVITED + timedelta(days=2, hours=3)


def kinds(session: Session, participant: Participant, *states: MessageState) -> list[str]:
    """The kinds of the participant's messages, in the order of their making."""
    query = select(Message.kind).where(Message.participant_id == participant.id).order_by(Message.id)
    return list(session.scalars(query.where(Message.state.in_(states)) if states else query))


def weekly(session: Session) -> Participant:
    """Somebody with one weekly visit."""
    participant = enrolled()
    only(participant, "d7")
    session.commit()
    return participant


def test_an_invitation_is_owed_once_however_often_the_question_is_asked(session: Session) -> None:
    for participant in cohort(3):
        only(participant, "d7")
    assert queue_prompts(INVITED - minutes(1)) == 0
    assert queue_prompts(INVITED) == 3
    assert queue_prompts(INVITED) == 0
    keys = session.scalars(select(Message.dedupe_key)).all()
    assert len(set(keys)) == 3
    assert all(key.endswith(":invitation") for key in keys)


def test_reminders_follow_at_their_hours_while_the_answer_is_missing(session: Session, gateway: SandboxGateway) -> None:
    participant = weekly(session)
    for now in (INVITED, REMINDED - minutes(1), REMINDED, LAST):
        tick(gateway, now)
    assert kinds(session, participant, MessageState.ACCEPTED) == ["invitation", "reminder-1", "reminder-2"]
    owed = session.scalars(select(Message.owed_at).order_by(Message.id)).all()
    assert owed == [INVITED, REMINDED, LAST]


def test_nobody_is_reminded_of_what_is_answered(session: Session, gateway: SandboxGateway) -> None:
    participant = weekly(session)
    tick(gateway, INVITED)
    answered(visit(participant, "d7"), INVITED + minutes(20))
    session.commit()
    tick(gateway, LAST)
    assert kinds(session, participant) == ["invitation"]


def test_after_downtime_the_never_invited_get_one_text(session: Session, gateway: SandboxGateway) -> None:
    participant = weekly(session)
    for later in range(3):
        tick(gateway, LAST + minutes(later))
    assert kinds(session, participant, MessageState.ACCEPTED) == ["invitation"]
    assert kinds(session, participant, MessageState.SUPPRESSED) == ["reminder-1", "reminder-2"]


def test_after_downtime_only_the_last_reminder_rings(session: Session, gateway: SandboxGateway) -> None:
    participant = weekly(session)
    tick(gateway, INVITED)
    tick(gateway, LAST + minutes(5))
    assert kinds(session, participant, MessageState.ACCEPTED) == ["invitation", "reminder-2"]
    assert session.scalars(select(Message.reason).filter_by(kind="reminder-1")).one() == "overtaken by a later text"


def test_a_window_missed_altogether_is_in_the_ledger(session: Session, gateway: SandboxGateway) -> None:
    participant = weekly(session)
    tick(gateway, INVITED + timedelta(days=30))
    assert kinds(session, participant, MessageState.SUPPRESSED) == ["invitation"]


def test_withdrawal_silences_without_cancelling_anything(session: Session, gateway: SandboxGateway) -> None:
    participant = weekly(session)
    queue_prompts(INVITED)
    withdraw(participant, "no reason given", INVITED)
    session.commit()
    for now in (INVITED, REMINDED, LAST):
        tick(gateway, now)
    message = session.scalars(select(Message)).one()
    assert (message.state, message.reason) == (MessageState.SUPPRESSED, "withdrawn")


def test_start_after_stop_owes_again_what_is_still_due(session: Session, gateway: SandboxGateway) -> None:
    participant = weekly(session)
    opt_out(participant, INVITED)
    session.commit()
    tick(gateway, INVITED)
    assert kinds(session, participant, MessageState.SUPPRESSED) == ["invitation"]
    opt_in(participant)
    session.commit()
    tick(gateway, INVITED + minutes(5))
    assert kinds(session, participant, MessageState.ACCEPTED) == ["invitation"]


@pytest.mark.parametrize(
    ("code", "given_up"),
    [
        ("30005", True),
        ("21614", True),
        ("21408", True),
        ("21612", False),  # our sender does not reach it: the new one it may
        ("21606", False),
        ("30003", False),
        ("30007", False),
        ("30008", False),
        ("29999", False),
        (None, False),
        ("no trace", False),
    ],
)
def test_a_corrected_number_is_owed_what_failed_at_the_old_one(
    session: Session, gateway: SandboxGateway, code: str | None, given_up: bool
) -> None:
    participant = weekly(session)
    tick(gateway, INVITED)
    message = session.scalars(select(Message)).one()
    if code == "no trace":
        message.state, message.reason = MessageState.FAILED, Reason.NO_TRACE
    else:
        message.state, message.error_code = MessageState.FAILED, code
    if given_up:
        participant.contact.unusable_since, participant.contact.unusable_because = INVITED, "number not in use"
    session.commit()
    tick(gateway, INVITED + minutes(10))
    assert kinds(session, participant, MessageState.ACCEPTED) == []
    change_phone(participant, "+4740009999")
    session.commit()
    for later in (20, 21):
        tick(gateway, INVITED + minutes(later))
    assert kinds(session, participant, MessageState.ACCEPTED) == ["invitation"]


def test_the_next_instant_leads_from_text_to_text(session: Session, gateway: SandboxGateway) -> None:
    weekly(session)
    seen: list[datetime | None] = []
    now: datetime | None = INVITED - timedelta(days=3)
    while now is not None:
        tick(gateway, now)
        now = next_instant(now)
        seen.append(now)
    assert seen == [INVITED, REMINDED, LAST, None]


@pytest.mark.parametrize("off", ["", "enable_hashjoin", "enable_mergejoin", "enable_nestloop", "enable_seqscan"])
def test_the_queue_is_in_the_order_in_which_texts_are_owed_whatever_plan_the_database_makes(
    session: Session, off: str
) -> None:
    people = cohort(4)
    for number, participant in reversed(list(enumerate(people))):  # the rows lie in another order than their keys
        only(participant, "d7")
        visit(participant, "d7").send_at = INVITED - minutes(1 + number // 2)
        session.flush()
    session.commit()
    if off:
        session.execute(text(f"SET LOCAL {off} = off"))
    queue_prompts(INVITED)
    owed = [people[2], people[3], people[0], people[1]]
    assert session.scalars(select(Message.participant_id).order_by(Message.id)).all() == [each.id for each in owed]


def test_reminders_that_come_due_together_are_queued_in_their_order(session: Session, gateway: SandboxGateway) -> None:
    people = cohort(3)
    for participant in people:
        only(participant, "d7")
    session.commit()
    tick(gateway, INVITED)
    queue_prompts(LAST)
    rows = select(Message.owed_at, Message.participant_id).where(Message.kind != "invitation").order_by(Message.id)
    in_order = [(at, participant.id) for at in (REMINDED, LAST) for participant in people]
    assert session.execute(rows).all() == in_order
