"""What an answer of the provider means for a message. A table, not a program: an unknown code is judged by its status.

Twilio's Messages API has no idempotency key. So only what was certainly not taken may be tried again by itself; a 5xx,
a read time-out or a broken answer may have been taken, and is `unknown` until a report or the provider's list tells.

Source of the codes: Twilio's error dictionary (www.twilio.com/docs/api/errors) as of 22 November 2026. 20429 is "not
processed and safe to retry", after 20500 a repetition may duplicate. On 10 July 2024 Twilio split 21211, 21212, 21606
and 21614 into more codes (changelog "number validation errors") and advised against logic that rests on codes: so a
refusal of which no table says whose it is may be everybody's (a sender that is not registered) or one number's, and
evidence decides what it proves (sending/evidence). Codes that can be about nothing but us need no evidence.
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
    BARRED = "barred"
    """Refused for our account or sender, whoever was to get it. Everybody waits at once."""
    HALTED = "halted"
    """Refused, and nothing says that it is this text's own fault: everybody's or hers alone, as other numbers tell."""
    REFUSED = "refused"
    """This text to this number will never be taken."""
    UNKNOWN = "unknown"


NOT_TAKEN = frozenset({Outcome.BUSY, Outcome.UNREACHABLE, Outcome.BARRED, Outcome.HALTED})

OUR_FAULTS = {
    "20003": "our credentials are refused",
    "20404": "our account or messaging service is not found",
    "21267": "a trial account may not send under a name",
    "21603": "a sender is missing",
    "21660": "our sender is of another account",
    "21704": "our messaging service has no numbers",
    "21705": "our messaging service is not valid",
    "30002": "the account is suspended",
    "63038": "the account has sent its most for a day",
}
"""These can only be about us: whoever was written to, everybody waits at once, and nothing is held against her."""
OUR_FAULT_STATUSES = frozenset({401, 402})
"""A refusal that says no more than this (46elks gives no codes) is about us too: who are we, and who pays."""

WEIGHED_CODES = {
    "21212": "our sender is not a valid number",
    "21408": "our account may not text this country",
    "21606": "our sender cannot text this number",
    "21608": "a trial account texts numbers that are verified alone",
    "21612": "our sender cannot reach this number",
    "21659": "our sender is not a number of the provider's",
    "21703": "our messaging service has no number to send from",
    "30034": "our sender is not registered",
}
"""Of our account or sender too, for everybody or for one number that is not reached: evidence decides."""

HALTING = OUR_FAULTS | WEIGHED_CODES
"""What is said of our account or sender when a text is handed over."""

WEIGHED_REPORT_CODES = {"30001": "the provider's queue is full", "30007": "a network filters our texts"}
"""The same, of a text that was taken: everybody's or hers, as others' tell."""

OF_SENDER = HALTING | WEIGHED_REPORT_CODES
"""What a report may say, of a text that was taken, of our account or sender."""

UNDER_WAY_STATUSES = ("accepted", "scheduled", "queued", "sending", "sent")
DELIVERED_STATUSES = ("delivered", "read", "partially_delivered")
FAILED_STATUSES = ("failed", "undelivered", "canceled")
"""What a report says of a text, in the provider's words."""

CROWDED = frozenset({"20429", "21611"})
"""Too many requests, or the sender's queue is full: not taken."""

OPTED_OUT = "21610"

NUMBER_UNUSABLE = {
    "21211": "not a valid number",
    "21265": "a short code",
    "21266": "our own sender",
    "21268": "a premium or information service",
    "21408": "country not allowed",
    "21614": "not a mobile number",
    "21635": "a landline",
    "30004": "blocked",
    "30005": "number not in use",
    "30006": "cannot take texts",
}
"""Of this number, with one exception: 21408 is a setting of our account's, so evidence decides whose fault it is."""
TEXT_REFUSED = {
    "21602": "it has no words",
    "21604": "it has no number",
    "21617": "it is too long",
    "30003": "the phone cannot be reached",
}
"""Of this text, or of this number today: others get through."""
PROXY_REFUSES = 407
"""A proxy on the way wants our credentials; what it was given has gone no further."""
TOO_SLOW = 408
"""Some proxy on the way waited no longer; the text may have been taken."""
LONGEST_PROVIDER_WAIT = timedelta(days=1)


@dataclass(frozen=True)
class Telling:
    """How many texts within how long must end with a code before somebody is told, and why."""

    count: int
    within: timedelta
    because: str


TELLING = {
    "21606": Telling(3, timedelta(hours=72), "our sender cannot text these numbers; ask the provider"),
    "21612": Telling(3, timedelta(hours=72), "our sender does not reach these numbers; ask the provider"),
    "30001": Telling(1, timedelta(days=1), "the provider's queue is full; ask whether the sender's rate is right"),
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
    if http_status == PROXY_REFUSES:
        return Outcome.UNREACHABLE
    if http_status == 429 or error_code in CROWDED:
        return Outcome.BUSY
    if http_status >= 500 or http_status == TOO_SLOW:
        return Outcome.UNKNOWN
    if error_code in OUR_FAULTS:
        return Outcome.BARRED
    if error_code in WEIGHED_CODES:
        return Outcome.HALTED
    if error_code == OPTED_OUT or error_code in NUMBER_UNUSABLE or error_code in TEXT_REFUSED:  # whatever the status
        return Outcome.REFUSED
    if http_status in OUR_FAULT_STATUSES:
        return Outcome.BARRED
    return Outcome.HALTED if 400 <= http_status < 500 else Outcome.UNKNOWN


def backoff(attempts: int, jitter: float, retry_after: float | None = None) -> timedelta:
    """30 s, doubled with each attempt up to 30 minutes, or what the provider asks (a day at most); more by chance."""
    seconds = min(30.0 * 2 ** min(attempts - 1, 10), 1800.0)
    wanted = min(retry_after or 0.0, LONGEST_PROVIDER_WAIT.total_seconds())
    return timedelta(seconds=max(seconds, wanted) * (1 + 0.25 * jitter))
