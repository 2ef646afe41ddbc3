"""STOP by whatever channel, the provider's own rules where it tells them, and how a STOP is taken back."""

from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.messages.gateways.sandbox import SandboxGateway
from app.messages.models import Message, MessageState, Reply
from app.participants.models import Task
from app.responses.models import Response
from app.studies.models import StudyState
from tests.messages.people import enrolled, only
from tests.messages.phones import BY_SMS, SENT, Phone


@pytest.fixture
def phone(session: Session, client: FlaskClient, gateway: SandboxGateway) -> Phone:
    """Somebody with one weekly visit who may answer by SMS, just invited."""
    participant = enrolled(text=BY_SMS, sms_answers=True)
    only(participant, "d21")
    session.commit()
    held = Phone(client, gateway, participant)
    held.wait(1)
    return held


def opted_out(session: Session, phone: Phone) -> datetime | None:
    session.expire_all()
    return phone.participant.contact.opted_out_at


def confirmed(session: Session) -> list[str]:
    """The texts that answered a word."""
    query = select(Message.kind).where(Message.kind.in_(["stop", "start", "help"]))
    return [kind.value for kind in session.scalars(query.order_by(Message.id))]


@pytest.mark.parametrize(
    ("sender", "more"),
    [
        ("rcs:+4740000001", {}),
        ("whatsapp:+4740000001", {}),
        ("tel:+47-400-00-001", {}),
        ("+47 400 00 001", {}),
        ("004740000001", {}),
        ("40000001", {"FromCountry": "NO"}),
        ("40000001", {"FromCountry": "", "To": "+4790012345"}),
        ("400 00 001", {}),  # of a study's country
        ("rcs:40000001", {"FromCountry": "??"}),
    ],
)
def test_stop_is_heard_from_every_channel_and_no_reminder_follows(
    session: Session, phone: Phone, sender: str, more: dict[str, str]
) -> None:
    phone.write("STOPP", sender=sender, **more)
    assert opted_out(session, phone) is not None
    phone.wait(60 * 34)
    assert "Du får ikke flere meldinger" in phone.last
    kinds = session.scalars(select(Message.kind).where(Message.sent_at.is_not(None)).order_by(Message.id)).all()
    assert kinds == ["invitation", "stop"]


@pytest.mark.parametrize(("sender", "country"), [("0701234567", "SE"), ("07400123456", "GB"), ("20612345", "DK")])
def test_a_number_of_another_country_is_somebody_else(
    session: Session, phone: Phone, sender: str, country: str
) -> None:
    phone.write("STOPP", sender=sender, FromCountry=country)
    assert opted_out(session, phone) is None


@pytest.mark.parametrize("words", ["Slutte", "PARAR", "6 8 5", "", "START", "kan dere ringe?"])
def test_what_the_provider_took_for_stop_is_stop(session: Session, phone: Phone, words: str) -> None:
    phone.write(words, OptOutType="STOP")
    assert opted_out(session, phone) is not None
    assert session.scalars(select(Reply.kind)).all() == ["stop"]
    assert session.scalars(select(Response)).all() == []
    assert session.scalars(select(Task.note)).all() == ["Wrote STOP: gets no more texts."]
    assert confirmed(session) == [], "the provider has answered, and takes no more texts to her"


def test_what_the_provider_took_for_start_takes_a_stop_back(session: Session, phone: Phone) -> None:
    phone.write("STOPP")
    phone.write("Jeg er med igjen", OptOutType="start")
    assert opted_out(session, phone) is None
    assert confirmed(session) == ["stop"]


def test_what_the_provider_took_for_help_is_answered_by_it(session: Session, phone: Phone) -> None:
    phone.write("STOPP", OptOutType="HELP")
    assert opted_out(session, phone) is None
    assert session.scalars(select(Reply.kind)).all() == ["help"]
    assert confirmed(session) == []


@pytest.mark.parametrize("sentence", ["", "NONE", "stopp", "0", "STOP,START"])
def test_a_rule_that_we_do_not_know_leaves_the_words_to_us(session: Session, phone: Phone, sentence: str) -> None:
    phone.write("STOPP", OptOutType=sentence)
    assert opted_out(session, phone) is not None
    assert confirmed(session) == ["stop"]


@pytest.mark.parametrize("words", ["JA", "yes", "Ja!", "Oui", "START"])
def test_a_yes_takes_a_stop_back(session: Session, phone: Phone, words: str) -> None:
    phone.write("STOPP")
    assert opted_out(session, phone) is not None
    phone.write(words)
    assert opted_out(session, phone) is None
    assert confirmed(session) == ["stop", "start"]


