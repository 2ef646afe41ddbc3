"""Where alerts go: `ALERT_WEBHOOK`, or `ALERT_EMAIL` by `SMTP_URL`. What cannot be used is refused at the start."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

ADDRESS = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+")
SMTP_PORTS = {"smtp": 587, "smtps": 465}
ON_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


def complaints(environment: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the settings of alerts, one sentence each."""
    webhook, email, smtp = (environment.get(name, "") for name in ("ALERT_WEBHOOK", "ALERT_EMAIL", "SMTP_URL"))
    if webhook and not re.fullmatch(r"https?://[^/?#\s]+(/\S*)?", webhook):
        yield "ALERT_WEBHOOK is not a web address such as https://chat.example.org/hooks/1"
    for name, given in (("ALERT_EMAIL", email), ("ALERT_FROM", environment.get("ALERT_FROM", ""))):
        if given and not all(map(ADDRESS.fullmatch, addresses(given))):
            yield f"{name} is not an e-mail address such as operations@hospital.example"
    if bool(email) != bool(smtp):
        yield f"{'SMTP_URL' if email else 'ALERT_EMAIL'} is not set: an alert by e-mail needs both"
    if smtp and not _is_smtp(smtp):
        yield "SMTP_URL is not an address such as smtps://user:password@mail.example.org (or smtp://, with STARTTLS)"


def addresses(given: str) -> list[str]:
    """The addresses of a list with commas."""
    return [part.strip() for part in given.split(",")]


def _is_smtp(given: str) -> bool:
    parts = urlsplit(given)
    try:
        port = parts.port
    except ValueError:
        return False
    return parts.scheme in SMTP_PORTS and bool(parts.hostname) and port != 0
