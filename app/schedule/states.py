"""How a visit stands, for whoever counts (pure)."""

from enum import StrEnum


class State(StrEnum):
    """The states of an assessment exclude each other and add up to the planned."""

    COMPLETED = "completed"
    LATE = "late"
    PARTIAL = "partial"
    MISSED = "missed"
    OPEN = "open"
    NOT_DUE = "not_due"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    """Asked about for a day 0 that was called off: nobody missed it."""
    VOIDED = "voided"
    """Answered, and what was answered does not count: by the wrong person, or at the wrong visit."""


ANSWERED = (State.COMPLETED, State.LATE, State.PARTIAL)
MISSING = (State.MISSED, State.VOIDED)
"""Expected and without an answer that counts, once the window is past its grace."""


class NotDone(StrEnum):
    """Why a visit was not answered, as the site knows it."""

    NOT_REACHED = "not reached"
    TOO_ILL = "too ill"
    HOSPITAL = "in hospital"
    DECLINED = "did not want to"
    LANGUAGE = "language"
    TECHNICAL = "technical fault"
    FORGOTTEN = "forgotten by the staff"
    OTHER = "other"
