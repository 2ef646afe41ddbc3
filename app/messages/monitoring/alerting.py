"""What is written to `svar.alert` reaches a person: by a webhook (a chat, a pager) or by e-mail, beside the log.

Whoever raises an alert does not wait: a thread tells it, tries three times each way that refuses, and says in the log
when it could not. The same alert is told once an hour, whatever its figures; a storm is a few messages and not an
inbox. One of which nobody was told is tried anew five minutes later, if it is said again.
"""

import atexit
import logging
import re
import socket
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from queue import Full, Queue
from threading import Lock, Thread
from urllib.parse import urlsplit

from app.config import Settings
from app.core.alert_settings import addresses
from app.core.logging import redacted
from app.messages.gateways.smtp import connected

log = logging.getLogger("svar.monitoring")

LOGGER = "svar.alert"
TOLD_AGAIN_SECONDS = 3600.0
UNTOLD_AGAIN_SECONDS = 300.0
WAITS = (0.0, 5.0, 30.0)
"""Seconds before each try."""
MOST_WAITING = 100
SUBJECT_LETTERS = 80


@dataclass(frozen=True)
class Alert:
    """One thing that somebody should know: when it was said, on which machine, and the words."""

    at: datetime
    words: str
    machine: str


class CannotTell(Exception):
    """An alert did not reach whom it was for; says why, in a word, and which ways failed."""

    def __init__(self, why: str, ways: Iterable[str] = ()) -> None:
        super().__init__(why)
        self.ways = frozenset(ways)


def ways_of(settings: Settings) -> frozenset[str]:
    """The ways by which somebody is to be told."""
    wanted = {"webhook": settings.alert_webhook, "e-mail": settings.alert_email}
    return frozenset(name for name, given in wanted.items() if given)


def tell(alert: Alert, settings: Settings, ways: Collection[str] | None = None) -> None:
    """Tell everybody who is to be told (or by these ways alone); CannotTell if one could not be."""
    wanted, failed = ways_of(settings) if ways is None else ways, {}
    for name, way in (("webhook", by_webhook), ("e-mail", by_email)):
        try:
            if name in wanted:
                way(alert, settings)
        except Exception as error:
            failed[name] = f"{name}: {error if isinstance(error, CannotTell) else type(error).__name__}"
    if failed:
        raise CannotTell("; ".join(failed.values()), failed)


def by_webhook(alert: Alert, settings: Settings) -> None:
    """As JSON with `text`, which chats such as Mattermost, Slack and Teams show as it is."""
    body: Mapping[str, str] = {
        "text": f"Svar on {alert.machine}: {alert.words}",
        "at": alert.at.isoformat(timespec="seconds"),
        "machine": alert.machine,
        "service": settings.public_base_url,
    }
    from app.core.bounded_http import bounded_session, exchange

    with bounded_session(1) as session:
        answer = exchange(session, "POST", settings.alert_webhook, json=body)
    if answer.status >= 300:
        raise CannotTell(f"it answers {answer.status}")


def by_email(alert: Alert, settings: Settings) -> None:
    """As an e-mail in plain words, over TLS unless the mail server is this machine."""
    mail = EmailMessage()
    mail["Subject"] = f"Svar: {alert.words}".replace("\n", " ")[:SUBJECT_LETTERS]
    mail["From"] = settings.alert_from or f"svar@{urlsplit(settings.public_base_url).hostname}"
    mail["To"] = ", ".join(addresses(settings.alert_email))
    mail["Date"] = alert.at
    mail.set_content(
        f"{alert.words}\n\nSaid at {alert.at:%Y-%m-%d %H:%M:%S} UTC on {alert.machine}, of {settings.public_base_url}."
        "\nWhat else is wrong: /health/ready. What to do: docs/operations.md.\n"
    )
    with connected(settings.smtp_url) as server:
        server.send_message(mail)


def configure(settings: Settings) -> None:
    """Let what is said to `svar.alert` reach whom the settings name; nobody if they name nobody. Safe to call again."""
    logger = logging.getLogger(LOGGER)
    for handler in [handler for handler in logger.handlers if isinstance(handler, Alerting)]:
        logger.removeHandler(handler)
        atexit.unregister(handler.finish)
    if settings.alert_webhook or settings.alert_email:
        handler = Alerting(settings)
        logger.addHandler(handler)
        atexit.register(handler.finish)


class Alerting(logging.Handler):
    """Hands what is said to `svar.alert` to a thread, which begins with the first alert (so after a fork)."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(logging.WARNING)
        self._settings, self._waiting = settings, Queue[Alert](MOST_WAITING)
        self._told: dict[str, float] = {}
        self._thread: Thread | None = None
        self._starting = Lock()

    def emit(self, record: logging.LogRecord) -> None:
        """Queue it, unless it was told within the hour."""
        try:
            words = redacted(record.getMessage())
            if self._is_new(words):
                at = datetime.fromtimestamp(record.created, UTC)
                self._waiting.put_nowait(Alert(at, words, socket.gethostname()))
                self._run()
        except Full:
            log.error("alerts wait to be told already: one more is in the log alone")

    def _is_new(self, words: str) -> bool:
        """Whether nothing was said lately that differs from this by its figures at most."""
        kind, now = _kind(words), time.monotonic()
        with self._starting:
            told_at = self._told.get(kind)
            if told_at is not None and now - told_at < TOLD_AGAIN_SECONDS:
                return False
            self._told = {old: at for old, at in self._told.items() if now - at < TOLD_AGAIN_SECONDS} | {kind: now}
        return True

    def _run(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._tell_all, daemon=True)
                self._thread.start()

    def _tell_all(self) -> None:
        while True:
            alert = self._waiting.get()
            try:
                self._insist(alert)
            finally:
                self._waiting.task_done()

    def _insist(self, alert: Alert) -> None:
        """Whom it has reached is not told again because somebody else was not."""
        wanted = left = ways_of(self._settings)
        for wait in WAITS:
            time.sleep(wait)
            try:
                tell(alert, self._settings, left)
            except CannotTell as error:
                log.error("an alert was not told (%s)", error)
                left = error.ways
            else:
                return
        if left == wanted:
            self._nobody_knows(alert.words)

    def _nobody_knows(self, words: str) -> None:
        """What nobody was told does not count as told for an hour."""
        with self._starting:
            self._told[_kind(words)] = time.monotonic() - TOLD_AGAIN_SECONDS + UNTOLD_AGAIN_SECONDS

    def finish(self, seconds: float = 10.0) -> None:
        """Wait until all are told, for so long at most; as the process ends."""
        until = time.monotonic() + seconds
        while self._waiting.unfinished_tasks and time.monotonic() < until:
            time.sleep(0.05)


def _kind(words: str) -> str:
    """The words without their figures."""
    return re.sub(r"[\d.,:]+", "#", words)
