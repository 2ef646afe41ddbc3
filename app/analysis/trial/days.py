"""Day 0 of each participant, and the study days of what happened to them."""

from collections.abc import Sequence

import pandas as pd

from app.analysis.errors import listed
from app.analysis.trial.planned import DayZero
from app.analysis.trial.snapshot import Snapshot, SnapshotError

HAPPENED = "happened"
RANDOMISED_EVENT = "randomisation"
"""What the export calls the event by which somebody is randomised: of the flow, not of what befell her."""
OF_PARTICIPANTS = {"randomised": "randomised_on", "enrolled": "enrolled_on"}


def day_zero(snapshot: Snapshot, anchor: DayZero) -> pd.Series:
    """The date of day 0 by participant, of those who have one; raises SnapshotError where nobody has."""
    if anchor.event in OF_PARTICIPANTS:
        dates = snapshot.participants.set_index("participant")[OF_PARTICIPANTS[anchor.event]].dropna()
    else:
        events = snapshot.events[snapshot.events["state"] == HAPPENED]
        dates = events[events["kind"] == anchor.event].groupby("participant")["event_on"].min().dropna()
    if dates.empty:
        kinds = [*OF_PARTICIPANTS, *sorted(set(snapshot.events["kind"].dropna()))]
        raise SnapshotError(
            f"nobody has the anchor {anchor.event!r} of the plan; name an event of the export: {listed(kinds, 20)}"
        )
    return dates


def event_days(snapshot: Snapshot, began: pd.Series, kinds: Sequence[str] = ()) -> pd.DataFrame:
    """kind and study day of the events of those with a day 0, by participant; of all kinds if none is named."""
    events = snapshot.events[(snapshot.events["state"] == HAPPENED) & snapshot.events["participant"].isin(began.index)]
    events = events[events["kind"].isin(kinds)] if kinds else events
    days = (events["event_on"] - events["participant"].map(began)).dt.days
    table = pd.DataFrame({"kind": events["kind"].to_numpy(), "day": days.to_numpy()}, index=events["participant"])
    return table if kinds else table.dropna()
