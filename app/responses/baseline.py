"""What is baseline, and what came after the first dose (pure): the only place where it is decided.

Baseline is the last answer before the first dose was given. The plan does not count: a dose that was planned and not
given begins nothing. An answer at the very instant of the dose, or after it, is kept and flagged `after_first_dose`; it
is never baseline. The export marks its rows by these functions; analysis, report and desk read the marks.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple


class Submission(NamedTuple):
    """When a response was submitted; its number decides between two of the same instant."""

    submitted_at: datetime
    response_id: int


def after_first_dose(submitted_at: datetime, first_dose_at: datetime | None) -> bool:
    """Whether an answer came when the first dose had been given."""
    return first_dose_at is not None and submitted_at >= first_dose_at


def baseline(submissions: Iterable[Submission], first_dose_at: datetime | None) -> Submission | None:
    """The baseline answer; nothing before the first dose is given, or if all came after it."""
    if first_dose_at is None:
        return None
    return max((each for each in submissions if not after_first_dose(each.submitted_at, first_dose_at)), default=None)
