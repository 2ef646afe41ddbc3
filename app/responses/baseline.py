"""What is baseline (pure): the last answer before the first infusion was given.

The plan does not count: an infusion that was planned and not given begins nothing. An answer at the very instant of
the infusion, or after it, is kept and flagged `after_first_dose`; it is never baseline.
"""

from collections.abc import Iterable
from datetime import datetime


def after_first_dose(submitted_at: datetime, first_infusion_at: datetime | None) -> bool:
    """Whether an answer came when the first infusion had been given."""
    return first_infusion_at is not None and submitted_at >= first_infusion_at


def baseline(submissions: Iterable[datetime], first_infusion_at: datetime | None) -> datetime | None:
    """The instant of the baseline answer; nothing before the infusion is given, or if all came after it."""
    if first_infusion_at is None:
        return None
    return max((at for at in submissions if not after_first_dose(at, first_infusion_at)), default=None)
