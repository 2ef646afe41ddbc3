"""The one thing that is replaced: who carries a text. Twilio in production, a sandbox everywhere else."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Protocol
from uuid import UUID

from app.messages.gateways.outcomes import Sent
from app.studies.protocol import Channel

TEXTS = frozenset({Channel.SMS})
EMAILS = frozenset({Channel.EMAIL})
TAG = 16
"""So many hexadecimal digits tell one message from another of its id."""


@dataclass(frozen=True)
class Mail:
    """What an e-mail has besides its words: who writes, its subject, what stands below, and how to get no more."""

    sender: str
    subject: str
    footer: str
    unsubscribe: str
    language: str


@dataclass(frozen=True)
class Outgoing:
    """One text on its way, or one e-mail where it has `mail`.

    `validity` is for how many seconds it may still arrive; `tag` is for its reports; `tries` counts this one too.
    One of no row of the ledger has the `message_id` 0, and is reported to nobody.
    """

    message_id: int
    to: str
    body: str
    validity: int = 14_400
    tag: str = ""
    mail: Mail | None = None
    tries: int = 1

    def __repr__(self) -> str:
        return f"Outgoing(message_id={self.message_id})"


@dataclass(frozen=True)
class Found:
    """A text as the provider lists it. The body is empty where the provider keeps none."""

    sid: str
    body: str
    at: datetime | None
    status: str
    error_code: int | None = None


@dataclass(frozen=True)
class Logged:
    """A line of the provider's log: a text to a number, or (inbound) from it. Its words may have been taken out."""

    sid: str
    number: str
    body: str
    at: datetime | None
    inbound: bool


@dataclass(frozen=True)
class ProviderAccount:
    """Our account as the provider has it; `inbound` is where what patients write to our sender goes."""

    refused: str = ""
    """Why the provider tells nothing of it."""
    trial: bool = False
    has_sender: bool = False
    inbound: str = ""


class Gateway(Protocol):
    """Hands over texts. `send` returns what happened and does not raise.

    `threads` is how many it takes at once (0: in the caller's thread); links begin with `base`; `real` ones ring, at
    the numbers of `staff` before a study is live. It takes messages of the channels that it `carries`; one that
    `redacts` takes words out of its log when it is asked to.
    What every gateway keeps is in tests/messages/gateways/conformance.
    """

    name: str
    real: bool
    redacts: bool
    carries: frozenset[Channel]
    staff: frozenset[str]
    threads: int
    base: str

    def send(self, text: Outgoing, now: datetime) -> Sent:
        """Hand over one text; `now` is the instant on the caller's clock."""
        ...

    def find(self, to: str, since: datetime) -> list[Found]:
        """The provider's texts to a number since then, newest first. Raises where it does not answer."""
        ...

    def look(self, sid: str) -> Found | None:
        """What the provider knows of one text now; None if it knows nothing. Raises where it does not answer."""
        ...

    def log(self, since: datetime) -> list[Logged]:
        """Everything that went to and fro since then, oldest first. Raises where it does not answer."""
        ...

    def redact(self, sid: str, media: int = 0) -> None:
        """Take the words of a text out of the provider's log, where that can be done, and the pictures or files that
        came with it; twice is as good as once."""
        ...


def tag_of(mark: UUID, dedupe_key: str) -> str:
    """What tells a message from one that has its id in another life of the database (SQL: receiving/receipts.py)."""
    return sha256(f"{mark}:{dedupe_key}".encode()).hexdigest()[:TAG]


def status_callback(base: str, text: Outgoing, provider: str = "twilio") -> str:
    """Where the provider reports what became of a message: our id in the address resolves what has no SID yet."""
    return f"{base}/webhooks/{provider}/status/{text.message_id}/{text.tag}"
