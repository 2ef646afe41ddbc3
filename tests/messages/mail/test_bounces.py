"""A mail that does not arrive (bounced, refused, put off), and who is then texted."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.messages.models import Breaker, Message
from app.participants.enrolment import change_email
from app.participants.models import Contact, Participant
from tests.messages.books import closed
from tests.messages.gateways.conformance.carriers import words_of
from tests.messages.mail.people import mailed
from tests.messages.mail.returns import delivery_report, head_of_mail
from tests.messages.mail.rows import LINK, ledger, tasks
from tests.messages.mail.service import Service
from tests.messages.people import INVITED, answered, minutes, visit


def test_an_email_that_bounced_is_followed_by_sms(session: Session, kari: Participant, service: Service) -> None:
    service.tick()
    (mail,) = service.mailed
    for _ in range(2):
        assert service.comes_back(mail) == 204
    for _ in range(3):
        service.tick(1)
    assert ledger(session) == [("invitation", "email", "failed"), ("invitation", "sms", "accepted")]
    (text,) = service.texted
    assert LINK.findall(text) == LINK.findall(words_of(mail)), "the link that she may have all the same"
    assert len(service.mailed) == 1
    assert session.scalars(select(Message.error_code).order_by(Message.id)).all() == ["5.1.1", None]
    assert tasks(session) == ["An e-mail came back (5.1.1): she gets texts instead. Ask her for her address."]
    assert closed(session, service.now + minutes(20))


def test_what_comes_after_a_bounce_is_texted_too(session: Session, kari: Participant, service: Service) -> None:
    service.tick()
    service.comes_back(service.mailed[0])
    service.tick(1)
    service.at(INVITED + timedelta(days=1, hours=8))
    assert {row[:2] for row in ledger(session)[1:]} == {("invitation", "sms"), ("reminder-1", "sms")}
    assert len(service.mailed) == 1


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("rcpt:550 5.1.1 no such user", "5.1.1"), ("rcpt:553 what is this", "553"), ("rcpt:552 5.2.2 full", "5.2.2"),
        ("words:554 5.3.4 too long", "5.3.4"), ("data:554 5.6.0 none of that", "5.6.0"),
        ("rcpt:554 no relay", "554"), ("rcpt:550 5.1.6 has moved", "5.1.6"), ("rcpt:550 5.1.10 no mail here", "5.1.10"),
    ],
)  # fmt: skip
def test_an_address_that_the_server_refuses_is_texted_at_once(
    session: Session, kari: Participant, service: Service, fault: str, code: str
) -> None:
    service.mails.server.smtp.script.append(fault)
    service.tick()
    service.tick(1)
    assert ledger(session) == [("invitation", "email", "failed"), ("invitation", "sms", "accepted")]
    assert session.scalars(select(Message.error_code).order_by(Message.id)).first() == code


REFUSE_US = ["rcpt:554 5.7.1 relay access denied", "words:550 5.7.26 not authenticated", "data:554 5.7.1 blocked",
             "rcpt:550 5.1.8 bad sender", "rcpt:550 5.1.7 bad sender"]  # fmt: skip


@pytest.mark.parametrize("fault", REFUSE_US)
def test_who_is_refused_alone_for_what_may_be_ours_is_texted_at_the_second_try(
    session: Session, kari: Participant, service: Service, fault: str
) -> None:
    mailed(2)
    service.mails.server.smtp.script.append(fault)
    service.tick()
    assert sorted(ledger(session)) == [("invitation", "email", "accepted"), ("invitation", "email", "queued")]
    service.mails.server.smtp.script.append(fault)
    service.tick(1)
    service.tick(1)
    states = [("invitation", "email", "accepted"), ("invitation", "email", "failed"), ("invitation", "sms", "accepted")]
    assert sorted(ledger(session)) == states


@pytest.mark.parametrize("fault", REFUSE_US)
def test_where_a_mail_server_refuses_us_for_everybody_no_address_is_given_up(
    session: Session, service: Service, fault: str
) -> None:
    for number in range(1, 4):
        mailed(number)
    service.mails.server.smtp.script.extend([fault] * 100)
    for _ in range(5):
        service.tick(1)
    assert [row[2] for row in ledger(session)] == ["queued"] * 3
    assert session.scalars(select(Contact.email_unusable_since).distinct()).all() == [None]
    assert tasks(session) == []
    service.mails.server.smtp.script.clear()
    for _ in range(4):
        service.tick(10)
    assert [row[2] for row in ledger(session)] == ["accepted"] * 3


def test_a_server_that_says_later_is_asked_for_a_while_and_then_she_is_texted(
    session: Session, kari: Participant, service: Service
) -> None:
    service.mails.server.smtp.script.extend(["rcpt:451 4.2.0 greylisted"] * 3)
    for _ in range(10):
        service.tick(1)
    assert ledger(session) == [("invitation", "email", "accepted")]
    service.mails.server.smtp.script.extend(["rcpt:452 4.2.2 full"] * 50)
    service.now = INVITED + timedelta(days=1, hours=8)
    for _ in range(40):
        service.tick(2)
    assert ledger(session)[1:] == [("reminder-1", "email", "failed"), ("invitation", "sms", "accepted")]


def test_no_mail_server_halts_mails_and_no_texts(session: Session, service: Service) -> None:
    mailed(1)
    mailed(2, channel="sms")
    service.mails.close()
    for _ in range(5):
        service.tick(2)
    assert sorted(ledger(session)) == [("invitation", "email", "queued"), ("invitation", "sms", "accepted")]
    opened = session.scalars(select(Breaker.gateway).where(Breaker.opened_at.is_not(None))).all()
    assert (opened, len(service.texted)) == (["email"], 1)


def test_credentials_that_the_mail_server_refuses_are_nobodys_bounce(session: Session, service: Service) -> None:
    for number in range(1, 7):
        mailed(number)
    service.mails.server.smtp.script.extend(["mail:535 5.7.8 wrong password"] * 100)
    for _ in range(5):
        service.tick(1)
    assert {row[2] for row in ledger(session)} == {"queued"}
    assert session.scalars(select(Contact.email_unusable_since).distinct()).all() == [None]


def test_a_late_bounce_of_an_address_that_was_corrected_says_nothing_of_the_new_one(
    session: Session, kari: Participant, service: Service
) -> None:
    service.tick()
    change_email(kari, "kari.nordmann@example.org", "email")
    session.commit()
    service.comes_back(service.mailed[0])
    service.tick(1)
    session.expire_all()
    assert kari.contact.email_unusable_since is None
    assert ledger(session) == [("invitation", "email", "failed"), ("invitation", "email", "accepted")]


def test_an_answer_by_then_silences_the_text_that_would_follow(
    session: Session, kari: Participant, service: Service
) -> None:
    service.tick()
    answered(visit(kari, "d7"), INVITED + minutes(1))
    session.commit()
    service.comes_back(service.mailed[0])
    service.tick(2)
    assert (len(ledger(session)), service.texted) == (1, [])


def test_a_mail_of_another_life_or_of_another_service_bounces_at_nobody(
    session: Session, kari: Participant, service: Service
) -> None:
    service.tick()
    (mail,) = service.mailed
    strange = [
        f"Message-ID: <mail-{'0' * 16}@localhost>",
        f"Message-ID: <x@localhost>\r\nX-Svar-Reference: 1.{'0' * 16}",
        f"Message-ID: <x@localhost>\r\nX-Svar-Reference: {'9' * 30}.{'0' * 16}",
        "Message-ID: <x@localhost>",
        "",
    ]
    assert [service.hand_in(delivery_report(head)) for head in strange] == [204] * 5
    assert service.hand_in(delivery_report(head_of_mail(mail)), secret="another") == 403
    service.tick(1)
    assert ledger(session) == [("invitation", "email", "accepted")]


def test_a_bounce_that_kept_only_the_message_id_is_known_by_it(
    session: Session, kari: Participant, service: Service
) -> None:
    service.tick()
    service.hand_in(delivery_report(f"Message-ID: {service.mailed[0]['Message-ID']}"))
    service.tick(1)
    assert ledger(session)[0] == ("invitation", "email", "failed")
