"""How urgent a reason to call is, and when its turn is (pure). `waiting` asks the same of the database."""

from datetime import datetime, timedelta
from enum import IntEnum

RECENT = timedelta(days=7)
"""So long a missed visit is a reason to call."""
SOON = timedelta(days=1)
"""What ends so soon comes before the rest of the day."""


class Urgency(IntEnum):
    """What weighs more, where the same can wait equally long. Reading what somebody wrote can wait an hour."""

    SAFETY = 0
    TASK = 1
    UNREACHABLE = 2
    UNDELIVERED = 3
    NEVER_SENT = 4
    LATE = 5
    AT_RISK = 6
    MISSED = 7
    TO_READ = 8

    @property
    def is_alarming(self) -> bool:
        """Whether something is broken or asked for, rather than only late."""
        return self < Urgency.LATE


class Turn(IntEnum):
    """In which part of Today somebody stands."""

    NOW = 0
    TODAY = 1
    THIS_WEEK = 2
    TO_READ = 3


def turn(urgency: Urgency, until: datetime | None, now: datetime) -> Turn:
    """When such a reason has its turn."""
    if urgency is Urgency.TO_READ:
        return Turn.TO_READ
    if urgency in (Urgency.MISSED, Urgency.AT_RISK):
        return Turn.THIS_WEEK
    ends_soon = until is not None and until <= now + SOON
    return Turn.NOW if urgency is Urgency.SAFETY or ends_soon else Turn.TODAY
