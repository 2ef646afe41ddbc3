"""The mailbox of our e-mails, read over IMAP: each mail once, whatever dies; nothing is changed there."""

import imaplib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.alert_settings import complaints
from app.messages.kinds import ReplyKind
from app.messages.models import MailboxMark, Message, Receipt, Reply
from app.messages.receiving import mailbox as reading
from app.messages.receiving.mailbox import MailboxRefused, folder_of, mailbox_name, read_mailbox
from app.participants.models import Participant, Task
from tests.fake_imap.server import FakeMailbox, ImapServer
from tests.messages.mail.people import ADDRESS
from tests.messages.mail.returns import complaint, delivery_report, head_of_mail
from tests.messages.mail.service import Service
from tests.messages.people import INVITED, minutes

LATER = INVITED + minutes(30)


@pytest.fixture
def box(app: Flask, service: Service) -> Iterator[FakeMailbox]:
    """The mailbox, in the settings of the application."""
    server, kept = ImapServer(), app.extensions["settings"]
    app.extensions["settings"] = replace(kept, mail=replace(kept.mail, mailbox=server.url))
    yield server.mailbox
    app.extensions["settings"] = kept
    server.close()


def read(session: Session, now: datetime = LATER) -> int:
    session.commit()
    session.rollback()
    number = read_mailbox(None, now)
    session.expire_all()
    return number


def mark(session: Session) -> tuple[int, int]:
    row = session.scalars(select(MailboxMark)).one()
    return row.validity, row.uid


def letter(words: str, sender: str = f"Kari <{ADDRESS}>", message_id: str = "<1@example.org>", head: str = "") -> bytes:
    """A mail that a person wrote."""
    lines = [f"From: {sender}", f"Message-ID: {message_id}", "To: svar@hospital.example", "Subject: Re", head]
    body = ["Content-Type: text/plain; charset=utf-8", "", words, ""]
    return "\r\n".join([*filter(None, lines), *body]).encode()


def test_a_mail_that_came_back_to_the_mailbox_is_followed_by_sms(
    session: Session, kari: Participant, service: Service, box: FakeMailbox
) -> None:
    service.tick()
    box.put(delivery_report(head_of_mail(service.mailed[0])))
    assert read(session) == 1
    service.tick(31)
    session.expire_all()
    assert (kari.contact.email_unusable_because, len(service.texted)) == ("came back (5.1.1)", 1)
    assert set(box.verbs) == {"capability", "login", "examine", "search", "fetch", "logout"}


def test_who_called_a_mail_unwanted_gets_no_more(
    session: Session, kari: Participant, service: Service, box: FakeMailbox
) -> None:
    service.tick()
    box.put(complaint(head_of_mail(service.mailed[0])))
    assert read(session) == 1
    assert kari.contact.opted_out_at == LATER


def test_each_mail_is_read_once_and_what_comes_afterwards_is_read_then(
    session: Session, kari: Participant, service: Service, box: FakeMailbox
) -> None:
    service.tick()
    report = delivery_report(head_of_mail(service.mailed[0]))
    box.put(report)
    assert [read(session), read(session)] == [1, 0]
    assert mark(session) == (7, 1)
    box.put(letter("Hello"))
    assert [read(session), read(session)] == [1, 0]
    assert mark(session) == (7, 2)


def test_a_server_that_numbers_its_mails_anew_is_read_anew_and_nothing_counts_twice(
    session: Session, kari: Participant, service: Service, box: FakeMailbox
) -> None:
    service.tick()
    box.put(delivery_report(head_of_mail(service.mailed[0])))
    box.put(letter("Hello"))
    assert read(session) == 2
    box.validity = 8
    assert read(session) == 2
    assert mark(session) == (8, 2)
    assert len(session.scalars(select(Receipt)).all()) == 1
    assert len(session.scalars(select(Reply)).all()) == 1
    assert len(session.scalars(select(Task)).all()) == 1


