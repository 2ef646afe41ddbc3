"""Texts from numbers that nobody here has: read by somebody, and a STOP answered kindly, once, within the budgets."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.roles import Permission, Role
from app.clock import tick
from app.core.audit import AuditEntry
from app.core.problems import BadInput, Conflict, NotFound
from app.core.time import moved_clock
from app.messages import breaker, budgets
from app.messages.gateways.sandbox import SandboxGateway
from app.messages.gateways.twilio import TwilioGateway
from app.messages.models import Message, Reply, Stranger
from app.messages.receiving.strangers import find_stranger, finish_stranger, read_stranger, waiting
from app.participants.models import Task
from app.studies.access import Scope, admit
from app.studies.confining import confine
from app.studies.installing import site
from app.studies.models import Study, StudyState
from tests.factories import Browser, user
from tests.fake_twilio.callbacks import write_to_us
from tests.fake_twilio.server import Server
from tests.messages.people import INVITED, PROTOCOL, enrolled, minutes, only
from tests.messages.phones import SENT, Phone

UNKNOWN = "+4799999999"
BY = "user:7"


@pytest.fixture
def phone(session: Session, client: FlaskClient, gateway: SandboxGateway) -> Phone:
    """Somebody takes part; the telephone that writes here is not hers."""
    participant = enrolled()
    only(participant, "d21")
    session.commit()
    return Phone(client, gateway, participant)


def got(gateway: SandboxGateway, number: str = UNKNOWN) -> list[str]:
    return [text.body for text in gateway.find(number, INVITED - timedelta(days=1))]


def scope_of(study: Study, at_site: str | None = "01") -> Scope:
    return admit(user(study, Role.COORDINATOR, at_site), study.code, Permission.REVEAL_CONTACT)


def only_one(session: Session) -> Stranger:
    session.expire_all()
    return session.scalars(select(Stranger)).one()


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


@pytest.mark.parametrize(
    ("states", "reading"),
    [
        ((StudyState.CLOSED, StudyState.LIVE), ["second"]),
        ((StudyState.CLOSED, StudyState.SETUP), ["second"]),
        ((StudyState.CLOSED, StudyState.LOCKED), ["backtobasic", "second"]),
        ((StudyState.ARCHIVED, StudyState.LOCKED), ["second"]),
        ((StudyState.ARCHIVED, StudyState.ARCHIVED), ["backtobasic", "second"]),
    ],
)
def test_a_number_that_nobody_has_is_read_by_somebody_whatever_the_studies_are(
    session: Session, phone: Phone, states: tuple[StudyState, StudyState], reading: list[str]
) -> None:
    """Who took part years ago may write too, and nobody else has her words."""
    text = PROTOCOL.read_text("utf-8").replace("study: backtobasic", "study: second")
    phone.participant.study.state, enrolled(2, text=text, phone="+4740000002").study.state = states
    session.commit()
    phone.write("I am unwell", sender=UNKNOWN)
    query = select(Study.code).join(Stranger, Stranger.study_id == Study.id).order_by(Study.code)
    assert session.scalars(query).all() == reading
    row = session.scalars(select(Stranger).order_by(Stranger.id).limit(1)).one()
    assert [each.words for each in read_stranger(row, "user:1", "the daily round", phone.now).texts] == ["I am unwell"]


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


def test_reading_and_closing_are_on_the_record_and_nothing_is_put_away_unread(session: Session, phone: Phone) -> None:
    phone.write("Hei", sender=UNKNOWN)
    stranger = only_one(session)
    with pytest.raises(BadInput, match="Say why"):
        read_stranger(stranger, BY, " ", phone.now)
    with pytest.raises(Conflict, match="nobody has read"):
        finish_stranger(stranger, BY, "Her new number.", phone.now)
    read_stranger(stranger, BY, "the daily round", phone.now)
    session.commit()
    phone.write("Hallo?", sender=UNKNOWN)
    stranger = only_one(session)
    with pytest.raises(Conflict, match="nobody has read"):
        finish_stranger(stranger, BY, "Her new number.", phone.now)
    read_stranger(stranger, BY, "the daily round", phone.now)
    with pytest.raises(BadInput, match="Say what was done"):
        finish_stranger(stranger, BY, " ", phone.now)
    finish_stranger(stranger, BY, "Her new number.", phone.now)
    session.commit()
    with pytest.raises(Conflict, match="closed this already"):
        finish_stranger(stranger, BY, "Again.", phone.now)
    phone.write("Takk", sender=UNKNOWN)
    rows = session.scalars(select(Stranger).order_by(Stranger.id)).all()
    words_read = [[text.words for text in read_stranger(row, BY, "the daily round", phone.now).texts] for row in rows]
    assert words_read == [["Hei", "Hallo?"], ["Takk"]]
    entries = session.scalars(select(AuditEntry).filter_by(table_name="identifiers.strangers")).all()
    assert entries
    assert UNKNOWN not in str([(entry.old, entry.new) for entry in entries])


def test_a_stranger_is_of_the_study_and_of_no_site(session: Session, phone: Phone) -> None:
    other = enrolled(
        2, text=PROTOCOL.read_text("utf-8").replace("study: backtobasic", "study: other"), phone="+4740000002"
    )
    other.study.state = StudyState.SETUP
    session.commit()
    phone.write("Hei", sender=UNKNOWN)
    stranger, study = only_one(session), phone.participant.study
    for at_site in ("01", "02", None):
        assert find_stranger(scope_of(study, at_site), stranger.id) is stranger
    with pytest.raises(NotFound):
        find_stranger(scope_of(other.study), stranger.id)
    mine, theirs = site(study, "02").id, site(other.study, "01").id
    session.commit()
    for site_ids, seen in (([mine], 1), ([theirs], 0), ([], 0)):
        confine(site_ids)
        session.expire_all()
        assert len(session.scalars(select(Stranger)).all()) == seen
        session.rollback()


def test_staff_read_it_on_the_page_of_today(session: Session, app: Flask, phone: Phone) -> None:
    phone.write("Jeg er <b>Ronja</b>", sender=UNKNOWN)
    stranger = only_one(session)
    browser = Browser(app, user(phone.participant.study, Role.COORDINATOR, "02"))
    address = f"/desk/backtobasic/today/strangers/{stranger.id}"
    page = browser.get("/desk/backtobasic/today/").text
    assert (address in page, UNKNOWN in page, "Ronja" in page) == (True, False, False)
    assert "Ronja" not in browser.get(address).text
    assert browser.post(f"{address}/texts", reason="").status_code == 400
    assert browser.post(address, outcome="Her new number.").status_code == 409
    shown = browser.post(f"{address}/texts", reason="the daily round").text
    assert (UNKNOWN in shown, "Jeg er &lt;b&gt;Ronja&lt;/b&gt;" in shown) == (True, True)
    assert browser.post(address, outcome="Her new number.").status_code == 303
    assert address not in browser.get("/desk/backtobasic/today/").text
    for role, status in ((Role.MONITOR, 403), (Role.STATISTICIAN, 403)):
        other = Browser(app, user(phone.participant.study, role))
        assert other.post(f"{address}/texts", reason="the daily round").status_code == status
