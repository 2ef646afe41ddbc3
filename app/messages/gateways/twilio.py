"""Twilio, through its own client: the only module that imports it.

Its client has no time limit of its own and logs what it sends, so it is given an HTTP client that does neither.
"""

import logging
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from threading import local
from typing import Any

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client

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
from app.messages.gateways.gateway import TEXTS, Found, Logged, Outgoing, ProviderAccount, status_callback
from app.messages.gateways.outcomes import Outcome, Sent, classify

log = logging.getLogger("svar.messages")

API = "https://api.twilio.com"
MESSAGING = "https://messaging.twilio.com"

SID = re.compile(r"[A-Za-z0-9]{2,64}")
ERROR_CODE = re.compile(r"[0-9]{1,10}")
COUNT = re.compile(r"[0-9]{1,3}")


def sign(address: str, form: dict[str, str], token: str) -> str:
    """The signature Twilio puts on a webhook."""
    signature: str = RequestValidator(token).compute_signature(address, form)
    return signature


def signed(address: str, form: Any, signature: str, tokens: Iterable[str]) -> bool:
    """Whether one of our tokens (two, while one replaces the other) made this signature over all parameters."""
    return any(RequestValidator(token).validate(address, form, signature) for token in tokens if token)


class _Http(HttpClient):  # type: ignore[misc]
    """Bounded, silent, and in tests pointed at another address. Remembers each thread's last answer."""

    def __init__(self, base: str, threads: int):
        super().__init__(log, False, None)
        self._base, self._session, self.last = base, bounded_session(threads), local()

    def request(
        self,
        method: str,
        url: str,
        params: Any = None,
        data: Any = None,
        headers: Any = None,
        auth: Any = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        self.last.answer = None
        where = url.replace(API, self._base).replace(MESSAGING, self._base) if self._base else url
        answer = exchange(self._session, method, where, params=params, data=data, headers=headers, auth=auth)
        self.last.answer = answer
        return Response(answer.status, answer.text, dict(answer.headers))


class TwilioGateway:
    """Texts through a messaging service, or from one sender."""

    name = "twilio"
    real = True
    redacts = True
    carries = TEXTS

    def __init__(self, settings: Settings):
        self.base, self.threads = settings.public_base_url, settings.twilio_threads
        self.staff = settings.staff_numbers
        self._http = _Http(settings.twilio_base_url, self.threads)
        account, tokens = settings.twilio_account_sid, settings.twilio_auth_tokens
        self._client = Client(account, tokens[0], http_client=self._http)
        service, sender = settings.twilio_messaging_service, settings.twilio_sender
        self._always = {"messaging_service_sid": service} if service else {"from_": sender}
        if settings.twilio_content_retention == "discard":
            self._always["content_retention"] = "discard"

    def send(self, text: Outgoing, now: datetime) -> Sent:
        """Hand the text over, and say what is certain about it."""
        try:
            made = self._client.messages.create(
                to=text.to,
                body=text.body,
                **({"status_callback": status_callback(self.base, text)} if text.message_id else {}),
                validity_period=text.validity,
                **self._always,
            )
        except TwilioRestException as error:
            return self._refusal(error.status, _code(error.code))
        except requests.RequestException as error:
            return Sent(Outcome.UNREACHABLE if never_sent() else Outcome.UNKNOWN, because=why(error))
        except (
            TwilioException,
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
        ) as error:  # an answer that is not Twilio's
            return self._nonsense(error)
        if not isinstance(made.sid, str) or not SID.fullmatch(made.sid):
            return Sent(Outcome.UNKNOWN, http_status=201, because="no SID")
        return Sent(Outcome.ACCEPTED, sid=made.sid, http_status=201, segments=_count(made.num_segments))

    def time(self) -> datetime | None:
        """Twilio's time, as any of its answers is dated; None if it does not answer, or gives none."""
        try:
            self._http.request("GET", f"{API}/")
        except requests.RequestException:
            return None
        return dated(self._http.last.answer)

    def find(self, to: str, since: datetime) -> list[Found]:
        """What Twilio has of texts to this number since then, newest first; raises if it does not answer."""
        listed = [_listed(row) for row in self._client.messages.list(to=to, limit=50)]
        return [text for text in listed if text.at is None or text.at >= since - timedelta(minutes=1)]

    def look(self, sid: str) -> Found | None:
        """What Twilio knows of one text; None if it has forgotten it; raises if it does not answer."""
        try:
            return _listed(self._client.messages(sid).fetch())
        except TwilioRestException as error:
            if error.status == 404:
                return None
            raise

    def log(self, since: datetime) -> list[Logged]:
        """Everything of our account since then; Twilio's own bound is a day, and knows only what was sent."""
        listed = self._client.messages.list(date_sent_after=since - timedelta(days=1), page_size=1000)
        lines = [_line(row) for row in reversed(listed)]
        return [line for line in lines if line.at is None or line.at >= since - timedelta(minutes=1)]

    def account(self) -> ProviderAccount:
        """Our account and sender, asked of Twilio now."""
        try:
            kept = self._client.api.accounts(self._client.username).fetch()
            if str(kept.status) != "active":
                return ProviderAccount(f"has closed or suspended the account: it is {kept.status}.")
            inbound = self._inbound()
        except TwilioRestException as error:
            if error.status in (401, 403):
                return ProviderAccount("does not take TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN.")
            return ProviderAccount(f"answers {error.status}. Try again in a minute.")
        except requests.RequestException as error:
            return ProviderAccount(f"does not answer: {why(error)}. Is there a proxy or firewall on the way?")
        return ProviderAccount("", str(kept.type) == "Trial", inbound is not None, inbound or "")

    def _inbound(self) -> str | None:
        """Where texts to our sender go; None if the account has no such sender."""
        service = self._always.get("messaging_service_sid")
        if not service:
            numbers = self._client.incoming_phone_numbers.list(phone_number=self._always["from_"], limit=1)
            return str(numbers[0].sms_url or "") if numbers else None
        try:
            return str(self._client.messaging.v1.services(service).fetch().inbound_request_url or "")
        except TwilioRestException as error:
            if error.status == 404:
                return None
            raise

    def redact(self, sid: str, media: int = 0) -> None:
        """Take the words of a text out of Twilio's log, and what came with it; what it does not have needs nothing."""
        try:
            for picture in self._client.messages(sid).media.list() if media else ():
                picture.delete()
            self._client.messages(sid).update(body="")
        except TwilioRestException as error:
            if error.status != 404:
                raise

    def _refusal(self, status: int, code: str | None) -> Sent:
        retry_after = asked_to_wait(self._http.last.answer)
        return Sent(classify(status, code), http_status=status, error_code=code, retry_after=retry_after)

    def _nonsense(self, error: Exception) -> Sent:
        answer: HttpAnswer | None = self._http.last.answer
        if answer is not None and 400 <= answer.status < 500:
            return self._refusal(answer.status, None)
        return Sent(Outcome.UNKNOWN, http_status=answer.status if answer else None, because=type(error).__name__)


def _listed(row: Any) -> Found:
    return Found(row.sid, row.body or "", row.date_created or row.date_sent, str(row.status), row.error_code)


def _line(row: Any) -> Logged:
    inbound = row.direction == "inbound"
    at = row.date_created or row.date_sent
    return Logged(row.sid, row.from_ if inbound else row.to, row.body or "", at, inbound)


def _code(given: object) -> str | None:
    """An error code as Twilio has them, and nothing else that may stand in its place."""
    return str(given) if ERROR_CODE.fullmatch(str(given)) else None


def _count(given: object) -> int | None:
    """A number of segments; Twilio says 0 while it does not know."""
    return int(str(given)) or None if COUNT.fullmatch(str(given)) else None
