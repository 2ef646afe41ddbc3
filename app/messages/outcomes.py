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
FILTERED = "30007"


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
    if http_status >= 500:
        return Outcome.UNKNOWN
    if error_code in HALTING or http_status in (401, 403, 404):
        return Outcome.HALTED
    return Outcome.REFUSED if 400 <= http_status < 500 else Outcome.UNKNOWN


def backoff(attempts: int, jitter: float, retry_after: float | None = None) -> timedelta:
    """30 s, doubled with each attempt up to 30 minutes, more by chance; never before `retry_after` seconds."""
    seconds = min(30.0 * 2 ** min(attempts - 1, 10), 1800.0) * (1 + 0.25 * jitter)
    return timedelta(seconds=max(seconds, retry_after or 0.0))
