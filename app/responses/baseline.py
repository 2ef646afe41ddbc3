"""What is baseline, and what came after its end (pure): the only place where it is decided.

Baseline is the last answer before the anchor took place: the event that the protocol counts from, a first dose or an
operation. The plan does not count: what was planned and did not take place begins nothing. An answer at the very
instant of the anchor, or after it, is kept and flagged `after_baseline_end`; it is never baseline. The export marks its
rows by these functions; analysis, report and desk read the marks.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple


class Submission(NamedTuple):
    """When a response was submitted; its number decides between two of the same instant."""

    submitted_at: datetime
    response_id: int


def after_baseline_end(submitted_at: datetime, anchor_at: datetime | None) -> bool:
    """Whether an answer came when the anchor had taken place."""
    return anchor_at is not None and submitted_at >= anchor_at


def baseline(submissions: Iterable[Submission], anchor_at: datetime | None) -> Submission | None:
    """The baseline answer; nothing before the anchor took place, or if all came after it."""
    if anchor_at is None:
        return None
    return max((each for each in submissions if not after_baseline_end(each.submitted_at, anchor_at)), default=None)
