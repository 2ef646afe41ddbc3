"""A provider that outlives our databases: it keeps what rang and what was written, and is asked as Twilio is."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.messages.gateways.gateway import Found, Logged, Outgoing
from app.messages.gateways.outcomes import Outcome, Sent
from app.studies.protocol import Channel

TOKEN_IN_LINK = re.compile(r"/a/([\w-]+)")


@dataclass(frozen=True)
class Rang:
    """A text that rang on a telephone."""

    sid: str
    number: str
    body: str
    at: datetime

    @property
    def tokens(self) -> Sequence[str]:
        """The links in it."""
        return TOKEN_IN_LINK.findall(self.body)


class Carrier:
    """Takes every text, keeps what patients wrote until it is told to take the words out, and forgets nothing else."""

    name = "sandbox"
    real = False
    redacts = True
    carries = frozenset(Channel)
    staff: frozenset[str] = frozenset()
    threads = 0

    def __init__(self, base: str) -> None:
        self.base = base
        self.rang: list[Rang] = []
        self.written: list[Logged] = []
        self.said: dict[str, str] = {}
        """The words of what was written, by SID, also of what was taken out of the log."""

    def send(self, text: Outgoing, now: datetime) -> Sent:
        """It rings."""
        self.rang.append(Rang(f"SM{secrets.token_hex(16)}", text.to, text.body, now))
        return Sent(Outcome.ACCEPTED, sid=self.rang[-1].sid, http_status=201)

    def write(self, number: str, words: str, now: datetime) -> Logged:
        """A patient writes."""
        self.written.append(Logged(f"SM{secrets.token_hex(16)}", number, words, now, inbound=True))
        self.said[self.written[-1].sid] = words
        return self.written[-1]

    def find(self, to: str, since: datetime) -> list[Found]:
        """The texts to a number since then, newest first."""
        rang = [rang for rang in reversed(self.rang) if rang.number == to and rang.at >= since]
        return [Found(rang.sid, rang.body, rang.at, "delivered") for rang in rang]

    def look(self, sid: str) -> Found | None:
        """Nothing more than it has said."""
        return None

    def redact(self, sid: str, media: int = 0) -> None:
        """Take the words out of the log."""
        self.written = [replace(text, body="") if text.sid == sid else text for text in self.written]

    def log(self, since: datetime) -> list[Logged]:
        """What went to and fro since then."""
        rang = [Logged(rang.sid, rang.number, rang.body, rang.at, inbound=False) for rang in self.rang]
        return [line for line in (*rang, *self.written) if line.at is None or line.at >= since]
