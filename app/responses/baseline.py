"""What is baseline, and what came after its end (pure).

Baseline is what the protocol says: the last answer before an event took place (unless it says otherwise, the anchor: a
first dose, an operation), the answer of a named visit, or none. The plan does not count: what was planned and did not
take place begins nothing. An answer at the very instant of the event, or after it, is kept and flagged
`after_baseline_end`; it is never baseline. Where baseline is a visit, or there is none, nothing comes after its end.
The export marks its rows by the same rule, said to the database (`app.exports.queries`) and held by the same cases;
analysis, report and desk read the marks.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple


class Submission(NamedTuple):
    """When a response was submitted; its number decides between two of the same instant."""

    submitted_at: datetime
    response_id: int
    visit: str = ""


def after_baseline_end(submitted_at: datetime, anchor_at: datetime | None) -> bool:
    """Whether an answer came when the anchor had taken place."""
    return anchor_at is not None and submitted_at >= anchor_at


def baseline(
    submissions: Iterable[Submission], anchor_at: datetime | None, visit: str | None = None
) -> Submission | None:
    """The baseline answer: of this `visit`, else the last before the event; nothing while that has not taken place."""
    if visit is not None:
        return max((each for each in submissions if each.visit == visit), default=None)
    if anchor_at is None:
        return None
    return max((each for each in submissions if not after_baseline_end(each.submitted_at, anchor_at)), default=None)
