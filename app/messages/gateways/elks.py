"""46elks, by its documented HTTP API (46elks.com/docs): a second provider, which proves that the seam holds.

It has no idempotency key either, tells of a refusal by its status alone, and signs nothing: it shows us a secret that
stands in the address that it is given (`webhook_address`), as its documentation advises. It has no documented way to
say until when a text may arrive, nor to take words out of its log: ask it to keep none.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests

from app.config import Settings
from app.core.bounded_http import (
    HttpAnswer,
    asked_to_wait,
    bounded_session,
    dated,
    exchange,
    never_sent,
    why,
)
from app.core.time import in_utc
from app.messages.gateways.gateway import TEXTS, Found, Logged, Outgoing, ProviderAccount, status_callback
from app.messages.gateways.outcomes import Outcome, Sent, classify

API = "https://api.46elks.com/a1"
USER = "46elks"
STATUSES = {"created": "queued", "sent": "sent", "delivered": "delivered", "failed": "failed"}
"""Its words for what became of a text, and ours (receiving.receipts)."""
LONGEST_ID = 64
A_PAGE = 100
A_MINUTE = timedelta(minutes=1)


class NoAnswer(Exception):
    """46elks did not answer what was asked."""


def webhook_address(address: str, secret: str) -> str:
    """An address of ours as 46elks is given it: with the secret that it then shows."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=f"{USER}:{secret}@{parts.netloc}"))


class ElksGateway:
    """Texts through 46elks, from one number."""

    name = "46elks"
    real = True
    redacts = False
    carries = TEXTS

    def __init__(self, settings: Settings):
        self.base, self.threads, self.staff = settings.public_base_url, settings.twilio_threads, settings.staff_numbers
        self._api = settings.elks.base_url or API
        self._sender, self._secret = settings.elks.sender, settings.elks.webhook_secret
        self._keeps_words = settings.twilio_content_retention != "discard"
        self._session = bounded_session(self.threads)
        self._session.auth = (settings.elks.username, settings.elks.password)

    def send(self, text: Outgoing, now: datetime) -> Sent:
        """Hand the text over, and say what is certain about it."""
        form = {"from": self._sender, "to": text.to, "message": text.body}
        if text.message_id:
            form["whendelivered"] = webhook_address(status_callback(self.base, text, self.name), self._secret)
        if not self._keeps_words:
            form["dontlog"] = "message"
        try:
            answer = exchange(self._session, "POST", f"{self._api}/sms", data=form)
        except requests.RequestException as error:
            return Sent(Outcome.UNREACHABLE if never_sent() else Outcome.UNKNOWN, because=why(error))
        if not 200 <= answer.status < 300:
            outcome = classify(answer.status, None)
            return Sent(outcome, http_status=answer.status, retry_after=asked_to_wait(answer))
        made = _object(answer)
        id_, parts = made.get("id"), made.get("parts")
        if not isinstance(id_, str) or not id_.isalnum() or not id_.isascii() or len(id_) > LONGEST_ID:
            return Sent(Outcome.UNKNOWN, http_status=answer.status, because="no id")
        counted = parts if isinstance(parts, int) and 0 < parts < 1000 else None
        return Sent(Outcome.ACCEPTED, sid=id_, http_status=answer.status, segments=counted)

    def time(self) -> datetime | None:
        """46elks' time, as any of its answers is dated; None if it does not answer, or gives none."""
        try:
            return dated(exchange(self._session, "GET", f"{self._api}/me"))
        except requests.RequestException:
            return None

    def find(self, to: str, since: datetime) -> list[Found]:
        """What 46elks has of texts to this number since then, newest first; raises if it does not answer."""
        rows = self._history(since - A_MINUTE, {"to": to})
        return [_listed(row) for row in rows if row.get("direction") != "incoming" and row.get("to") == to]

    def look(self, sid: str) -> Found | None:
        """What 46elks knows of one text; None if it has forgotten it; raises if it does not answer."""
        answer = exchange(self._session, "GET", f"{self._api}/sms/{sid}")
        return None if answer.status == 404 else _listed(_told(answer))

    def log(self, since: datetime) -> list[Logged]:
        """Everything of our account since then, oldest first; raises if it does not answer."""
        return [_line(row) for row in reversed(list(self._history(since - A_MINUTE, {})))]

    def redact(self, sid: str, media: int = 0) -> None:
        """Nothing: 46elks documents no way to. Who writes to us stays in its log for as long as it keeps one."""

    def account(self) -> ProviderAccount:
        """Our account and sender, asked of 46elks now."""
        try:
            answer = exchange(self._session, "GET", f"{self._api}/me")
            if answer.status in (401, 403):
                return ProviderAccount("does not take ELKS_USERNAME with ELKS_PASSWORD.")
            balance = _told(answer).get("balance")
            numbers = _told(exchange(self._session, "GET", f"{self._api}/numbers")).get("data")
        except requests.RequestException as error:
            return ProviderAccount(f"does not answer: {why(error)}. Is there a proxy or firewall on the way?")
        except NoAnswer as error:
            return ProviderAccount(f"answers {error}. Try again in a minute.")
        if isinstance(balance, int | float) and balance <= 0:
            return ProviderAccount("takes no texts: the account is used up. Pay in at 46elks.")
        ours = [row for row in numbers or () if isinstance(row, dict) and row.get("number") == self._sender]
        return ProviderAccount("", False, bool(ours), str(ours[0].get("sms_url") or "") if ours else "")

    def _history(self, since: datetime, wanted: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        """The texts since then, newest first, page by page."""
        query = {**wanted, "end": _written(since), "limit": str(A_PAGE)}
        while True:
            page = _told(exchange(self._session, "GET", f"{self._api}/sms", params=query))
            rows = page.get("data")
            for row in rows if isinstance(rows, list) else ():
                if isinstance(row, dict) and ((at := _instant(row.get("created"))) is None or at >= since):
                    yield row
            following = page.get("next")
            if not isinstance(following, str) or following == query.get("start"):
                return
            query["start"] = following


def _told(answer: HttpAnswer) -> Mapping[str, Any]:
    if answer.status != 200:
        raise NoAnswer(answer.status)
    return _object(answer)


def _object(answer: HttpAnswer) -> Mapping[str, Any]:
    try:
        content: Any = json.loads(answer.text)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _listed(row: Mapping[str, Any]) -> Found:
    status = str(row.get("status"))
    body = str(row.get("message") or "")
    return Found(str(row.get("id")), body, _instant(row.get("created")), STATUSES.get(status, status))


def _line(row: Mapping[str, Any]) -> Logged:
    inbound = row.get("direction") == "incoming"
    number = str(row.get("from") if inbound else row.get("to"))
    return Logged(str(row.get("id")), number, str(row.get("message") or ""), _instant(row.get("created")), inbound)


def _written(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"


def _instant(given: object) -> datetime | None:
    """Its instants are UTC and do not say so."""
    try:
        at = datetime.fromisoformat(str(given))
    except ValueError:
        return None
    return in_utc(at)
