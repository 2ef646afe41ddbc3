"""What an answer of the provider means for a message. A table, not a program: an unknown code is judged by its status.

Twilio's Messages API has no idempotency key. So only what was certainly not taken may be tried again by itself; a 5xx,
a read time-out or a broken answer may have been taken, and is `unknown` until a report or the provider's list tells.
Sources: Twilio's error dictionary ; 20429 is "not processed and safe to retry", after 20500 a repetition may duplicate.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Outcome(StrEnum):
    """What became of one attempt."""

    ACCEPTED = "accepted"
    BUSY = "busy"
    """429: not taken; try again later."""
    UNREACHABLE = "unreachable"
    """No connection: not taken. Everybody waits a little."""
    HALTED = "halted"
    """Our credentials or sender are refused: nobody's text would leave."""
    REFUSED = "refused"
    """This text to this number will never be taken."""
    UNKNOWN = "unknown"


NOT_TAKEN = frozenset({Outcome.BUSY, Outcome.UNREACHABLE, Outcome.HALTED})

HALTING = frozenset({"20003", "20404", "21603", "21606", "21612", "21659", "21660", "30002"})
OPTED_OUT = "21610"

NUMBER_UNUSABLE = {
    "21211": "not a valid number",
    "21614": "not a mobile number",
    "21408": "country not allowed",
    "30004": "blocked",
    "30005": "number not in use",
    "30006": "cannot take texts",
}
TOO_SLOW = 408
"""Some proxy on the way waited no longer; the text may have been taken."""
LONGEST_WAIT = timedelta(days=1)


@dataclass(frozen=True)
class Telling:
    """How many texts within how long must end with a code before somebody is told, and why."""

    count: int
    within: timedelta
    because: str


TELLING = {
    "30001": Telling(1, timedelta(days=1), "the provider's queue is full; ask whether the sender's rate is right"),
    "30002": Telling(1, timedelta(days=1), "the account is suspended; ask the provider"),
    "30007": Telling(3, timedelta(hours=72), "a network filters them; ask the provider about sender and address"),
    "30008": Telling(3, timedelta(hours=72), "the provider does not know why; ask it"),
}
"""Codes that say nothing of the patient. A single filtered text happens; three in three days are a filter."""


@dataclass(frozen=True)
class Sent:
    """What one attempt to hand over a text came to."""

    outcome: Outcome
    sid: str | None = None
    http_status: int | None = None
    error_code: str | None = None
    segments: int | None = None
    retry_after: float | None = None
    because: str | None = None


def classify(http_status: int, error_code: str | None) -> Outcome:
    """The outcome of a refusal by the provider."""
    if http_status == 429 or error_code == "20429":
        return Outcome.BUSY
    if http_status >= 500 or http_status == TOO_SLOW:
        return Outcome.UNKNOWN
    if error_code == OPTED_OUT or error_code in NUMBER_UNUSABLE:  # this number's, whatever the status
        return Outcome.REFUSED
    if error_code in HALTING or http_status in (401, 403, 404):
        return Outcome.HALTED
    return Outcome.REFUSED if 400 <= http_status < 500 else Outcome.UNKNOWN


def backoff(attempts: int, jitter: float, retry_after: float | None = None) -> timedelta:
    """30 s, doubled with each attempt up to 30 minutes, or what the provider asks (a day at most); more by chance."""
    seconds = min(30.0 * 2 ** min(attempts - 1, 10), 1800.0)
    wanted = min(retry_after or 0.0, LONGEST_WAIT.total_seconds())
    return timedelta(seconds=max(seconds, wanted) * (1 + 0.25 * jitter))