def test_a_yes_from_anybody_else_is_no_word_to_us(session: Session, phone: Phone) -> None:
    phone.write("JA")
    assert confirmed(session) == []
    assert [kind.value for kind in session.scalars(select(Message.kind).order_by(Message.id))][-1] == "unclear"
    phone.write("JA")
    assert session.scalars(select(Task.note)).all() == ["Wrote to us."], "a person reads it"


@pytest.mark.parametrize(
    ("people", "said", "heard"),
    [
        (("stopped",), "JA", True),
        (("stopped", "stopped"), "JA", True),
        (("stopped", "stopped"), "ja ja", True),
        (("stopped", "with us"), "JA", False),  # her answer, or whatever it may be: not the other's word
        (("with us", "stopped"), "YES", False),
        (("stopped", "stopped", "with us"), "JA", False),
        (("stopped", "no texts"), "JA", False),
        (("stopped", "withdrawn"), "JA", True),  # who has left asks for nothing
        (("stopped", "study is over"), "JA", True),
        (("withdrawn, stopped",), "JA", False),  # nobody is left whose texts could come again
        (("withdrawn, stopped", "with us"), "JA", False),
        (("with us", "with us"), "JA", False),
        (("stopped", "with us"), "START", True),  # the provider's own word, which it takes for the whole telephone
        (("stopped", "with us"), "start!", True),
    ],
)
def test_a_yes_takes_back_the_stop_of_a_telephone_only_where_all_who_take_part_said_stop(
    session: Session, client: FlaskClient, gateway: SandboxGateway, people: tuple[str, ...], said: str, heard: bool
) -> None:
    """One telephone of several people: what one of them says to a question must not let another's texts come again."""
    plan_of = {"study is over": BY_SMS.replace("study: backtobasic", "study: former")}
    owners = [
        enrolled(number, text=plan_of.get(kind, BY_SMS), phone="+4740000001", sms_answers=True)
        for number, kind in enumerate(people, 1)
    ]
    for owner, kind in zip(owners, people, strict=True):
        owner.contact.opted_out_at = SENT if "stopped" in kind else None
        owner.withdrawn_at = SENT if "withdrawn" in kind else None
        owner.texts_ended_at = SENT if kind == "no texts" else None
        owner.study.state = StudyState.CLOSED if kind in plan_of else owner.study.state
    session.commit()
    before = [owner.contact.opted_out_at for owner in owners]
    phone = Phone(client, gateway, owners[0])
    phone.write(said)
    session.expire_all()
    after = [owner.contact.opted_out_at for owner in owners]
    assert after == ([None] * len(owners) if heard else before)
    assert confirmed(session)[:1] == (["start"] if heard else ["help"])


def test_what_somebody_writes_from_a_shared_telephone_is_answered_to_who_gets_texts(
    session: Session, client: FlaskClient, gateway: SandboxGateway
) -> None:
    stopped, stays = (enrolled(number, text=BY_SMS, phone="+4740000001") for number in (1, 2))
    stopped.contact.opted_out_at = SENT
    session.commit()
    Phone(client, gateway, stays).write("JA")
    helped = select(Message.participant_id, Message.state).where(Message.kind == "help")
    assert session.execute(helped).all() == [(stays.id, MessageState.ACCEPTED)]
    assert session.scalars(select(Task.participant_id)).all() == [stays.id]


@pytest.mark.parametrize("words", ["ja men ikke nå", "nei", "ja takk, men ring først"])
def test_a_yes_among_other_words_takes_nothing_back(session: Session, phone: Phone, words: str) -> None:
    phone.write("STOPP")
    phone.write(words)
    assert opted_out(session, phone) is not None


def test_stop_is_heard_where_the_provider_says_so_and_no_key_opens_the_words(session: Session, phone: Phone) -> None:
    phone.write("6")
    phone.write("STOPP", OptOutType="STOP", sid="SMlost")
    reply = session.scalars(select(Reply).filter_by(sid="SMlost")).one()
    reply.body_sealed, reply.handled_at, phone.participant.contact.opted_out_at = b"\x07" + bytes(40), None, None
    session.commit()
    phone.wait(1)
    assert opted_out(session, phone) is not None


@pytest.mark.parametrize(
    ("more", "stops"),
    [
        ({"FromCountry": "NO"}, True),
        ({"FromCountry": "no"}, True),
        ({"FromCountry": "DK"}, False),
        ({"To": "+4540612346"}, False),
        ({"FromCountry": "NO", "To": "+4540612346"}, True),
        ({}, True),
    ],
)
def test_of_two_countries_that_have_such_a_number_the_one_that_is_told_counts(
    session: Session, phone: Phone, more: dict[str, str], stops: bool
) -> None:
    other = enrolled(2, text=BY_SMS, phone="+4740612345")
    session.commit()
    phone.write("STOPP", sender="40612345", **more)
    session.expire_all()
    assert (other.contact.opted_out_at is not None) is stops
