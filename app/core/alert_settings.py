"""Where alerts go: `ALERT_WEBHOOK`, or `ALERT_EMAIL` by `SMTP_URL`, which takes e-mails to patients too (`MAIL_FROM`).
What cannot be used is refused at the start."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from app.core.usable_settings import address_parts

ADDRESS = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+")
WEB = re.compile(r"https?://[^/?#\s]+(/\S*)?")
SMTP_PORTS = {"smtp": 587, "smtps": 465}
IMAP_PORTS = {"imap": 143, "imaps": 993}
ON_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


def complaints(environment: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the settings of alerts and e-mails, one sentence each."""
    webhook, email, smtp = (environment.get(name, "") for name in ("ALERT_WEBHOOK", "ALERT_EMAIL", "SMTP_URL"))
    mail_from = environment.get("MAIL_FROM", "")
    if webhook and not (WEB.fullmatch(webhook) and address_parts(webhook)):
        yield "ALERT_WEBHOOK is not a web address such as https://chat.example.org/hooks/1"
    senders = {"ALERT_EMAIL": email, "ALERT_FROM": environment.get("ALERT_FROM", ""), "MAIL_FROM": mail_from}
    for name, given in senders.items():
        if given and not all(map(ADDRESS.fullmatch, addresses(given))):
            yield f"{name} is not an e-mail address such as operations@hospital.example"
    if (email or mail_from) and not smtp:
        yield f"SMTP_URL is not set: {'an alert by e-mail' if email else 'MAIL_FROM'} needs both"
    if smtp and not (email or mail_from):
        yield "ALERT_EMAIL is not set, nor MAIL_FROM: SMTP_URL needs one of them, for alerts or for patients"
    mailbox = environment.get("MAILBOX_URL", "")
    if mailbox and not mail_from:
        yield "MAIL_FROM is not set: MAILBOX_URL is the mailbox of that address"
    if mailbox and not _is_imap(mailbox):
        yield "MAILBOX_URL is not an address such as imaps://user:password@mail.example.org/INBOX (ASCII alone)"
    if smtp and not _is_smtp(smtp):
        yield "SMTP_URL is not an address such as smtps://user:password@mail.example.org (or smtp://, with STARTTLS)"


def addresses(given: str) -> list[str]:
    """The addresses of a list with commas."""
    return [part.strip() for part in given.split(",")]


def _is_imap(given: str) -> bool:
    """With a user and a password; a folder without control signs, which would end the command that names it."""
    parts = address_parts(given)
    if parts is None:
        return False
    plain = unquote(f"{parts.username}{parts.password}{parts.path}")
    is_signed_in = bool(parts.hostname and parts.username and parts.password)
    return parts.scheme in IMAP_PORTS and is_signed_in and plain.isascii() and plain.isprintable()


def _is_smtp(given: str) -> bool:
    parts = address_parts(given)
    return parts is not None and parts.scheme in SMTP_PORTS and bool(parts.hostname)
