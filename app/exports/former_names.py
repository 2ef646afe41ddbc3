"""What is otherwise in the exports of earlier versions, so that old nights are understood (pure).

The analysis knows the same names (`app.analysis.trial.snapshot`), as it imports nothing of the service.
"""

from collections.abc import Mapping
from types import MappingProxyType

FORMER_NAMES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "participants": {"first_infusion_on": "anchor_on", "first_infusion_at": "anchor_at"},
        "assessments": {"after_first_dose": "after_baseline_end"},
        "scores": {"after_first_dose": "after_baseline_end"},
        "events": {"on": "event_on", "at": "event_at"},
    }
)
"""By table, the name that a column has now."""


ADDED_LATER = frozenset({"analysis", "schedule", "contacts_made", "corrections", "pauses"})
"""Tables that the exports of earlier versions do not have."""


def named_now(table: str, row: Mapping[str, str]) -> dict[str, str]:
    """The row of any version's file under the names of today; what has today's name already keeps it."""
    names = FORMER_NAMES.get(table, {})
    return {name if names.get(name) in row else names.get(name, name): cell for name, cell in row.items()}
