"""Why a visit has no complete answer: the first rung of the ladder that explains it."""

from dataclasses import dataclass
from enum import StrEnum

from app.schedule.models import State


class Reason(StrEnum):
    """From the service's side to the patient's."""

    NOT_DUE = "not_due"
    NOT_SENT = "not_sent"
    UNDELIVERED = "undelivered"
    DELIVERY_UNKNOWN = "delivery_unknown"
    NOT_OPENED = "not_opened"
    OPENED = "opened"
    PARTIAL = "partial"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Reached:
    """What became of the texts about a visit: one was delivered, left us without a report, or failed for good."""

    delivered: bool = False
    sent: bool = False
    failed: bool = False


SAID_BY_STATE = {
    State.PARTIAL: Reason.PARTIAL,
    State.NOT_DUE: Reason.NOT_DUE,
    State.WITHDRAWN: Reason.WITHDRAWN,
}


def reason(state: State, begun: bool, reached: Reached) -> Reason | None:
    """Nothing where the answer is complete; else the state itself, or how far text and patient came."""
    if state in (State.COMPLETED, State.LATE):
        return None
    if state in SAID_BY_STATE:
        return SAID_BY_STATE[state]
    return Reason.OPENED if begun else _texts(reached)


def _texts(reached: Reached) -> Reason:
    if reached.delivered:
        return Reason.NOT_OPENED
    if reached.sent:
        return Reason.DELIVERY_UNKNOWN
    return Reason.UNDELIVERED if reached.failed else Reason.NOT_SENT
