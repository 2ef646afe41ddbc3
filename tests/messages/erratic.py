"""A gateway in memory that does as the next fault says, and remembers what rang, when and for whom."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.messages.gateways.gateway import Found, Logged, Outgoing
from app.messages.gateways.outcomes import Outcome, Sent, classify
from app.studies.protocol import Channel
from tests.messages.people import INVITED

FAULTS = ("", "", "", "busy", "unreachable", "broken-before", "broken-after", "lost-after", "21211", "21610", "29999")
NO_CODE = "no code"
"""A refusal that says nothing but its status, as 46elks' does."""


@dataclass(frozen=True)
class Rang:
    """A text that rang. One that is not `listed` the provider knows nothing of when it is asked."""

    message_id: int
    sid: str
    at: datetime
    text: Outgoing
    listed: bool


@dataclass
class Provider:
    """The provider of the state machine; `now` is its clock."""

    name: str = "memory"
    real: bool = True
    redacts: bool = True
    carries: frozenset[Channel] = frozenset(Channel)
    staff: frozenset[str] = frozenset()
    threads: int = 0
    base: str = "http://localhost"
    now: datetime = INVITED
    rang: list[Rang] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    refusing: Callable[[str], str] = lambda number: ""
    """The code with which it refuses our sender for a number; nothing for those it takes."""
    tries: Counter[str] = field(default_factory=Counter)
    """How often a text to each number was handed over."""

    def send(self, text: Outgoing, now: datetime) -> Sent:
        self.tries[text.to] += 1
        fault = self.faults.pop(0) if self.faults else self.refusing(text.to)
        if fault.isdigit() or fault == NO_CODE:
            code = None if fault == NO_CODE else fault
            return Sent(classify(400, code), http_status=400, error_code=code)
        if fault in ("busy", "unreachable"):
            return Sent(Outcome(fault), http_status=429 if fault == "busy" else None)
        if fault != "broken-before":
            self.rang.append(Rang(text.message_id, f"SM{len(self.rang)}", self.now, text, fault != "lost-after"))
        if fault:
            return Sent(Outcome.UNKNOWN, http_status=500)
        return Sent(Outcome.ACCEPTED, sid=self.rang[-1].sid, http_status=201)

    def find(self, to: str, since: datetime) -> list[Found]:
        return [
            Found(rung.sid, rung.text.body, rung.at, "sent")
            for rung in reversed(self.rang)
            if rung.listed and rung.text.to == to and rung.at >= since - timedelta(minutes=1)
        ]

    def look(self, sid: str) -> Found | None:
        return None

    def log(self, since: datetime) -> list[Logged]:
        """Nobody asks it here."""
        return []

    def redact(self, sid: str, media: int = 0) -> None:
        """Nothing is kept here."""


@dataclass
class MailProvider(Provider):
    """The same, where it takes e-mails: those are listed nowhere."""

    def find(self, to: str, since: datetime) -> list[Found]:
        return [] if "@" in to else super().find(to, since)
