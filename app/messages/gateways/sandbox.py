"""The sandbox gateway: keeps what it was given, closed like a contact, and reports as the provider would."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Executable, insert, select

from app.config import Settings
from app.core.batches import among, table
from app.core.crypto import keyring
from app.core.database import db, looking
from app.messages.gateways.gateway import Found, Logged, Outgoing, status_callback
from app.messages.gateways.outcomes import Outcome, Sent
from app.messages.models import Message, SandboxText
from app.participants.models import Participant
from app.schedule.models import Assessment
from app.studies.protocol import Channel
from app.studies.texts import segments

UNREACHABLE_HANDSET, NO_SUCH_ADDRESS = "30003", "5.1.1"


@dataclass(frozen=True)
class Report:
    """A signed delivery report, to be posted to `path` as a form."""

    message_id: int
    path: str
    form: dict[str, str]
    headers: dict[str, str]


@dataclass(frozen=True)
class KeptText:
    """A text a synthetic patient received."""

    id: int
    sid: str
    message_id: int | None
    given_at: datetime
    body: str


class SandboxGateway:
    """Takes every text. `reports` then says of each whether it was delivered."""

    name = "sandbox"
    real = False
    redacts = True
    carries = frozenset(Channel)
    staff: frozenset[str] = frozenset()
    threads = 0

    def __init__(self, settings: Settings):
        self.base = settings.public_base_url
        self._account, self._token = settings.twilio_account_sid, settings.twilio_auth_tokens[0]
        self._given: list[tuple[Outgoing, str]] = []

    def send(self, text: Outgoing, now: datetime) -> Sent:
        """Keep the text, in the transaction in which it is then settled."""
        sid = f"SM{secrets.token_hex(16)}"
        words = f"{text.mail.subject}\n\n{text.body}\n\n{text.mail.footer}" if text.mail else text.body
        sealed = keyring().encrypt(words, "sandbox_texts", "body_sealed", text.message_id)
        row = {"sid": sid, "message_id": text.message_id or None, "body_sealed": sealed, "given_at": now}
        db.session.execute(insert(table(SandboxText)), {"phone_fingerprint": keyring().fingerprint(text.to), **row})
        if text.message_id:
            self._given.append((text, sid))
        return Sent(Outcome.ACCEPTED, sid=sid, http_status=201, segments=segments(text.body).count)

    def find(self, to: str, since: datetime) -> list[Found]:
        """The texts kept for a number since then, newest first."""
        to_number = select(SandboxText).where(SandboxText.phone_fingerprint.in_(keyring().fingerprints(to)))
        rows = db.session.scalars(to_number.where(SandboxText.given_at >= since).order_by(SandboxText.id.desc()))
        return [Found(row.sid, _open(row), row.given_at, "accepted") for row in rows]

    def look(self, sid: str) -> Found | None:
        """The sandbox knows no more than what it reported."""
        return None

    def log(self, since: datetime) -> list[Logged]:
        """Nothing: what it was given is in our own database, and nobody writes to it."""
        return []

    def redact(self, sid: str, media: int = 0) -> None:
        """Nothing to take out: nobody writes to the sandbox."""

    def reports(self, undeliverable: Callable[[str], bool] = lambda number: False) -> list[Report]:
        """Reports of what was given since the last call; an address for which `undeliverable` holds is not reached."""
        given, self._given = self._given, []
        return [
            self._report(text, sid, "undelivered" if undeliverable(text.to) else "delivered") for text, sid in given
        ]

    def _report(self, text: Outgoing, sid: str, status: str) -> Report:
        from app.messages.gateways.twilio import sign

        form = {"MessageSid": sid, "MessageStatus": status, "To": text.to, "AccountSid": self._account}
        if status == "undelivered":
            form["ErrorCode"] = NO_SUCH_ADDRESS if text.mail else UNREACHABLE_HANDSET
        address = status_callback(self.base, text)
        return Report(
            text.message_id,
            address.removeprefix(self.base),
            form,
            {"X-Twilio-Signature": sign(address, form, self._token)},
        )


def texts_of(participant: Participant) -> list[KeptText]:
    """What this synthetic patient received, newest first."""
    query = select(SandboxText).join(Message, Message.id == SandboxText.message_id)
    rows = query.where(Message.participant_id == participant.id).order_by(SandboxText.id.desc())
    return [_kept(row) for row in db.session.scalars(rows)]


@dataclass(frozen=True)
class Asking:
    """A kept text about a visit: who was asked about which, and until when it can be answered."""

    id: int
    code: str
    visit: str
    day: int
    closes_at: datetime
    body: str
    channel: Channel


def asked_by(message_ids: Sequence[int]) -> list[Asking]:
    """The texts about visits among these messages, oldest first."""
    with looking() as connection:
        rows = connection.execute(_asked(), {"ids": message_ids}).all()
    return [Asking(row.id, row.code, row.visit, row.day, row.closes_at, _open(row), row.channel) for row in rows]


@cache
def _asked() -> Executable:
    return (
        select(
            SandboxText.id, SandboxText.message_id, SandboxText.body_sealed,
            Message.channel, Participant.code, Assessment.visit, Assessment.day, Assessment.closes_at,
        )
        .join(Message, Message.id == SandboxText.message_id)
        .join(Assessment, Assessment.id == Message.assessment_id)
        .join(Participant, Participant.id == Message.participant_id)
        .where(among(table(SandboxText).c.message_id), among(table(Message).c.id))
        .order_by(SandboxText.id)
    )  # fmt: skip


def _kept(row: SandboxText) -> KeptText:
    return KeptText(row.id, row.sid, row.message_id, row.given_at, _open(row))


def _open(row: Any) -> str:
    return keyring().decrypt(row.body_sealed, "sandbox_texts", "body_sealed", row.message_id or 0)
