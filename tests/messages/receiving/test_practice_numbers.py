"""A telephone that is written down in a study that is being set up, and is a patient's of another: she is answered."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.messages.kinds import MessageKind
from app.messages.models import Message, MessageState, Reply
from app.participants.models import Participant, Task
from app.studies.installing import current_protocol
from app.studies.models import Study, StudyState
from tests.factories import backtobasic, participant
from tests.fake_twilio.callbacks import write_to_us
from tests.messages.erratic import Provider
from tests.messages.people import BEFORE, INVITED, minutes

NUMBER = "+4740000001"


@pytest.fixture
def patient(session: Session) -> Participant:
    """She takes part in the live study. Before her somebody wrote her number down to practise."""
    practice = backtobasic(StudyState.LIVE, "next_trial", BEFORE)
    participant(practice, now=BEFORE, phone=NUMBER)
    practice.study.state = StudyState.SETUP
    hers = participant(backtobasic(StudyState.LIVE, now=BEFORE), now=BEFORE, phone=NUMBER)
    session.commit()
    return hers


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["STOP"], [MessageKind.STOP]),
        (["HJELP"], [MessageKind.HELP]),
        (["START"], [MessageKind.START]),
        (["Kan dere ringe?"], [MessageKind.HELP]),
        (["STOP", "JA"], [MessageKind.STOP, MessageKind.START]),
    ],
)
def test_what_a_patient_writes_is_answered_to_her_and_read_in_her_study(
    session: Session, client: FlaskClient, patient: Participant, words: list[str], answer: list[MessageKind]
) -> None:
    gateway = Provider()
    for minute, written in enumerate(words):
        write_to_us(client, NUMBER, written)
        tick(gateway, INVITED + minutes(minute))
    assert gateway.tries == {NUMBER: len(answer)}
    sent = select(Message.kind).where(Message.state == MessageState.ACCEPTED, Message.participant_id == patient.id)
    assert session.scalars(sent.order_by(Message.id)).all() == answer
    assert set(session.scalars(select(Reply.participant_id))) == {patient.id}
    if words == ["Kan dere ringe?"]:
        assert session.scalars(select(Task.participant_id)).all() == [patient.id]


def test_yes_is_heard_though_somebody_practises_with_her_number_since(
    session: Session, client: FlaskClient, patient: Participant
) -> None:
    gateway, practice = Provider(), session.scalars(select(Study).filter_by(code="next_trial")).one()
    write_to_us(client, NUMBER, "STOP")
    tick(gateway, INVITED)
    participant(current_protocol(practice), now=BEFORE, phone=NUMBER)
    session.commit()
    write_to_us(client, NUMBER, "ja")
    tick(gateway, INVITED + minutes(1))
    session.expire_all()
    assert patient.contact.opted_out_at is None