@pytest.mark.parametrize("dies", ["_hear", "_mark"])
def test_a_clock_that_dies_with_a_mail_in_its_hand_has_read_none_of_it(
    session: Session, kari: Participant, box: FakeMailbox, monkeypatch: pytest.MonkeyPatch, dies: str
) -> None:
    box.put(letter("Hello"))
    with monkeypatch.context() as dying:
        dying.setattr(reading, dies, lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            read(session)
    session.rollback()
    assert session.scalars(select(Reply)).all() == []
    assert [read(session), read(session)] == [1, 0]
    assert len(session.scalars(select(Reply)).all()) == 1


@pytest.mark.parametrize("fault", ["login:no", "examine:no", "search:no", "fetch:no", "login:drop", "fetch:drop"])
def test_a_server_that_refuses_or_breaks_off_fails_the_job_and_loses_nothing(
    session: Session, kari: Participant, box: FakeMailbox, fault: str
) -> None:
    box.put(letter("Hello"))
    box.script.append(fault)
    with pytest.raises((MailboxRefused, OSError, imaplib.IMAP4.error)):
        read(session)
    assert read(session) == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\xfe",
        b"From",
        b"From: \xff\xfe <\xff@\xff>\r\nMessage-ID: <\r\n\r\n\xff",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=\r\n\r\n",
        b"Content-Type: text/plain; charset=klingon\r\nFrom: a@b.no\r\n\r\nhei",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\nContent-Type: message/rfc822\r\n\r\n" * 400,
        b"From: a@b.no\r\n\r\n" + b"x" * 1_100_000,
    ],
    ids=["nothing", "noise", "half a head", "no letters", "cut", "no boundary", "charset", "nested", "long"],
)
def test_what_cannot_be_read_stops_nobody(session: Session, kari: Participant, box: FakeMailbox, raw: bytes) -> None:
    box.put(raw)
    box.put(letter("Hello"))
    assert read(session) == 2
    assert len(session.scalars(select(Reply)).all()) == 1


