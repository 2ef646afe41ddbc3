"""Whatever becomes of the texts before: the first that reaches her asks, and is called no reminder."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.messages.gateways.sandbox import SandboxGateway, texts_of
from app.messages.kinds import MessageKind
from app.messages.models import Message, MessageState
from app.participants.enrolment import change_phone, opt_in, opt_out
from app.participants.models import Participant
from tests.messages.people import INVITED, minutes, visit

REMINDED = [INVITED + timedelta(days=1, hours=8), INVITED + timedelta(days=2, hours=3)]
ASKS, REMINDS, LAST = "Vi har noen nye spørsmål til deg", "Vi minner om", "Siste påminnelse"


def said(participant: Participant) -> list[str]:
    """How each text that left begins, after the sender, oldest first."""
    sentences = (ASKS, REMINDS, LAST)
    bodies = [text.body for text in reversed(texts_of(participant))]
    return [next((words for words in sentences if words in body), body) for body in bodies]


@pytest.mark.parametrize(
    ("became", "second"),
    [
        (MessageState.ACCEPTED, LAST),
        (MessageState.DELIVERED, LAST),
        (MessageState.FAILED, ASKS),
    ],
)
def test_the_last_reminder_is_called_so_only_where_a_text_before_it_may_have_arrived(
    session: Session, participant: Participant, gateway: SandboxGateway, became: MessageState, second: str
) -> None:
    tick(gateway, INVITED)
    session.scalars(select(Message)).one().state = became
    session.commit()
    tick(gateway, REMINDED[1])
    kinds = session.scalars(select(Message.kind).where(Message.sent_at.is_not(None)).order_by(Message.id)).all()
    assert kinds == [MessageKind.INVITATION, MessageKind.REMINDER_2]
    assert said(participant) == [ASKS, second]


def test_each_reminder_is_called_one_after_a_text_that_arrived(
    session: Session, participant: Participant, gateway: SandboxGateway
) -> None:
    for at in (INVITED, *REMINDED):
        tick(gateway, at)
    first, *_, last = said(participant)
    assert (first, last, len(said(participant))) == (ASKS, LAST, 3)
    assert ASKS not in said(participant)[1]


def test_after_a_corrected_number_the_first_text_at_it_asks(
    session: Session, participant: Participant, gateway: SandboxGateway
) -> None:
    """The invitation failed; the reminder had no usable number, and is owed again at the new one."""
    tick(gateway, INVITED)
    session.scalars(select(Message)).one().state = MessageState.FAILED
    session.refresh(participant.contact)
    participant.contact.unusable_since = INVITED
    session.commit()
    tick(gateway, REMINDED[1])
    assert [row.state for row in session.scalars(select(Message).order_by(Message.id))] == ["failed"] + [
        "suppressed"
    ] * (session.query(Message).count() - 1)
    change_phone(participant, "+4740009999")
    session.commit()
    tick(gateway, REMINDED[1] + minutes(1))
    assert said(participant) == [ASKS, ASKS]


def test_a_text_of_another_window_or_visit_is_none_before_it(
    session: Session, participant: Participant, gateway: SandboxGateway
) -> None:
    tick(gateway, INVITED)
    message, assessment = session.scalars(select(Message)).one(), visit(participant, "d7")
    message.owed_at = assessment.opens_at - minutes(1)
    session.add(
        Message(
            dedupe_key="now", study_id=message.study_id, participant_id=message.participant_id,
            assessment_id=assessment.id, kind=MessageKind.REMINDER_2, language="nb", state=MessageState.QUEUED,
            owed_at=INVITED, not_before=INVITED, queued_at=INVITED,
        )
    )  # fmt: skip
    session.commit()
    tick(gateway, INVITED + minutes(1))
    assert said(participant)[-1] == ASKS


def test_what_left_after_stop_and_start_asks_first(
    session: Session, participant: Participant, gateway: SandboxGateway
) -> None:
    opt_out(participant, INVITED)
    session.commit()
    tick(gateway, INVITED)
    opt_in(participant)
    session.commit()
    tick(gateway, REMINDED[1])
    assert said(participant) == [ASKS]
