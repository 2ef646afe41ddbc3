"""E-mail, by SMTP: one mail, one connection, one answer, and what is certain about it.

What a mail server answers before the words were handed over is certain. What it answers after them is its word too. A
connection that breaks between the two may have taken the mail: `unknown`. Its Message-ID is made of what makes the
message one (`gateway.tag_of`), so a mail that is sent once more is the same mail to whoever gets it twice.
"""

import re
import smtplib
from dataclasses import replace
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as ON_THE_WIRE
from html import escape
from urllib.parse import urlsplit

from app.config import Settings
from app.messages.gateways.gateway import EMAILS, Found, Logged, Outgoing
from app.messages.gateways.outcomes import Outcome, Sent
from app.messages.gateways.smtp import connected

REFERENCE = "X-Svar-Reference"
"""The header by which a mail that came back is known: a message and its tag."""
PATIENT_TRIES = 6
"""So often a server may say `later` of an address, over a quarter of an hour; then its next channel is tried."""
ENHANCED = re.compile(rb"([245]\.\d{1,3}\.\d{1,3})\b")
SENDER_REFUSED = re.compile(r"5\.(7\.\d+|1\.[78])")
"""Codes of RFC 3463 that speak of who sends (policy, authentication, our own address): everybody's, or hers alone, as
other addresses tell (sending/evidence)."""
LINK_IN_WORDS = re.compile(r"https?://[^\s<>]+")


class EmailGateway:
    """Mails through one mail server. Without one nothing leaves, and somebody is told (`messages.breaker`)."""

    name = "email"
    real = True
    redacts = False
    carries = EMAILS
    staff: frozenset[str] = frozenset()
    threads = 2

    def __init__(self, settings: Settings):
        self.base, self._url = settings.public_base_url, settings.smtp_url
        self._host = urlsplit(self.base).hostname or "localhost"
        self._sender = settings.mail.sender or f"svar@{self._host}"

    def send(self, text: Outgoing, now: datetime) -> Sent:
        """Hand the mail over, and say what is certain about it."""
        if not self._url or text.mail is None:
            return Sent(Outcome.UNREACHABLE, because="SMTP_URL is not set" if not self._url else "no e-mail")
        try:
            server = connected(self._url)
        except smtplib.SMTPAuthenticationError as error:
            return _refused(Outcome.BARRED, error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            return Sent(Outcome.UNREACHABLE, because=type(error).__name__)
        try:
            return self._hand_over(server, text, now)
        finally:
            server.close()

    def _hand_over(self, server: smtplib.SMTP, text: Outgoing, now: datetime) -> Sent:
        """What the server says of sender and address is said before anything was handed over."""
        mail = self.mail(text, now).as_bytes()
        try:
            server.ehlo_or_helo_if_needed()
            code, words = server.mail(self._sender)
            if code != 250:
                return _refused(Outcome.BUSY if 400 <= code < 500 else Outcome.BARRED, code, words)
            code, words = server.rcpt(text.to)
            if code not in (250, 251):
                return self._not_taken(text, code, words)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            return Sent(Outcome.UNREACHABLE, because=type(error).__name__)
        try:
            code, words = server.data(mail)
        except smtplib.SMTPDataError as error:  # it does not want the words, and was given none
            return self._said(text, error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            return Sent(Outcome.UNKNOWN, because=type(error).__name__)
        return self._said(text, code, words)

    def _said(self, text: Outgoing, code: int, words: bytes | str) -> Sent:
        """What the server's answer to the words means; one that is no answer tells nothing."""
        if code == 250:
            return Sent(Outcome.ACCEPTED, sid=_sid(text), http_status=code, segments=1)
        if not 400 <= code < 600:
            return Sent(Outcome.UNKNOWN, because="an answer that is none")
        return self._not_taken(text, code, words)

    def _not_taken(self, text: Outgoing, code: int, words: bytes | str) -> Sent:
        """`later`, for a while; for good, of her address; or of who we are."""
        refused = _refused(Outcome.REFUSED, code, words)
        if code < 500 and text.tries < PATIENT_TRIES:
            return replace(refused, outcome=Outcome.BUSY)
        return (
            replace(refused, outcome=Outcome.HALTED) if SENDER_REFUSED.fullmatch(refused.error_code or "") else refused
        )

    def mail(self, text: Outgoing, now: datetime) -> EmailMessage:
        """The whole mail: in plain words, and as a page that holds nothing but them."""
        assert text.mail is not None
        made, words = EmailMessage(policy=ON_THE_WIRE), text.mail
        made["From"] = Address(display_name=words.sender, addr_spec=self._sender)
        made["To"] = Address(addr_spec=text.to)
        made["Subject"] = words.subject
        made["Date"] = now
        made["Message-ID"] = f"<{_sid(text)}@{self._host}>"
        made[REFERENCE] = f"{text.message_id}.{text.tag}"
        made["Auto-Submitted"] = "auto-generated"
        made["List-Unsubscribe"] = f"<{words.unsubscribe}>"
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        made.set_content(f"{text.body}\n\n-- \n{words.footer}\n", cte="quoted-printable")
        made.add_alternative(_page(text.body, words.footer, words.language), subtype="html", cte="quoted-printable")
        return made

    def find(self, to: str, since: datetime) -> list[Found]:
        """Nothing: a mail server lists nothing."""
        return []

    def look(self, sid: str) -> Found | None:
        """A mail server tells nothing more; what does not come back has arrived, as far as anybody knows."""
        return None

    def log(self, since: datetime) -> list[Logged]:
        """Nothing, likewise."""
        return []

    def redact(self, sid: str, media: int = 0) -> None:
        """Nothing: no words of patients come by it."""


def _sid(text: Outgoing) -> str:
    return f"mail-{text.tag}"


def _refused(outcome: Outcome, code: int, words: bytes | str) -> Sent:
    """With the enhanced code (RFC 3463) where there is one: it says more than the three digits."""
    said = ENHANCED.match(words if isinstance(words, bytes) else words.encode("ascii", "replace"))
    enhanced = said[1].decode() if said and len(said[1]) <= 10 else str(code)
    return Sent(outcome, http_status=code, error_code=enhanced, because=f"the mail server answers {code}")


def _page(body: str, footer: str, language: str) -> str:
    """No picture, no style from elsewhere, nothing that tells anybody that it was opened."""
    return (
        f'<!DOCTYPE html><html lang="{escape(language)}"><head><meta charset="utf-8"></head>'
        '<body style="font:17px/1.5 sans-serif;max-width:36em;margin:1.5em auto;padding:0 1em">'
        f'<p>{_linked(body)}</p><p style="font-size:14px;color:#444">{_linked(footer)}</p></body></html>\n'
    )


def _linked(words: str) -> str:
    parts, end = [], 0
    for match in LINK_IN_WORDS.finditer(words):
        address = match.group().rstrip(".,;:!?")
        parts += [escape(words[end : match.start()]), f'<a href="{escape(address)}">{escape(address)}</a>']
        end = match.start() + len(address)
    return "".join([*parts, escape(words[end:])]).replace("\n", "<br>")
