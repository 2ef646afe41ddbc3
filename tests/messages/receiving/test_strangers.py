"""A STOP from a number that nobody here has is answered kindly, once, within the budgets; studies are told."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.core.time import moved_clock
from app.messages import breaker, budgets
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.gateways.twilio import TwilioGateway
from app.messages.models import Message, Reply, Stranger
from app.messages.receiving.strangers import read_stranger, waiting
from app.participants.models import Task
from app.studies.models import Study, StudyState
from tests.fake_twilio.callbacks import write_to_us
from tests.fake_twilio.server import Server
from tests.messages.people import INVITED, PROTOCOL, enrolled, minutes
from tests.messages.phones import SENT, Phone
from tests.messages.receiving.strangers import BY, UNKNOWN, only_one, scope_of
from tests.messages.receiving.strangers import phone as phone


def got(gateway: SandboxGateway, number: str = UNKNOWN) -> list[str]:
    return [text.body for text in gateway.find(number, INVITED - timedelta(days=1))]


@pytest.mark.parametrize("words", ["STOPP", "stop", "Meld av", "rcs"])
def test_a_stop_from_nobody_s_number_is_answered_once_and_put_before_somebody(
    session: Session, phone: Phone, gateway: SandboxGateway, words: str
) -> None:
    more = {"sender": f"rcs:{UNKNOWN}"} if words == "rcs" else {"sender": UNKNOWN}
    for _ in range(4):
        phone.write("STOPP" if words == "rcs" else words, **more)
    phone.wait(60 * 30)
    phone.write("STOPP", **more)
    (answer,) = got(gateway)
    assert "Du får ikke flere meldinger fra oss" in answer
    assert "+4721234561" in answer.replace(" ", "")
    stranger = only_one(session)
    assert stranger.note == "Wrote STOP from a number that nobody here has."
    assert phone.participant.contact.opted_out_at is None
    assert session.scalars(select(Task)).all() == []
    assert session.scalars(select(Reply.sender_sealed)).all() == [None] * 5, "the number stands in one place"


@pytest.mark.parametrize("words", ["Hei, det er Kari", "START", "HJELP", "6", "", "ikke stopp meg"])
def test_what_else_nobody_s_number_writes_is_read_and_not_answered(
    session: Session, phone: Phone, gateway: SandboxGateway, words: str
) -> None:
    phone.write(words, sender=UNKNOWN)
    phone.write("og en ting til", sender=UNKNOWN)
    phone.wait(5)
    assert got(gateway) == []
    contents = read_stranger(only_one(session), BY, "the daily round", phone.now)
    assert contents.phone == UNKNOWN
    assert [text.words for text in contents.texts] == [words, "og en ting til"]


@pytest.mark.parametrize(("heard", "answers"), [("", 1), ("HELP", 1), ("START", 1), ("STOP", 0)])
def test_a_stop_is_answered_by_us_unless_the_provider_heard_one_before(
    session: Session, phone: Phone, gateway: SandboxGateway, heard: str, answers: int
) -> None:
    phone.write(heard or "Hei", sender=UNKNOWN, OptOutType=heard)
    phone.write("STOPP", sender=UNKNOWN)
    assert len(got(gateway)) == answers
    assert only_one(session).stopped_at is not None


@pytest.mark.parametrize("sender", ["Telenor", "2440", "+12015550123", "+380501234567"])
def test_no_answer_goes_to_what_is_no_telephone_or_of_a_country_that_is_not_texted(
    session: Session, phone: Phone, gateway: SandboxGateway, sender: str
) -> None:
    phone.write("STOP", sender=sender)
    assert [text.body for text in gateway.find(sender, INVITED - timedelta(days=1))] == []
    assert only_one(session).stopped_at is not None


def test_a_sender_without_a_name_is_heard_by_nobody_and_stops_nobody(session: Session, phone: Phone) -> None:
    phone.write("STOP", sender="")
    phone.write("STOP")
    session.expire_all()
    assert phone.participant.contact.opted_out_at is not None
    assert session.scalars(select(Stranger)).all() == []


def test_a_number_that_no_key_opens_keeps_nothing_else_from_being_heard(
    session: Session, phone: Phone, caplog: pytest.LogCaptureFixture
) -> None:
    with moved_clock(lambda: phone.now):
        write_to_us(phone.client, UNKNOWN, "STOP")
    reply = session.scalars(select(Reply)).one()
    reply.sender_sealed = reply.body_sealed = b"\x07" + bytes(40)
    session.commit()
    phone.write("STOPP")
    session.expire_all()
    assert phone.participant.contact.opted_out_at is not None
    assert "no key of ours opens" in caplog.text
    assert [reply.handled_at for reply in session.scalars(select(Reply))].count(None) == 0


def test_each_live_study_is_told_and_no_other(session: Session, phone: Phone) -> None:
    for code, state in (("second", StudyState.LIVE), ("early", StudyState.SETUP), ("former", StudyState.CLOSED)):
        text = PROTOCOL.read_text("utf-8").replace("study: backtobasic", f"study: {code}")
        enrolled(2, text=text, phone="+4740000002").study.state = state
    session.commit()
    phone.write("STOPP", sender=UNKNOWN)
    query = select(Study.code).join(Stranger, Stranger.study_id == Study.id).order_by(Study.code)
    assert session.scalars(query).all() == ["backtobasic", "second"]
    assert len(got(phone.gateway)) == 1, "one answer, though two studies are told"


def test_where_no_study_is_live_each_that_is_not_closed_is_told(session: Session, phone: Phone) -> None:
    phone.participant.study.state = StudyState.SETUP
    session.commit()
    phone.write("STOPP", sender=UNKNOWN)
    assert only_one(session).study_id == phone.participant.study_id


def test_real_telephones_are_answered_for_a_live_study_alone(
    session: Session, phone: Phone, twilio: TwilioGateway, provider: Server
) -> None:
    phone.participant.study.state = StudyState.SETUP
    session.commit()
    phone.gateway = twilio  # type: ignore[assignment]
    phone.write("STOPP", sender=UNKNOWN)
    assert [text for text in provider.twilio.log if text.to == UNKNOWN] == []
    phone.participant.study.state = StudyState.LIVE
    session.commit()
    tick(twilio, phone.now + minutes(1))
    tick(twilio, phone.now + minutes(2))
    (text,) = [text for text in provider.twilio.log if text.to == UNKNOWN]
    assert (text.callback or "", "Du får ikke flere" in text.body) == ("", True), "no report of it is awaited"


def test_a_night_s_stop_is_answered_while_she_is_up_and_else_in_the_morning(
    session: Session, phone: Phone, gateway: SandboxGateway
) -> None:
    phone.now = SENT + timedelta(hours=14)  # 23 in Oslo
    phone.write("STOPP", sender=UNKNOWN)
    assert len(got(gateway)) == 1
    breaker.hold("a test", phone.now)
    session.commit()
    phone.write("STOPP", sender="+4799999998")
    phone.wait(60)
    breaker.release()
    session.commit()
    phone.wait(1)
    assert got(gateway, "+4799999998") == [], "it is midnight"
    phone.wait(60 * 9)
    assert len(got(gateway, "+4799999998")) == 1


def test_while_texts_are_held_nobody_is_answered_and_after_a_day_it_is_too_late(
    session: Session, phone: Phone, gateway: SandboxGateway
) -> None:
    breaker.hold("a test", phone.now)
    session.commit()
    phone.write("STOPP", sender=UNKNOWN)
    phone.wait(60 * 25)
    breaker.release()
    session.commit()
    phone.wait(1)
    assert got(gateway) == []
    assert only_one(session).stopped_at is not None, "somebody still reads it"


def test_a_flood_of_numbers_is_answered_within_the_budget_and_each_is_read(
    session: Session, phone: Phone, gateway: SandboxGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.messages.sending.unknown_numbers.STRANGERS_A_DAY", 3)
    for number in range(6):
        phone.write("STOPP", sender=f"+479999999{number}")
    answered = [number for number in range(6) if got(gateway, f"+479999999{number}")]
    assert answered == [0, 1, 2]
    assert len(waiting(scope_of(phone.participant.study))) == 6
    assert budgets.STRANGERS_A_DAY <= 20
    assert session.scalars(select(Message.kind)).all() == ["invitation"], "it is in nobody's ledger"
