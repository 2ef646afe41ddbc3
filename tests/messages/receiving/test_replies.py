"""What patients write: STOP first and in every language, answers where agreed, and a person for the rest."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clock import tick
from app.config import Settings
from app.core import crypto
from app.core.crypto import Keyring, new_key
from app.core.time import moved_clock
from app.messages.gateways.sandbox import SandboxGateway, texts_of
from app.messages.gateways.twilio import TwilioGateway
from app.messages.gathering import read
from app.messages.models import Message, MessageState, Reply
from app.messages.receiving.replies import redact
from app.participants.models import Task
from app.responses.models import Answer, Mode, Response
from app.studies.models import StudyState
from tests.fake_twilio.callbacks import write_to_us
from tests.fake_twilio.server import Server
from tests.messages.people import INFUSION, enrolled, minutes, only, visit
from tests.messages.phones import BY_SMS, OFF, SENT, TOGETHER, Phone


@pytest.mark.parametrize("words", ["STOP", "STOPP", "stopp!"])
def test_f41_stop_ends_all_texts_but_its_confirmation(session: Session, phone: Phone, words: str) -> None:
    assert phone.write(words) == 204
    session.expire_all()
    assert phone.participant.contact.opted_out_at is not None
    assert "Du får ikke flere meldinger fra oss" in phone.last
    count = len(texts_of(phone.participant))
    phone.wait(60 * 56)
    assert len(texts_of(phone.participant)) == count
    assert session.scalars(select(Task.note)).all() == ["Wrote STOP: gets no more texts."]


def test_f44_stop_is_heard_while_one_field_key_replaces_another(session: Session, phone: Phone, keys: str) -> None:
    """The contact's fingerprint is of the old key until she gets a new number; the sender's is of both."""
    crypto.configure(Keyring.parse(f"{new_key(9)},{keys}"))
    phone.write("STOPP")
    session.expire_all()
    assert phone.participant.contact.opted_out_at is not None


def test_on_a_shared_telephone_the_visit_that_closes_first_is_answered_and_stop_counts_for_both(
    session: Session, client: FlaskClient, gateway: SandboxGateway
) -> None:
    """Two participants, one number: an answer is of one person, STOP is of the telephone."""
    later, sooner = (
        enrolled(number, text=BY_SMS, phone="+4740000001", sms_answers=True, day=INFUSION - timedelta(days=early))
        for number, early in ((1, 0), (2, 1))
    )
    for participant in (later, sooner):
        only(participant, "d21")
    session.commit()
    for at in (SENT - timedelta(days=1), SENT):
        tick(gateway, at)
    phone = Phone(client, gateway, sooner)
    assert visit(sooner, "d21").closes_at < visit(later, "d21").closes_at
    for words in ("1", "2", "3", "7 8 9"):
        phone.write(words)
    responses = session.scalars(select(Response).order_by(Response.id)).all()
    assert [response.assessment.participant_id for response in responses] == [sooner.id, later.id]
    answers = select(Answer.value).order_by(Answer.response_id, Answer.position)
    assert session.scalars(answers).all() == ["1", "2", "3", "7", "8", "9"]
    phone.write("STOPP")
    session.expire_all()
    assert all(person.contact.opted_out_at is not None for person in (later, sooner))
    assert session.scalars(select(Message.kind).filter_by(kind="stop")).all() == ["stop"], "one confirmation"


@pytest.mark.parametrize("earlier", [0, 1])
def test_words_from_a_shared_telephone_are_read_where_the_visit_is_that_closes_first(
    session: Session, client: FlaskClient, gateway: SandboxGateway, earlier: int
) -> None:
    """Whoever of the two was enrolled first: it is her task, and she is asked once more."""
    people = [
        enrolled(number, text=BY_SMS, phone="+4740000001", sms_answers=True, day=INFUSION - timedelta(days=early))
        for number, early in ((1, earlier == 0), (2, earlier == 1))
    ]
    for participant in people:
        only(participant, "d21")
    session.commit()
    for at in (SENT - timedelta(days=1), SENT):
        tick(gateway, at)
    sooner, later = people[earlier], people[1 - earlier]
    assert visit(sooner, "d21").closes_at < visit(later, "d21").closes_at
    Phone(client, gateway, later).write("7 men jeg vil ikke leve")
    (task,) = session.scalars(select(Task)).all()
    assert (task.participant_id, session.scalars(select(Reply.participant_id)).all()) == (sooner.id, [sooner.id])
    assert session.scalars(select(Message.participant_id).filter_by(kind="unclear")).all() == [sooner.id]
    assert [text.words for text in read(task, SENT)] == ["7 men jeg vil ikke leve"]


def test_on_a_shared_telephone_who_takes_part_is_answered(
    session: Session, client: FlaskClient, gateway: SandboxGateway
) -> None:
    left, stays = (enrolled(number, text=BY_SMS, phone="+4740000001") for number in (1, 2))
    left.withdrawn_at = SENT
    session.commit()
    phone = Phone(client, gateway, stays)
    phone.write("HJELP")
    assert session.execute(select(Message.participant_id, Message.state).filter_by(kind="help")).all() == [
        (stays.id, MessageState.ACCEPTED)
    ]


def test_of_two_studies_the_one_that_goes_on_is_written_to(
    session: Session, client: FlaskClient, gateway: SandboxGateway
) -> None:
    """She took part in a study that is over, and now takes part in another; the first one's people read no more."""
    former = enrolled(1, text=OFF.replace("study: backtobasic", "study: former"), phone="+4740000001")
    former.study.state = StudyState.CLOSED
    present = enrolled(2, phone="+4740000001")
    session.commit()
    Phone(client, gateway, present).write("Kan dere ringe meg?")
    assert session.scalars(select(Task.participant_id)).all() == [present.id]
    assert session.execute(select(Message.participant_id).filter_by(kind="help")).scalars().all() == [present.id]


