"""E-mail as a channel of prompts: the same outbox, gate, ledger and promises; what comes back is followed by a text."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.time import moved_clock
from app.messages.gateways.gateway import tag_of
from app.messages.kinds import MessageKind, Reason
from app.messages.models import Attempt, Message, MessageState
from app.messages.queueing.prompts import queue_prompts
from app.messages.receiving.restoring import recover
from app.participants.channels import ReachedBy
from app.participants.enrolment import change_email, change_phone
from app.participants.models import Participant
from app.participants.way_out import unsubscribe_token
from app.studies.protocol import Channel
from tests.factories import visitor
from tests.messages.books import closed
from tests.messages.gateways.conformance.carriers import words_of
from tests.messages.mail.people import ADDRESS, BY_EMAIL, mailed
from tests.messages.mail.returns import complaint, head_of_mail
from tests.messages.mail.rows import LINK, ledger, tasks
from tests.messages.mail.service import Service
from tests.messages.people import INVITED, minutes
from tests.reading import said


def test_an_invitation_leaves_by_email_once_and_nothing_is_texted(
    session: Session, kari: Participant, service: Service
) -> None:
    for _ in range(3):
        service.tick(1)
    assert ledger(session) == [("invitation", "email", "accepted")]
    (mail,) = service.mailed
    assert (mail["To"], service.texted) == (ADDRESS, [])
    assert service.mails.server.smtp.envelopes == [("svar@hospital.example", ADDRESS)]
    assert closed(session, INVITED + minutes(20))


def test_a_mail_is_plain_calm_and_whole_in_both_its_forms(
    session: Session, kari: Participant, service: Service
) -> None:
    service.tick()
    (mail,) = service.mailed
    words, page = words_of(mail), mail.get_body(("html",))
    assert page is not None
    assert (mail["Subject"], mail["From"].addresses[0].addr_spec) == ("Noen spørsmål til deg", "svar@hospital.example")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert '<html lang="nb">' in page.get_content()
    (link,) = LINK.findall(words)
    assert page.get_content().count(f'<a href="{link}">{link}</a>') == 1
    assert "Vil du ikke ha flere meldinger fra oss? http://localhost/e/" in words
    assert [part for part in ("<img", "<script", "http-equiv", "src=", "url(") if part in page.get_content()] == []
    assert [name for name in ("d7", kari.code, "+47400", "backtobasic") if name in said(mail)] == []
    with moved_clock(lambda: INVITED):
        assert visitor(service.app).get(link.removeprefix("http://localhost")).status_code == 200


@pytest.mark.parametrize("tail", [".", ")", ",", ">", "/", "%29", ".)", "/x", " AAAA"])
def test_an_address_that_a_mail_program_wrote_on_still_leads_to_its_page(
    kari: Participant, service: Service, tail: str
) -> None:
    address = f"/e/{unsubscribe_token(kari.id, kari.mark)}"
    browser = visitor(service.app)
    answer = browser.get(address + tail)
    assert (answer.status_code, answer.location) == (302, address)
    assert browser.get(address).status_code == 200
    assert browser.get("/e/no/token/at/all").status_code == 404


def test_the_message_id_is_what_makes_the_message_one(session: Session, kari: Participant, service: Service) -> None:
    service.mails.script("broken before")
    service.mails.script("broken before")
    service.tick()
    assert ledger(session) == [("invitation", "email", "unknown")]
    for _ in range(20):
        service.tick(2)
    message = session.scalars(select(Message).order_by(Message.id)).first()
    assert message is not None
    assert message.state is MessageState.FAILED, "sent once more, without trace again"
    assert session.scalars(select(Attempt.number).where(Attempt.message_id == message.id)).all() == [1, 2]
    ours = f"<mail-{tag_of(kari.mark, message.dedupe_key)}@localhost>"
    assert {mail["Message-ID"] for mail in service.mailed} <= {ours}


def test_a_mail_that_may_have_arrived_twice_is_the_same_mail(
    session: Session, kari: Participant, service: Service
) -> None:
    service.mails.script("broken after")
    for _ in range(10):
        service.tick(2)
    first, second = service.mailed
    assert first["Message-ID"] == second["Message-ID"]
    assert LINK.findall(words_of(first)) == LINK.findall(words_of(second))
    assert ledger(session) == [("invitation", "email", "accepted")]
    assert session.scalars(select(Message.possible_duplicate)).all() == [True]


@pytest.mark.parametrize(
    ("reached_by", "phone_works", "email_works", "left"),
    [
        (ReachedBy.SMS, True, True, Channel.SMS),
        (ReachedBy.SMS, False, True, None),
        (ReachedBy.EMAIL, True, True, Channel.EMAIL),
        (ReachedBy.EMAIL, True, False, None),
        (ReachedBy.EMAIL_THEN_SMS, True, True, Channel.EMAIL),
        (ReachedBy.EMAIL_THEN_SMS, True, False, Channel.SMS),
        (ReachedBy.EMAIL_THEN_SMS, False, True, Channel.EMAIL),
        (ReachedBy.EMAIL_THEN_SMS, False, False, None),
        (ReachedBy.SMS_THEN_EMAIL, True, True, Channel.SMS),
        (ReachedBy.SMS_THEN_EMAIL, True, False, Channel.SMS),
        (ReachedBy.SMS_THEN_EMAIL, False, True, Channel.EMAIL),
        (ReachedBy.SMS_THEN_EMAIL, False, False, None),
    ],
)
def test_what_leaves_by_which_channel_is_the_rule_of_channels(
    session: Session, kari: Participant, service: Service,
    reached_by: ReachedBy, phone_works: bool, email_works: bool, left: Channel | None,
) -> None:  # fmt: skip
    from app.participants.channels import channel_of

    kari.reached_by = reached_by
    kari.contact.unusable_since = None if phone_works else INVITED
    kari.contact.email_unusable_since = None if email_works else INVITED
    session.commit()
    service.tick()
    assert channel_of(reached_by, phone_works=phone_works, email_works=email_works) is left
    assert (len(service.mailed), len(service.texted)) == (left is Channel.EMAIL, left is Channel.SMS)
    if left is None:
        assert session.scalars(select(Message.reason)).all() == [Reason.NO_NUMBER]
    for _ in range(2):
        service.tick(1)
    assert len(ledger(session)) == 1


def test_a_corrected_address_is_written_to_from_then_on_and_asks_nothing_twice(
    session: Session, kari: Participant, service: Service
) -> None:
    service.tick()
    service.comes_back(service.mailed[0])
    service.tick(1)
    change_email(kari, "kari.nordmann@example.org", "email")
    session.commit()
    for _ in range(3):
        service.tick(1)
    assert len(ledger(session)) == 2, "she has the text"
    service.at(INVITED + timedelta(days=1, hours=8))
    assert ledger(session)[2] == ("reminder-1", "email", "accepted")
    assert service.mailed[-1]["To"] == "kari.nordmann@example.org"


def test_an_address_corrected_before_anything_else_arrived_is_asked(session: Session, service: Service) -> None:
    kari = mailed(phone="+4740000001", text=BY_EMAIL.replace("channels: [email, sms]", "channels: [email]"))
    service.tick()
    service.comes_back(service.mailed[0])
    service.tick(1)
    assert ledger(session) == [("invitation", "email", "failed")]
    assert tasks(session) == ["An e-mail came back (5.1.1): nothing reaches her. Ask her for her address."]
    change_email(kari, "kari.nordmann@example.org")
    session.commit()
    service.tick(1)
    assert ledger(session)[1:] == [("invitation", "email", "accepted")]


def test_one_press_in_the_mail_program_ends_every_message(
    session: Session, kari: Participant, service: Service
) -> None:
    service.tick()
    (mail,) = service.mailed
    address = mail["List-Unsubscribe"].strip("<>")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    looked = visitor(service.app).get(address.removeprefix("http://localhost"))
    session.expire_all()
    assert (looked.status_code, kari.contact.opted_out_at) == (200, None), "a robot that looks changes nothing"
    for _ in range(2):
        assert service.press(address, **{"List-Unsubscribe": "One-Click"})[0] == 200
    session.expire_all()
    assert kari.contact.opted_out_at == INVITED
    assert tasks(session) == ["Asked in an e-mail for no more messages; gets none."]
    service.at(INVITED + timedelta(days=1, hours=8))
    assert ledger(session)[1:] == [("reminder-1", "email", "suppressed")]
    assert (len(service.mailed), service.texted) == (1, []), "who wants no e-mails is not texted in their place"


def test_what_was_pressed_by_mistake_is_taken_back_on_the_same_page(
    session: Session, kari: Participant, service: Service
) -> None:
    service.tick()
    address = service.mailed[0]["List-Unsubscribe"].strip("<>")
    _, page = service.press(address, **{"List-Unsubscribe": "One-Click"})
    assert 'name="again"' in page
    assert [word for word in (kari.code, ADDRESS, "+47400") if word in page] == []
    service.press(address, again="1")
    session.expire_all()
    assert kari.contact.opted_out_at is None


@pytest.mark.parametrize("changed", [slice(1, None), slice(0, -1), slice(0, 0)])
def test_nobody_ends_the_messages_of_somebody_else(
    session: Session, kari: Participant, service: Service, changed: slice
) -> None:
    service.tick()
    head, _, token = service.mailed[0]["List-Unsubscribe"].strip("<>").rpartition("/")
    assert service.press(f"{head}/{token[changed] or 'A' * 34}")[0] == 404
    (link,) = LINK.findall(words_of(service.mailed[0]))
    assert service.press(f"{head}/{link.rpartition('/')[2]}")[0] == 404, "a visit's link is none of these"
    session.expire_all()
    assert kari.contact.opted_out_at is None


@pytest.mark.parametrize(("kind", "stops"), [("abuse", True), ("opt-out", True), ("not-spam", False), ("virus", False)])
def test_who_calls_a_mail_unwanted_gets_no_more_messages(
    session: Session, kari: Participant, service: Service, kind: str, stops: bool
) -> None:
    service.tick()
    assert service.hand_in(complaint(head_of_mail(service.mailed[0]), kind)) == 204
    session.expire_all()
    assert (kari.contact.opted_out_at is not None, len(tasks(session))) == (stops, stops)


def test_a_stop_by_text_ends_the_mails_too(session: Session, kari: Participant, service: Service) -> None:
    from tests.fake_twilio.callbacks import write_to_us

    assert write_to_us(visitor(service.app), "+4740000001", "STOPP") == 204
    service.tick()
    rows = ledger(session)
    assert sorted(rows) == [("invitation", "email", "suppressed"), ("stop", "sms", "accepted")]
    assert (service.mailed, len(service.texted)) == ([], 1), "what answers a text is a text"


def test_a_delivery_that_is_told_of_is_delivered(session: Session, kari: Participant, service: Service) -> None:
    service.tick()
    for action in ("delayed", "relayed", "expanded", "delivered"):
        service.comes_back(service.mailed[0], "2.0.0", action)
        service.tick(1)
        assert ledger(session)[0][2] == ("delivered" if action == "delivered" else "accepted")


def test_who_has_no_mobile_number_is_enrolled_for_emails_alone(session: Session, service: Service) -> None:
    kari = mailed(phone="")
    assert (kari.contact.phone, kari.reached_by) == (None, ReachedBy.EMAIL)
    service.tick()
    service.comes_back(service.mailed[0])
    service.tick(1)
    assert ledger(session) == [("invitation", "email", "failed")]
    change_phone(kari, "40000009")
    session.commit()
    service.tick(1)
    assert (kari.reached_by, ledger(session)[1]) == (ReachedBy.EMAIL_THEN_SMS, ("invitation", "sms", "accepted"))


def test_after_a_restore_no_provider_of_texts_is_asked_about_a_mail(
    session: Session, kari: Participant, service: Service
) -> None:
    queue_prompts(INVITED)
    session.commit()
    service.provider.twilio.lists = False
    assert recover(service.twilio, INVITED - minutes(5), INVITED) == 0
    service.tick()
    assert [mail["To"] for mail in service.mailed] == [ADDRESS]


def test_the_sandbox_takes_mails_too_and_keeps_their_words(session: Session, app: Flask, kari: Participant) -> None:
    from app.clock import tick
    from app.messages.gateways.sandbox import SandboxGateway, texts_of

    tick(SandboxGateway(app.extensions["settings"]), INVITED)
    (kept,) = texts_of(kari)
    assert kept.body.startswith("Noen spørsmål til deg\n\n")
    assert ledger(session) == [(str(MessageKind.INVITATION), "email", "accepted")]
