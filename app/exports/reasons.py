"""Why a visit has no complete answer, and why an outcome has no value: the ladder that explains it.

It is said to the database, which explains millions of rows; the tables of its cases are held in `tests/exports`.
"""

from enum import StrEnum

from sqlalchemy import ColumnElement, FromClause, case

from app.instruments.results import Unscored
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
    LATE_BEYOND_GRACE = "late_beyond_grace"


class OutcomeReason(StrEnum):
    """Beside those of its visit: why an outcome has no value where there is an answer."""

    NOT_ASKED = "not_asked"
    ITEM_SKIPPED = "item_skipped"
    NOT_APPLICABLE = "not_applicable"
    NOT_SCORED = "not_scored"
    DIED = "died"


class BaselineReason(StrEnum):
    """Why an outcome has no baseline."""

    NOT_PLANNED = "not_planned"
    NO_PERIOD = "no_period"
    NO_ANCHOR = "no_anchor"
    NOT_ASKED = "not_asked"
    AFTER_ANCHOR = "after_anchor"
    NO_VALUE = "no_value"
    NOT_ANSWERED = "not_answered"


COMPLETE = frozenset({State.COMPLETED, State.LATE})
SAID_BY_STATE = {
    State.PARTIAL: AbsenceReason.PARTIAL,
    State.NOT_DUE: AbsenceReason.NOT_DUE,
    State.WITHDRAWN: AbsenceReason.WITHDRAWN,
    State.CANCELLED: AbsenceReason.CANCELLED,
    State.VOIDED: AbsenceReason.VOIDED,
}
DOES_NOT_APPLY = (Unscored.NOT_APPLICABLE, Unscored.NOT_EMPLOYED, Unscored.NO_HOURS, Unscored.NO_EARLIER)
"""What a score says of itself where nothing was left out."""
LEFT_US = frozenset({MessageState.ACCEPTED, MessageState.SENDING, MessageState.UNKNOWN})
"""Of a text in these states nobody can say that it did not arrive."""


def reason(
    state: ColumnElement[str], begun: ColumnElement[bool], too_late: ColumnElement[bool], texts: FromClause
) -> ColumnElement[str | None]:
    """Nothing where the answer is complete; else the state itself, or how far patient and texts about the visit came.

    A draft that was purged says, as an opening does, that the patient had begun; of the texts the one that came
    furthest decides. Answers that came after everything was over say more than both.
    """
    return case(
        (state.in_(sorted(COMPLETE)), None),
        *((state == each.value, why.value) for each, why in SAID_BY_STATE.items()),
        ((state == State.MISSED.value) & too_late, AbsenceReason.LATE_BEYOND_GRACE.value),
        (begun, AbsenceReason.OPENED.value),
        (texts.c.arrived, AbsenceReason.NOT_OPENED.value),
        (texts.c.left, AbsenceReason.DELIVERY_UNKNOWN.value),
        (texts.c.failed, AbsenceReason.UNDELIVERED.value),
        else_=AbsenceReason.NOT_SENT.value,
    )
