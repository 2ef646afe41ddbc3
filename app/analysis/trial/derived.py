"""Outcomes that are made of others: a yes or no of a score, ordered levels, and counts of events with their time."""

from dataclasses import replace

import numpy as np
import pandas as pd

from app.analysis.errors import AnalysisError
from app.analysis.trial.dataset import Dataset, build_dataset, check_days, people_of
from app.analysis.trial.days import day_zero, event_days
from app.analysis.trial.plan import Plan, PlannedOutcome, Response, SecondaryOutcome
from app.analysis.trial.planned import Missing
from app.analysis.trial.planned_formulas import EVENTS_COLUMN, RESPONSE
from app.analysis.trial.snapshot import Snapshot
from app.analysis.trial.visits import after_events, placed

YEAR = 365.25
EXPOSURE = "years"


def outcome_data(snapshot: Snapshot, plan: Plan, secondary: SecondaryOutcome, arms: pd.Series) -> tuple[Plan, Dataset]:
    """The plan as if the outcome were its only one, and its data; raises SnapshotError where there are none.

    Of a generalised model the data are the visits after baseline, with the baseline beside them, and the plan has no
    baseline: the report speaks of shares, counts and levels, not of their changes.
    """
    own = plan.of(secondary)
    if secondary.outcome.events:
        return _plain(own, secondary, unit="per year"), counted(snapshot, own, arms)
    check_days(snapshot, replace(own, visit_names={}, blinding=None))
    dataset = build_dataset(snapshot, own, arms)
    if not secondary.analysis.is_generalised:
        return own, dataset
    rows = dataset.after_baseline() if own.has_baseline else dataset.long
    if secondary.response is None:
        return _plain(own, secondary), replace(dataset, long=rows)
    rows = rows.assign(**{RESPONSE: responses(rows, own.outcome, secondary.response)})
    if secondary.response.missing != "observed":
        worst = secondary.response.missing == "worst-case"
        dataset = replace(dataset, people=dataset.people[dataset.people["participant"].isin(asked_of(snapshot, own))])
        rows = with_everybody(rows, dataset, own, own.arms.active.name if worst else "")
    return _plain(own, secondary), replace(dataset, long=rows.dropna(subset=[RESPONSE]), score=RESPONSE)


def asked_of(snapshot: Snapshot, plan: Plan) -> frozenset[str]:
    """Who had a visit of the plan to answer: of visits after an event those who had it, of others everybody."""
    if not after_events(snapshot, plan):
        return frozenset(snapshot.participants["participant"])
    visits = placed(snapshot, plan).assessments
    return frozenset(visits.loc[visits["day"].isin(plan.days), "participant"])


def primary_data(
    snapshot: Snapshot, plan: Plan, arms: pd.Series, missing: Missing | None = None
) -> tuple[Plan, Dataset]:
    """The plan as its report speaks of it, and the data of its primary outcome.

    A primary outcome of yes or no, of counts or of levels is made as any other outcome of that kind; `missing` is how
    who has no value counts, where an analysis has a rule of its own.
    """
    if not plan.primary.is_generalised:
        return plan, build_dataset(snapshot, plan, arms)
    response = plan.response and replace(plan.response, missing=missing or plan.response.missing)
    alone = SecondaryOutcome(
        plan.outcome, plan.days, plan.primary_day, plan.primary, plan.has_baseline, response=response
    )
    own, dataset = outcome_data(snapshot, plan, alone, arms)
    return replace(own, analyses=plan.analyses, outcomes=plan.outcomes), dataset


def _plain(plan: Plan, secondary: SecondaryOutcome, unit: str = "") -> Plan:
    """The plan without baseline; of a yes or no in percent, with the direction of the yes."""
    outcome = replace(plan.outcome, unit=unit or plan.outcome.unit)
    if secondary.response is not None:
        better = secondary.response.better(outcome)
        outcome = replace(outcome, score=RESPONSE, unit="%", minimum=0.0, maximum=100.0, better=better)
    return replace(plan, outcome=outcome, has_baseline=False)


