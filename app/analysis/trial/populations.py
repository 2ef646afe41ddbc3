"""Who belongs to a population: rules over events, scores and answers."""

import pandas as pd

from app.analysis.trial.days import day_zero, event_days
from app.analysis.trial.plan import Plan
from app.analysis.trial.planned import Membership, Population
from app.analysis.trial.snapshot import Snapshot


def members(snapshot: Snapshot, plan: Plan, population: Population) -> frozenset[str]:
    """Everybody with a day 0 who meets all conditions of the population."""
    began = day_zero(snapshot, plan.anchor)
    kept = frozenset(began.index)
    for condition in population.all_of:
        meets = _by_events if condition.events else _by_values
        kept &= meets(snapshot, began, condition)
    return kept


def _by_events(snapshot: Snapshot, began: pd.Series, condition: Membership) -> frozenset[str]:
    """Those who had so many of the events, within the days."""
    days = event_days(snapshot, began, condition.events)
    if condition.since is not None:
        days = days[days["day"] >= condition.since]
    if condition.until is not None:
        days = days[days["day"] <= condition.until]
    counts = days.groupby(level=0).size().reindex(began.index, fill_value=0)
    enough = counts >= condition.at_least
    if condition.at_most is not None:
        enough &= counts <= condition.at_most
    return frozenset(counts.index[enough])


def _by_values(snapshot: Snapshot, began: pd.Series, condition: Membership) -> frozenset[str]:
    """Those who have the score or answer, with one of the values, within the limits."""
    rows = rows_of(snapshot, condition.score, condition.item, condition.day)
    values = pd.to_numeric(rows["value"].astype(object), errors="coerce").astype(float)
    fits = rows["value"].notna()
    if condition.values:
        fits &= values.isin(condition.values)
    if condition.minimum is not None:
        fits &= values >= condition.minimum
    if condition.maximum is not None:
        fits &= values <= condition.maximum
    return frozenset(rows.loc[fits, "participant"]) & frozenset(began.index)


def rows_of(snapshot: Snapshot, score: str, item: str, day: int | None) -> pd.DataFrame:
    """The export's rows of a score or an item at a day; day 0 of a score is the one flagged as baseline."""
    if score:
        rows = snapshot.scores[snapshot.scores["score"] == score]
        return rows if day is None else rows[rows["baseline"] if day == 0 else rows["day"] == day]
    instrument, name = item.split(".")
    rows = snapshot.answers
    rows = rows[(rows["instrument"] == instrument) & (rows["item"] == name)]
    return rows if day is None else rows[rows["day"] == day]
