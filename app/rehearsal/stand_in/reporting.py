"""What the provider sends by itself: signed delivery reports, and what somebody wrote to us."""

import logging
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import requests

from app.config import Settings
from app.core.bounded_http import bounded_session, exchange
from app.messages.gateways.twilio import sign
from app.rehearsal.stand_in.texts import TakenText

log = logging.getLogger("svar.stand_in")
REPORTED = ("sent", "delivered")


class Reporter:
    """Posts to the service, one after the other, in a thread of its own: whoever hands over a text waits for none."""

    def __init__(self, settings: Settings) -> None:
        self._account, self._token = settings.twilio_account_sid, settings.twilio_auth_tokens[0]
        self._inbound = f"{settings.public_base_url}/webhooks/twilio/inbound"
        self._session, self._thread = bounded_session(1), ThreadPoolExecutor(1)

    def report(self, text: TakenText) -> None:
        """Say of a text that it was sent, then that it arrived."""
        self._thread.submit(self._report, text)

    def _report(self, text: TakenText) -> None:
        for status in REPORTED:
            text.status = status
            if text.callback:
                self._post(text.callback, {"MessageSid": text.sid, "MessageStatus": status, "To": text.to})

    def hand_on(self, number: str, words: str, sender: str, at: datetime) -> tuple[TakenText, bool]:
        """What somebody wrote, as a text of ours, and whether the service has taken it."""
        text = TakenText(f"SM{secrets.token_hex(16)}", number, words, "", at, status="received", inbound=True)
        form = {"MessageSid": text.sid, "From": number, "To": sender, "Body": words, "NumMedia": "0"}
        return text, self._thread.submit(self._post, self._inbound, form).result()

    def close(self) -> None:
        """Once everything is told."""
        self._thread.shutdown()
        self._session.close()

    def _post(self, address: str, form: dict[str, str]) -> bool:
        form = {**form, "AccountSid": self._account}
        headers = {"X-Twilio-Signature": sign(address, form, self._token)}
        try:
            status = exchange(self._session, "POST", address, data=form, headers=headers).status
        except requests.RequestException as error:
            log.error("%s does not answer (%s): what was to be told is lost", address, type(error).__name__)
            return False
        if status >= 400:
            log.error("%s answers %s: is PUBLIC_BASE_URL this installation's, and TWILIO_AUTH_TOKEN?", address, status)
        return status < 400
