"""Why a visit has no complete answer: the first rung of the ladder that explains it (pure)."""

from collections.abc import Collection
from enum import StrEnum

from app.messages.kinds import MessageState
from app.schedule.states import State


class AbsenceReason(StrEnum):
    """From the service's side to the patient's."""

    NOT_DUE = "not_due"
    NOT_SENT = "not_sent"
    UNDELIVERED = "undelivered"
    DELIVERY_UNKNOWN = "delivery_unknown"
    NOT_OPENED = "not_opened"
    OPENED = "opened"
    PARTIAL = "partial"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    VOIDED = "voided"


COMPLETE = frozenset({State.COMPLETED, State.LATE})
SAID_BY_STATE = {
    State.PARTIAL: AbsenceReason.PARTIAL,
    State.NOT_DUE: AbsenceReason.NOT_DUE,
    State.WITHDRAWN: AbsenceReason.WITHDRAWN,
    State.CANCELLED: AbsenceReason.CANCELLED,
    State.VOIDED: AbsenceReason.VOIDED,
}
LEFT_US = frozenset({MessageState.ACCEPTED, MessageState.SENDING, MessageState.UNKNOWN})
"""Of a text in these states nobody can say that it did not arrive."""


def reason(state: State, *, opened: bool, draft_existed: bool, texts: Collection[MessageState]) -> AbsenceReason | None:
    """Nothing where the answer is complete; else the state itself, or how far patient and texts about the visit came.

    A draft that was purged says, as an opening does, that the patient had begun.
    """
    if state in COMPLETE:
        return None
    if state in SAID_BY_STATE:
        return SAID_BY_STATE[state]
    return AbsenceReason.OPENED if opened or draft_existed else _how_far(texts)


def _how_far(texts: Collection[MessageState]) -> AbsenceReason:
    """The text that came furthest decides."""
    if MessageState.DELIVERED in texts:
        return AbsenceReason.NOT_OPENED
    if not LEFT_US.isdisjoint(texts):
        return AbsenceReason.DELIVERY_UNKNOWN
    return AbsenceReason.UNDELIVERED if MessageState.FAILED in texts else AbsenceReason.NOT_SENT