def test_a_round_ends_and_the_next_goes_on(
    session: Session, kari: Participant, box: FakeMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_MAILS", 2)
    for number in range(5):
        box.put(letter("Hello", message_id=f"<{number}@example.org>"))
    assert [read(session) for _ in range(4)] == [2, 2, 1, 0]
    assert len(session.scalars(select(Reply)).all()) == 5


def test_a_mail_that_is_gone_by_then_is_passed(session: Session, kari: Participant, box: FakeMailbox) -> None:
    uid = box.put(letter("Hello"))
    box.put(letter("There", message_id="<2@example.org>"))
    fetch = reading._mail
    with pytest.MonkeyPatch.context() as moment:
        moment.setattr(
            reading, "_mail", lambda server, wanted: fetch(server, wanted) if box.mails.pop(uid, b"") == b"" else b""
        )
        assert read(session) == 2
    assert mark(session) == (7, 2)


def test_without_the_setting_there_is_no_mailbox(session: Session, app: Flask) -> None:
    assert read(session) == 0
    assert session.scalars(select(MailboxMark)).all() == []


def test_a_letter_is_kept_closed_and_a_person_reads_it(session: Session, kari: Participant, box: FakeMailbox) -> None:
    box.put(letter("Kan dere ringe? Se https://svar.example/a/hemmelig"))
    assert read(session) == 1
    reply, task = session.scalars(select(Reply)).one(), session.scalars(select(Task)).one()
    assert (reply.kind, reply.participant_id, reply.task_id) == (ReplyKind.OTHER, kari.id, task.id)
    assert (task.note, task.participant_id) == ("Wrote an e-mail to us.", kari.id)
    assert b"ringe" not in (reply.body_sealed or b"ringe")


def test_a_letter_is_known_by_the_mail_that_it_answers_from_any_address(
    session: Session, kari: Participant, service: Service, box: FakeMailbox
) -> None:
    service.tick()
    head = f"In-Reply-To: {service.mailed[0]['Message-ID']}"
    box.put(letter("Hello", sender="somebody@else.example", head=head))
    read(session)
    assert session.scalars(select(Reply.participant_id)).all() == [kari.id]


@pytest.mark.parametrize("words", ["STOP", "Stopp", "stopp!", "  avslutt \r\n\r\nDen 1. mars skrev Svar:\r\n> Hei"])
def test_stop_by_mail_is_stop(session: Session, kari: Participant, box: FakeMailbox, words: str) -> None:
    box.put(letter(words))
    read(session)
    assert kari.contact.opted_out_at == LATER
    assert session.scalars(select(Task.note)).all() == ["Wrote STOP by e-mail: gets no more messages."]
    assert session.scalars(select(Reply.kind)).all() == [ReplyKind.STOP]


@pytest.mark.parametrize(
    ("sender", "head"),
    [
        ("nobody@example.org", ""),
        ("", ""),
        (ADDRESS, "Auto-Submitted: auto-replied"),
        (ADDRESS, "Auto-Submitted: auto-generated; type=x"),
        (ADDRESS, "Precedence: bulk"),
        (ADDRESS, "Precedence: LIST"),
        (ADDRESS, "Return-Path: <>"),
        (ADDRESS, "X-Autoreply: yes"),
    ],
)
def test_a_stranger_and_a_machine_are_forgotten(
    session: Session, kari: Participant, box: FakeMailbox, sender: str, head: str
) -> None:
    box.put(letter("STOP", sender, head=head))
    assert read(session) == 1
    assert (session.scalars(select(Reply)).all(), kari.contact.opted_out_at) == ([], None)


def test_a_letter_whose_person_writes_in_large_letters_is_hers(
    session: Session, kari: Participant, box: FakeMailbox
) -> None:
    box.put(letter("Hello", sender=ADDRESS.upper(), head="Auto-Submitted: no"))
    read(session)
    assert session.scalars(select(Reply.participant_id)).all() == [kari.id]


def test_nothing_is_open_in_the_database_while_the_mailbox_is_asked(
    session: Session, kari: Participant, box: FakeMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.put(letter("Hello"))
    fetch, open_then = reading._mail, list[bool]()

    def watched(server: imaplib.IMAP4, uid: int) -> bytes:
        open_then.append(session.in_transaction())
        return fetch(server, uid)

    monkeypatch.setattr(reading, "_mail", watched)
    read(session)
    assert open_then == [False]
    assert session.scalars(select(Message.id)).all() == []


@pytest.mark.parametrize(
    ("url", "name", "folder"),
    [
        ("imaps://svar%40h.example:p@mail.h.example", "svar@h.example@mail.h.example/INBOX", "INBOX"),
        ("imaps://svar:p@mail.h.example/", "svar@mail.h.example/INBOX", "INBOX"),
        ("imaps://svar:p@mail.h.example:1993/INBOX/Svar", "svar@mail.h.example/INBOX/Svar", "INBOX/Svar"),
        ("imaps://svar:p@mail.h.example/Sent%20%22x%22", 'svar@mail.h.example/Sent "x"', 'Sent "x"'),
    ],
)
def test_a_mailbox_is_named_without_its_password(url: str, name: str, folder: str) -> None:
    assert (mailbox_name(url), folder_of(url)) == (name, folder)


WRONG = "MAILBOX_URL is not an address"


@pytest.mark.parametrize(
    ("url", "sentences"),
    [
        ("imaps://svar:p@mail.h.example", []),
        ("imap://svar%40h.example:p%40ss@mail.h.example:1143/INBOX", []),
        ("imaps://mail.h.example", [WRONG]),
        ("imaps://svar@mail.h.example", [WRONG]),
        ("https://svar:p@mail.h.example", [WRONG]),
        ("imaps://svar:p@", [WRONG]),
        ("imaps://svar:p@mail.h.example:post", [WRONG]),
        ("imaps://svar:p@mail.h.example:0", [WRONG]),
        ("imaps://svar:p@mail.h.example/Søppel", [WRONG]),
        ("imaps://svar:p@mail.h.example/INBOX%0d%0aA1%20DELETE", [WRONG]),
        ("imaps://svar:p%0d%0ax@mail.h.example", [WRONG]),
    ],
)
def test_an_address_of_a_mailbox_that_cannot_be_used_is_refused(url: str, sentences: list[str]) -> None:
    good = {"MAIL_FROM": "svar@h.example", "SMTP_URL": "smtps://mail.h.example"}
    assert [sentence[: len(WRONG)] for sentence in complaints(good | {"MAILBOX_URL": url})] == sentences


def test_a_mailbox_without_the_address_that_it_is_of_is_refused() -> None:
    assert list(complaints({"MAILBOX_URL": "imaps://svar:p@mail.h.example"})) == [
        "MAIL_FROM is not set: MAILBOX_URL is the mailbox of that address"
    ]