def responses(rows: pd.DataFrame, outcome: PlannedOutcome, response: Response) -> "pd.Series[float]":
    """1 for a yes, 0 for a no; missing where the value, or the baseline that it needs, is."""
    value = rows[outcome.score].astype(float)
    if response.at_least is not None or response.at_most is not None:
        yes = value >= response.at_least if response.at_least is not None else value <= float(response.at_most or 0.0)
        return yes.astype(float).where(value.notna())
    start = rows[f"{outcome.score}_base"].astype(float)
    gain = (start - value if outcome.better == "lower" else value - start).round(9)
    needed = response.points if response.points is not None else (start.abs() * float(response.percent or 0) / 100)
    return (gain >= np.round(needed, 9)).astype(float).where(gain.notna())


def with_everybody(rows: pd.DataFrame, dataset: Dataset, plan: Plan, worst_in: str = "") -> pd.DataFrame:
    """A row for every participant and visit; who has no value has not responded.

    `worst_in`: the arm in which that is so, while in the others who has no value has responded; all arms if empty.
    `rows` are those with a value, of `dataset`; `answered` says whose value it is.
    """
    base = f"{plan.outcome.score}_base"
    days = pd.DataFrame({"day": list(plan.days)})
    whole = dataset.people.merge(days, how="cross").merge(
        rows[["participant", "day", plan.outcome.score, RESPONSE, "submitted_at", "late"]],
        on=["participant", "day"],
        how="left",
    )
    names = [f"d{day}" for day in plan.days]
    whole["visit"] = pd.Categorical(whole["day"].map(dict(zip(plan.days, names, strict=True))), names, ordered=True)
    if base in rows:
        first = dataset.long[dataset.long["visit"] == "baseline"].set_index("participant")[plan.outcome.score]
        whole[base] = whole["participant"].map(first)
    whole["late"] = whole["late"].astype("boolean").fillna(False).astype(bool)
    assumed = (whole["arm"].astype(str) != worst_in).astype(float) if worst_in else 0.0
    return whole.assign(answered=whole[RESPONSE].notna(), **{RESPONSE: whole[RESPONSE].fillna(assumed)})


def counted(snapshot: Snapshot, plan: Plan, arms: pd.Series) -> Dataset:
    """One row for each participant: how many of the events from day 0 to the primary day, and the years followed.

    Followed until the primary day, the withdrawal, or the day of the export, whichever is first; both ends count.
    """
    people = people_of(snapshot, plan, arms)
    began = day_zero(snapshot, plan.anchor)
    days = event_days(snapshot, began, plan.outcome.events)
    end = followed_until(snapshot, began, plan.primary_day).reindex(people["participant"])
    last = end.reindex(days.index).to_numpy(float)
    counts = days[(days["day"] >= 0) & (days["day"] <= last)].groupby(level=0).size()
    long = people.assign(day=plan.primary_day, visit=pd.Categorical([f"d{plan.primary_day}"] * len(people)))
    long[EVENTS_COLUMN] = counts.reindex(people["participant"], fill_value=0).to_numpy(float)
    long[EXPOSURE] = (end.to_numpy(float) + 1) / YEAR
    long = long.assign(submitted_at=pd.Series(pd.NaT, long.index, dtype="datetime64[ns, UTC]"), late=False)
    if not len(long):
        raise AnalysisError(f"nobody has {plan.anchor.title}")
    return Dataset(people, long, EVENTS_COLUMN)


def followed_until(snapshot: Snapshot, began: pd.Series, last_day: int) -> "pd.Series[float]":
    """The last study day of each participant's follow-up, not before day 0."""
    withdrawn = snapshot.participants.set_index("participant")["withdrawn_on"].reindex(began.index)
    as_of = pd.to_datetime(str(snapshot.manifest.get("as_of", "")), errors="coerce", utc=True)
    exported = pd.Series(pd.NaT if pd.isna(as_of) else as_of.tz_localize(None).normalize(), began.index)
    ends = [(dates - began).dt.days.astype(float) for dates in (withdrawn, exported.astype("datetime64[ns]"))]
    ends.append(pd.Series(float(last_day), began.index))
    return pd.concat(ends, axis=1).min(axis=1).clip(lower=0.0)