def test_an_id_of_any_length_is_heard_once(session: Session, phone: Phone) -> None:
    for _ in range(2):
        assert phone.write("6", sid="S" * 300) == 204
    assert "Spørsmål 2 av 3" in phone.last
    assert session.scalar(select(func.count()).select_from(Reply)) == 1


@pytest.mark.parametrize("words", ["Stopp takk", "", "x" * 2000, "Kan dere ringe meg?"])
def test_f41_what_fits_nothing_goes_to_a_person(session: Session, phone: Phone, words: str) -> None:
    phone.participant.sms_answers = False
    session.commit()
    phone.write(words)
    phone.write(words)
    session.expire_all()
    assert phone.participant.contact.opted_out_at is None
    task = session.scalars(select(Task)).one()
    assert [text.words for text in read(task, phone.now)] == [words, words]
    helped = session.scalar(select(func.count()).where(Message.kind == "help"))
    assert helped == 1, "one helpful answer a day at most"


def test_start_lets_texts_come_again(session: Session, phone: Phone) -> None:
    phone.write("STOPP")
    phone.wait(60 * 34)
    phone.write("START")
    session.expire_all()
    assert phone.participant.contact.opted_out_at is None
    phone.wait(1)
    kinds = session.scalars(select(Message.kind).filter_by(state=MessageState.ACCEPTED).order_by(Message.id)).all()
    assert kinds == ["invitation", "stop", "reminder-1", "start"]


def test_a_short_visit_is_answered_question_by_question(session: Session, phone: Phone) -> None:
    assert "3 spørsmål. Nr. 1: svar 0 til 10" in phone.last
    phone.write("6")
    assert "Spørsmål 2 av 3: svar med et tall fra 0 til 10." in phone.last
    phone.write("8")
    phone.write("5")
    assert phone.last == "Forskningsteamet i Oslo: Takk for svaret. Mottatt 09:03."
    response = session.scalars(select(Response)).one()
    assert (response.mode, response.submitted_at) == (Mode.SMS, SENT + minutes(3))
    assert session.scalars(select(Answer.value).order_by(Answer.position)).all() == ["6", "8", "5"]


def test_all_in_one_text_is_as_good(session: Session, phone: Phone) -> None:
    phone.write("6 8 5")
    assert visit(phone.participant, "d21").submitted_at is not None
    assert len(texts_of(phone.participant)) == 2


def test_the_same_text_twice_is_heard_once(session: Session, phone: Phone) -> None:
    for _ in range(3):
        assert phone.write("6", sid="SMsame") == 204
    assert session.scalar(select(func.count()).select_from(Reply)) == 1
    assert len(texts_of(phone.participant)) == 2


def test_one_polite_question_again_and_then_a_person(session: Session, phone: Phone) -> None:
    phone.write("11")
    assert "Vi forstod ikke svaret" in phone.last
    phone.write("vondt")
    assert session.scalars(select(Task.kind)).all() == ["message received"]
    phone.write("6 8 5")
    assert session.scalars(select(Response)).one().mode is Mode.SMS


