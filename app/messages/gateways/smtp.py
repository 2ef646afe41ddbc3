"""A mail server, by `SMTP_URL`: over TLS unless it is this machine, signed in where the address has a name."""

import smtplib
import ssl
from urllib.parse import unquote, urlsplit

from app.core.alert_settings import ON_THIS_MACHINE, SMTP_PORTS

SMTP_SECONDS = 15.0


def connected(url: str) -> smtplib.SMTP:
    """A connection on which mails can be handed over; OSError or smtplib.SMTPException where there is none."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or SMTP_PORTS[parts.scheme]
    context, secure = ssl.create_default_context(), parts.scheme == "smtps"
    server = smtplib.SMTP_SSL(host, port, timeout=SMTP_SECONDS, context=context) if secure else _plain(host, port)
    try:
        if not secure and (host not in ON_THIS_MACHINE or server.has_extn("starttls")):
            server.starttls(context=context)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        server.close()
        raise
    return server


def _plain(host: str, port: int) -> smtplib.SMTP:
    server = smtplib.SMTP(host, port, timeout=SMTP_SECONDS)
    server.ehlo()
    return server
