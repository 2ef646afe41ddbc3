"""Hand a mail to the mail server; in development, where there is none, to whoever reads the console."""

import logging
import smtplib
from email.message import EmailMessage

from app.config import Settings
from app.messages.gateways.smtp import connected

console = logging.getLogger("svar.mail")
LONGEST_FAILURE = 60


def post(mail: EmailMessage, settings: Settings) -> str | None:
    """Hand the mail over; of what it failed, if it did."""
    if not settings.smtp_url and not settings.production:
        console.info("to %s: %s\n%s", mail["To"], mail["Subject"], mail.get_content())
        return None
    return post_by_smtp(mail, settings.smtp_url)


def post_by_smtp(mail: EmailMessage, smtp_url: str) -> str | None:
    """Hand the mail to the mail server; of what it failed, if it did."""
    if not smtp_url:
        return "SMTP_URL is not set"
    try:
        with connected(smtp_url) as server:
            server.send_message(mail)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        return type(error).__name__[:LONGEST_FAILURE]
    return None