def test_of_two_open_visits_the_one_that_closes_first_is_answered(
    session: Session, client: FlaskClient, gateway: SandboxGateway
) -> None:
    participant = enrolled(text=BY_SMS, sms_answers=True)
    only(participant, "d21", "d35")
    later = visit(participant, "d35")
    for name in ("opens_at", "send_at", "closes_at", "grace_until"):
        setattr(later, name, getattr(later, name) - timedelta(days=13, hours=23))
    session.commit()
    phone = Phone(client, gateway, participant)
    phone.wait(60)
    phone.write("1 1 1")
    assert visit(participant, "d21").submitted_at is not None
    assert visit(participant, "d35").submitted_at is None


def test_what_was_written_is_kept_closed_and_redacted_at_the_provider(
    session: Session, phone: Phone, settings: Settings, provider: Server
) -> None:
    inbound = provider.twilio.take({"To": "+4759440000", "Body": "I am unwell"})
    phone.write("I am unwell", sid=inbound.sid)
    reply = session.scalars(select(Reply)).one()
    assert reply.body_sealed is not None
    assert b"unwell" not in reply.body_sealed
    assert b"+47" not in reply.sender_fingerprint
    twilio = TwilioGateway(replace(settings, twilio_base_url=provider.address))
    provider.twilio.answers = False
    assert redact(twilio, phone.now) == 0
    provider.twilio.answers = True
    assert redact(twilio, phone.now) == 1
    assert (provider.twilio.redacted, inbound.body) == ([inbound.sid], "")
    assert redact(twilio, phone.now) == 0, "once"


def test_what_cannot_be_redacted_stops_no_other(
    session: Session, phone: Phone, settings: Settings, provider: Server
) -> None:
    twilio = TwilioGateway(replace(settings, twilio_base_url=provider.address))
    kept = [provider.twilio.take({"To": "+4759440000", "Body": "Hei"}) for _ in range(3)]
    for reply in kept:
        phone.write("Hei", sid=reply.sid)
    phone.write("Hei", sid="SM" + "0" * 32)  # which the provider has forgotten
    provider.twilio.locked.add(kept[1].sid)
    assert redact(twilio, phone.now) == 3
    assert redact(twilio, phone.now) == 0
    assert set(provider.twilio.redacted) == {kept[0].sid, kept[2].sid}
    provider.twilio.locked.clear()
    assert redact(twilio, phone.now) == 1


def test_a_text_that_cannot_be_read_does_not_keep_stop_from_being_heard(session: Session, phone: Phone) -> None:
    """One was closed with a key that is lost; STOP comes in the same round."""
    with moved_clock(lambda: phone.now):
        write_to_us(phone.client, "+4740000001", "Hei")
        unreadable = session.scalars(select(Reply)).one()
        unreadable.body_sealed = b"\x07" + bytes(40)
        session.commit()
    phone.write("STOPP")
    session.expire_all()
    assert phone.participant.contact.opted_out_at is not None
    assert unreadable.kind == "unheard"
    notes = session.scalars(select(Task.note).order_by(Task.id)).all()
    assert notes == ["Wrote to us, but it cannot be read here: please ask. Wrote STOP: gets no more texts."]


def test_all_questions_may_be_asked_in_one_text(session: Session, client: FlaskClient, gateway: SandboxGateway) -> None:
    participant = enrolled(text=TOGETHER, sms_answers=True, language="en")
    only(participant, "d21")
    session.commit()
    tick(gateway, SENT)
    phone = Phone(client, gateway, participant)
    assert "3 questions. Reply 3 numbers, 0 to 10, or: http" in phone.last
    phone.write("6")
    assert "Question 2 of 3: reply with a number from 0 to 10." in phone.last
    phone.write("8 5")
    assert phone.last == "The research team in Oslo: Thank you for your answer. Received 09:02."
    assert session.scalars(select(Answer.value).order_by(Answer.position)).all() == ["6", "8", "5"]


@pytest.mark.parametrize(("text", "agreed"), [(BY_SMS, False), (OFF, True)], ids=["patient", "protocol"])
def test_answering_by_sms_is_off_unless_the_protocol_and_the_patient_agree(
    session: Session, client: FlaskClient, gateway: SandboxGateway, text: str, agreed: bool
) -> None:
    participant = enrolled(text=text, sms_answers=agreed)
    only(participant, "d21")
    session.commit()
    phone = Phone(client, gateway, participant)
    phone.wait(5)
    phone.write("6 8 5")
    assert session.scalars(select(Response)).all() == []
    assert session.scalars(select(Task.kind)).all() == ["message received"]
