"""The provider's callbacks, signed as Twilio signs them, in any order and number; and texts from patients."""

import random
import secrets
from collections.abc import Iterable

from flask.testing import FlaskClient

from app.messages.gateways.twilio import sign
from tests.fake_twilio.server import TOKEN, Rang

BASE = "http://localhost"


def call_back(client: FlaskClient, rang: Rang, statuses: Iterable[str], error_code: int | None = None) -> list[int]:
    """Report these statuses of a text, in this order; the error goes with failures."""
    answers = []
    for status in statuses:
        form = {"MessageSid": rang.sid, "MessageStatus": status, "To": rang.to}
        if error_code and status in ("failed", "undelivered"):
            form["ErrorCode"] = str(error_code)
        answers.append(post(client, rang.callback.removeprefix(BASE), form))
    return answers


def unruly(client: FlaskClient, log: Iterable[Rang], chance: random.Random) -> set[str]:
    """Reports of all these texts, shuffled together, some twice, a third of them lost; the SIDs reported delivered."""
    reports = [(text, status) for text in log for status in ("queued", "sent", "delivered")]
    reports = [text for text in reports if chance.random() > 1 / 3]
    reports += chance.sample(reports, len(reports) // 2)
    chance.shuffle(reports)
    for each, status in reports:
        assert call_back(client, each, [status]) == [204]
    return {text.sid for text, status in reports if status == "delivered"}


def write_to_us(client: FlaskClient, sender: str, words: str, sid: str | None = None, **more: str) -> int:
    """A patient's text, as the provider hands it on, with `more` parameters of a channel or of its own rules."""
    sid = sid or f"SM{secrets.token_hex(16)}"
    form = {"MessageSid": sid, "From": sender, "To": "+47", "Body": words, **more}
    return post(client, "/webhooks/twilio/inbound", form)


def post(client: FlaskClient, path: str, form: dict[str, str], token: str = TOKEN) -> int:
    """A signed request."""
    headers = {"X-Twilio-Signature": sign(BASE + path, form, token)}
    with client.application.app_context():
        return client.post(path, data=form, headers=headers).status_code
