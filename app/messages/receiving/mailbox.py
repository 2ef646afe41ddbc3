"""The mailbox of the address that our e-mails come from, read by IMAP: what came back, and what people wrote.

It is only looked into: nothing is marked, moved or deleted there. How far it has been read is a row of ours, by the
mailbox's own numbers; each mail and the mark behind it are one transaction. What is read twice, by two clocks or after
the server has numbered its mails anew, changes nothing: reports are kept once, letters are known by their Message-ID.
"""

import imaplib
import logging
import re
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from urllib.parse import unquote, urlsplit

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.config import current_settings
from app.core.alert_settings import IMAP_PORTS, ON_THIS_MACHINE
from app.core.audit import acting
from app.core.batches import table
from app.core.database import db, transaction
from app.messages.models import MailboxMark
from app.messages.receiving.letters import Letter, keep_letter, read_letter
from app.messages.receiving.returned_mail import LONGEST_RETURN, ReturnedMail, note_return, read_return

log = logging.getLogger("svar.messages")

IMAP_SECONDS = 15.0
ROUND_SECONDS = 60.0
MOST_MAILS = 200
"""So many in one round, and so long; the next round goes on."""
LONGEST_MAILBOX = 200
UID_NUMBER = re.compile(rb"\d{1,10}")


class MailboxRefused(Exception):
    """The server is there and does not let us read; says at what, never the server's own words."""


def read_mailbox(_: object, now: datetime) -> int:
    """Read what has come since; returns how many mails were looked at. Without MAILBOX_URL there is none."""
    url = current_settings().mail.mailbox
    if not url:
        return 0
    until, read = time.monotonic() + ROUND_SECONDS, 0
    name = mailbox_name(url)
    with opened(url) as (server, validity):
        for uid in _uids(server, _read_up_to(name, validity))[:MOST_MAILS]:
            if time.monotonic() > until:
                break
            said = _understood(_mail(server, uid))
            with acting("mail"), transaction():
                _hear(said, now)
                _mark(name, validity, uid, now)
            read += 1
    return read


@contextmanager
def opened(url: str) -> Iterator[tuple[imaplib.IMAP4, int]]:
    """The mailbox, to look into, and the number by which the server numbers its mails anew.

    OSError, imaplib.IMAP4.error or MailboxRefused where it cannot be read.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or IMAP_PORTS[parts.scheme]
    context = ssl.create_default_context()
    if parts.scheme == "imaps":
        server: imaplib.IMAP4 = imaplib.IMAP4_SSL(host, port, ssl_context=context, timeout=IMAP_SECONDS)
    else:
        server = imaplib.IMAP4(host, port, timeout=IMAP_SECONDS)
    try:
        if parts.scheme == "imap" and host not in ON_THIS_MACHINE:
            server.starttls(context)
        server.login(unquote(parts.username or ""), unquote(parts.password or ""))
        yield server, _examine(server, folder_of(url))
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            server.logout()
        with suppress(OSError):  # a line that broke takes no farewell
            server.shutdown()


def folder_of(url: str) -> str:
    """The folder that the address names, else the inbox."""
    return unquote(urlsplit(url).path.strip("/")) or "INBOX"


def mailbox_name(url: str) -> str:
    """What tells a mailbox from another: whose, where, and which folder."""
    parts = urlsplit(url)
    return f"{unquote(parts.username or '')}@{parts.hostname}/{folder_of(url)}"[:LONGEST_MAILBOX]


def _examine(server: imaplib.IMAP4, folder: str) -> int:
    quoted = folder.replace("\\", "\\\\").replace('"', '\\"')
    answer, _ = server.select(f'"{quoted}"', readonly=True)
    if answer != "OK":
        raise MailboxRefused("the folder")
    _, said = server.response("UIDVALIDITY")
    validity = UID_NUMBER.search(said[0] or b"") if said else None
    return int(validity[0]) if validity else 0


def _uids(server: imaplib.IMAP4, after: int) -> list[int]:
    """The mails behind that one, the oldest first. (`N:*` has the last mail also where that is an earlier one.)"""
    answer, said = server.uid("SEARCH", f"UID {after + 1}:*")
    if answer != "OK":
        raise MailboxRefused("the search")
    return sorted({uid for line in said if line for uid in map(int, UID_NUMBER.findall(line)) if uid > after})


def _mail(server: imaplib.IMAP4, uid: int) -> bytes:
    """As much of it as is looked at; nothing where it is gone by now."""
    answer, said = server.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{LONGEST_RETURN}>)")
    if answer != "OK":
        raise MailboxRefused("a mail")
    return next((part[1] for part in said if isinstance(part, tuple) and isinstance(part[1], bytes)), b"")


def _understood(raw: bytes) -> ReturnedMail | Letter | None:
    """What a mail says. One that nobody can read stops nobody: the log says that there was one."""
    try:
        return read_return(raw) or read_letter(raw)
    except Exception as error:  # whatever a stranger's bytes may do to a parser
        log.warning("a mail of the mailbox cannot be read: %s", type(error).__name__)
        return None


def _hear(said: ReturnedMail | Letter | None, now: datetime) -> None:
    if isinstance(said, ReturnedMail):
        note_return(said, now)
    elif said is not None:
        keep_letter(said, now)


def _read_up_to(name: str, validity: int) -> int:
    """The last mail that was read, by its number; 0 where the server has numbered them anew."""
    with transaction():
        query = select(MailboxMark.uid).where(MailboxMark.mailbox == name, MailboxMark.validity == validity)
        return db.session.scalar(query) or 0


def _mark(name: str, validity: int, uid: int, now: datetime) -> None:
    mark = {"validity": validity, "uid": uid, "read_at": now}
    row = insert(table(MailboxMark)).values(mailbox=name, **mark)
    db.session.execute(row.on_conflict_do_update(index_elements=["mailbox"], set_=mark))
