"""What `flask ops check` asks of e-mail: the server that takes it, the sender's domain, and where it comes back to."""

import imaplib
import smtplib
import ssl
from collections.abc import Callable, Iterator

from sqlalchemy import exists, select
from sqlalchemy.exc import OperationalError

from app.config import Settings
from app.core.connecting import UnsafeRole
from app.core.database import looking
from app.messages.gateways.smtp import connected
from app.messages.receiving.mailbox import MailboxRefused, opened
from app.studies.models import Membership, Protocol
from app.studies.protocol import Channel

DNS_SECONDS = 5.0
Texts = Callable[[str], list[str] | None]
"""The TXT records of a name; none where it has none, None where nobody could be asked."""


def mail(settings: Settings) -> Iterator[str]:
    """The mail server takes our name, our password and our sender; the sender's domain says that it may."""
    if not settings.smtp_url:
        yield from _needed()
        return
    sender = settings.mail.sender or settings.alert_from
    try:
        with connected(settings.smtp_url) as server:
            code = server.mail(sender)[0] if sender else 250
    except (OSError, smtplib.SMTPException, ValueError) as error:
        yield why_no_mail(error)
        return
    if code != 250:
        yield f"The mail server does not take mails from the address of MAIL_FROM (it answers {code})."
    elif settings.mail.sender:
        yield from unsigned(settings.mail.sender.rpartition("@")[2], text_records)


def returned(settings: Settings) -> Iterator[str]:
    """What comes back reaches us: by the mailbox, which can be read, or by whoever posts it."""
    if settings.mail.mailbox:
        try:
            with opened(settings.mail.mailbox):
                return
        except (OSError, imaplib.IMAP4.error, MailboxRefused) as error:
            yield why_no_mailbox(error)
    elif settings.mail.sender and not settings.mail.webhook_secret:
        yield (
            "E-mails that come back are heard of by nobody, so nobody is texted in their place: set MAILBOX_URL, or"
            " MAIL_WEBHOOK_SECRET (docs/channels.md)."
        )


def why_no_mail(error: Exception) -> str:
    """Why nothing can be handed over, and what to do about it; the server's own words are left out."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "The mail server refuses the user and password of SMTP_URL. Signs such as @ are written %40 there."
    if isinstance(error, ssl.SSLError):
        return "The mail server's certificate or TLS is refused. Is the name in SMTP_URL the one in its certificate?"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "The mail server offers no STARTTLS, or no sign-in. Use smtps://, or its port for sending (587)."
    return (
        f"The mail server of SMTP_URL does not answer: {type(error).__name__}. Is host and port right, and let through?"
    )


def why_no_mailbox(error: Exception) -> str:
    """Why the mailbox cannot be read, likewise."""
    if isinstance(error, ssl.SSLError):
        return "The mailbox's certificate or TLS is refused. Is the name in MAILBOX_URL the one in its certificate?"
    if isinstance(error, MailboxRefused):
        return f"The mailbox of MAILBOX_URL does not let us read {error}. Is the folder's name right?"
    if isinstance(error, imaplib.IMAP4.abort | OSError):
        return f"The mailbox of MAILBOX_URL does not answer: {type(error).__name__}. Are host and port right?"
    return "The mailbox refuses the user and password of MAILBOX_URL. Signs such as @ are written %40 there."


def unsigned(domain: str, texts: Texts) -> Iterator[str]:
    """What the sender's domain does not say of who may send in its name; nothing where nobody could be asked."""
    there = texts(domain)
    if there is not None and not any(text.lower().startswith("v=spf1") for text in there):
        yield f"{domain} has no SPF record: many mail servers refuse its mails. Whoever keeps the domain adds one."
    labels = domain.split(".")
    policies = [texts(f"_dmarc.{'.'.join(labels[start:])}") for start in range(max(len(labels) - 1, 1))]
    if None not in policies and not any(
        text.lower().startswith("v=dmarc1") for each in policies for text in each or ()
    ):
        yield f"{domain} has no DMARC record: mails that pretend to be ours look like ours. Whoever keeps it adds one."


def text_records(name: str) -> list[str] | None:
    """What the DNS has, within seconds."""
    from dns.exception import DNSException
    from dns.resolver import NXDOMAIN, NoAnswer, resolve

    try:
        answer = resolve(name, "TXT", lifetime=DNS_SECONDS)
    except (NXDOMAIN, NoAnswer):
        return []
    except (DNSException, OSError):
        return None
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]


def _needed() -> Iterator[str]:
    """That SMTP_URL is not set is wrong where somebody counts on e-mails."""
    writes = exists().where(Protocol.content["channels"].contains([Channel.EMAIL.value]))
    wants = exists().where(Membership.alerted_after.is_not(None))
    try:
        with looking() as connection:
            is_written, is_wanted = connection.execute(select(writes, wants)).one()
    except (UnsafeRole, OperationalError):
        return  # what is wrong with the database is said above
    if is_written:
        yield "SMTP_URL is not set, and a protocol writes e-mails: they wait, and nobody is texted in their place."
    if is_wanted:
        yield "SMTP_URL is not set, and members of staff chose to be told by e-mail of what cannot wait: they are not."
