"""`flask ops check` of e-mail: each thing that keeps mails from leaving or coming back, with what to do about it."""

import imaplib
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.cli import mail_check
from app.cli.mail_check import mail, returned, text_records, unsigned, why_no_mail, why_no_mailbox
from app.config import MailSettings, Settings
from app.messages.receiving.mailbox import MailboxRefused
from app.studies.models import Membership
from tests.factories import backtobasic, installed, user
from tests.fake_imap.server import ImapServer
from tests.fake_smtp.server import SmtpServer
from tests.messages.mail.people import BY_EMAIL

SENDER = "svar@hospital.example"


@pytest.fixture
def smtp(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmtpServer]:
    """A mail server; the sender's domain says all that it should."""
    monkeypatch.setattr(mail_check, "text_records", lambda _: ["v=spf1 -all", "v=DMARC1; p=none"])
    server = SmtpServer()
    yield server
    server.close()


@pytest.fixture
def imap() -> Iterator[ImapServer]:
    server = ImapServer()
    yield server
    server.close()


def with_mail(settings: Settings, smtp_url: str = "", secret: str = "", mailbox: str = "") -> Settings:
    return replace(settings, smtp_url=smtp_url, mail=MailSettings(SENDER, secret, mailbox))


@pytest.mark.parametrize(
    ("fault", "begins"),
    [
        ("", []),
        (
            "mail:530 5.7.0 who are you",
            ["The mail server does not take mails from the address of MAIL_FROM (it answers 530)"],
        ),
        ("mail:451 later", ["The mail server does not take mails from the address of MAIL_FROM (it answers 451)"]),
        ("ehlo:500 what", []),  # an old one, which takes HELO
    ],
)
def test_the_mail_server_is_asked_whether_it_takes_our_sender(
    app: Flask, settings: Settings, smtp: SmtpServer, fault: str, begins: list[str]
) -> None:
    smtp.smtp.script.extend([fault] if fault else [])
    complaints = list(mail(with_mail(settings, smtp.address)))
    assert [complaint[: len(words)] for complaint, words in zip(complaints, begins, strict=True)] == begins
    assert smtp.smtp.took == []


def test_a_mail_server_that_is_not_there_is_said_not_to_answer(app: Flask, settings: Settings) -> None:
    (complaint,) = mail(with_mail(settings, "smtp://127.0.0.1:9"))
    assert complaint.startswith("The mail server of SMTP_URL does not answer: ConnectionRefusedError.")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (smtplib.SMTPAuthenticationError(535, b"no"), "refuses the user and password"),
        (ssl.SSLCertVerificationError("x"), "certificate or TLS is refused"),
        (smtplib.SMTPNotSupportedError("x"), "offers no STARTTLS"),
        (smtplib.SMTPServerDisconnected("x"), "does not answer: SMTPServerDisconnected"),
        (TimeoutError(), "does not answer: TimeoutError"),
        (OSError("secret"), "does not answer: OSError"),
    ],
)
def test_why_no_mail_leaves_is_told_apart(error: Exception, words: str) -> None:
    assert words in why_no_mail(error)
    assert "secret" not in why_no_mail(error)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ssl.SSLCertVerificationError("x"), "certificate or TLS is refused"),
        (MailboxRefused("the folder"), "does not let us read the folder"),
        (imaplib.IMAP4.abort("x"), "does not answer: abort"),
        (ConnectionRefusedError(), "does not answer: ConnectionRefusedError"),
        (imaplib.IMAP4.error("LOGIN failed for secret"), "refuses the user and password"),
    ],
)
def test_why_no_mailbox_is_read_is_told_apart(error: Exception, words: str) -> None:
    assert words in why_no_mailbox(error)
    assert "LOGIN failed" not in why_no_mailbox(error)


@pytest.mark.parametrize(
    ("fault", "words"),
    [("", ""), ("login:no", "user and password"), ("examine:no", "the folder"), ("login:drop", "answer")],
)
def test_the_mailbox_is_opened_and_nothing_in_it_is_read(
    app: Flask, settings: Settings, imap: ImapServer, fault: str, words: str
) -> None:
    imap.mailbox.script.extend([fault] if fault else [])
    complaints = list(returned(with_mail(settings, mailbox=imap.url)))
    assert [words in complaint for complaint in complaints] == ([True] if words else [])
    assert "fetch" not in imap.mailbox.verbs


@pytest.mark.parametrize(
    ("sender", "secret", "wrong"), [(SENDER, "", 1), (SENDER, "sixteen-letters-of-it", 0), ("", "", 0)]
)
def test_who_writes_emails_must_hear_of_those_that_come_back(
    app: Flask, settings: Settings, sender: str, secret: str, wrong: int
) -> None:
    assert len(list(returned(replace(settings, mail=MailSettings(sender, secret))))) == wrong


SPF, DMARC = "has no SPF record", "has no DMARC record"


@pytest.mark.parametrize(
    ("records", "lacks"),
    [
        ({"a.h.no": ["v=spf1 -all"], "_dmarc.a.h.no": ["v=DMARC1; p=none"]}, []),
        ({"a.h.no": ["x", "V=SPF1 -all"], "_dmarc.h.no": ["v=DMARC1"]}, []),  # the policy of the domain above
        ({"a.h.no": ["v=spf1 -all"]}, [DMARC]),
        ({"_dmarc.a.h.no": ["v=DMARC1"], "a.h.no": ["spf1"]}, [SPF]),
        ({}, [SPF, DMARC]),
        ({"a.h.no": None, "_dmarc.a.h.no": None}, []),  # nobody could be asked
        ({"a.h.no": None}, [DMARC]),
        ({"a.h.no": [], "_dmarc.h.no": None}, [SPF]),
    ],
)
def test_a_domain_that_does_not_say_who_may_send_is_said_not_to(
    records: Mapping[str, list[str] | None], lacks: list[str]
) -> None:
    complaints = list(unsigned("a.h.no", lambda name: records.get(name, [])))
    assert [words in complaint for complaint, words in zip(complaints, lacks, strict=True)] == [True] * len(lacks)


def test_a_name_that_cannot_be_looked_up_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr("dns.resolver.resolve", away)
    assert text_records("h.example") is None


def test_without_a_mail_server_it_is_wrong_where_somebody_counts_on_mails(
    app: Flask, session: Session, settings: Settings
) -> None:
    backtobasic()
    session.commit()
    assert list(mail(settings)) == []
    somebody = user(backtobasic(code="other").study, Role.COORDINATOR)
    session.scalars(select(Membership).filter_by(user_id=somebody.id)).one().alerted_after = 0
    installed(BY_EMAIL.replace("study: backtobasic", "study: mailing"))
    session.commit()
    assert [complaint.partition(":")[0] for complaint in mail(settings)] == [
        "SMTP_URL is not set, and a protocol writes e-mails",
        "SMTP_URL is not set, and members of staff chose to be told by e-mail of what cannot wait",
    ]
