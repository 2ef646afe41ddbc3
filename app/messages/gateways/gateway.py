"""The one thing that is replaced: who carries a text. Twilio in production, a sandbox everywhere else."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.messages.gateways.outcomes import Sent


@dataclass(frozen=True)
class Outgoing:
    """One text on its way. `validity` is for how many seconds it may still arrive."""

    message_id: int
    to: str
    body: str
    validity: int = 14_400

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


class Gateway(Protocol):
    """Hands over texts. `send` returns what happened and does not raise.

    `threads` is how many it takes at once (0: in the caller's thread); links begin with `base`; `real` ones ring, at
    the numbers of `staff` before a study is live.
    """

    name: str
    real: bool
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

    def redact(self, sid: str) -> None:
        """Take the words of a text out of the provider's log."""
        ...


def status_callback(base: str, message_id: int) -> str:
    """Where the provider reports what became of a message: our id in the address resolves what has no SID yet."""
    return f"{base}/webhooks/twilio/status/{message_id}"
