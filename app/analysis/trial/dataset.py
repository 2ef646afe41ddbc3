"""Builds the analysis dataset: one row for each participant and scheduled visit with a score."""

from dataclasses import dataclass

import pandas as pd

from app.analysis.errors import listed
from app.analysis.trial.plan import Plan, PlannedAnalysis, Population
from app.analysis.trial.snapshot import Snapshot, SnapshotError


@dataclass(frozen=True)
class Dataset:
    """What the models are fitted to.

    people: one row for each participant with an infusion (participant, site, arm, affected: the first visit at or after
    stopping the treatment or withdrawing). long: participant, site, arm, visit,
    day, the score, submitted_at, late; baseline is the visit of day 0.
    """

    people: pd.DataFrame
    long: pd.DataFrame
    score: str

    def change(self) -> pd.DataFrame:
        """Visits after baseline with the baseline beside them: the score's name + _base, and chg."""
        at_baseline = self.long["day"] == 0
        baseline = self.long.loc[at_baseline].set_index("participant")[self.score]
        rows = self.long.loc[~at_baseline].copy()
        rows[f"{self.score}_base"] = rows["participant"].map(baseline)
        rows["chg"] = rows[self.score] - rows[f"{self.score}_base"]
        rows["visit"] = rows["visit"].cat.remove_categories(["baseline"])
        return rows.dropna(subset=["chg"]).reset_index(drop=True)


def check_days(snapshot: Snapshot, plan: Plan) -> None:
    """Refuse a plan that names days on which the export has no visit; raises SnapshotError with those that it has."""
    there = {int(day) for day in snapshot.assessments["day"].dropna()}
    named = {"days": plan.days, "visit_names": tuple(plan.visit_names)}
    if plan.blinding is not None:
        named["blinding"] = (plan.blinding.day,)
    for key, days in named.items():
        if absent := [day for day in days if day not in there]:
            raise SnapshotError(
                f"{key} of the plan names day {listed(absent)}, on which the export has no visit; it has day "
                f"{listed(sorted(there), 40)}"
            )


def build_dataset(snapshot: Snapshot, plan: Plan, arms: pd.Series) -> Dataset:
    """Everyone with at least one infusion; the export's baseline flag decides what baseline is.

    An answer after the first infusion never is baseline, and day 0 is no visit after baseline.
    """
    people = _people(snapshot, plan, arms)
    scores = snapshot.scores[snapshot.scores["score"] == plan.outcome.score]
    scores = scores[scores["participant"].isin(people["participant"]) & scores["value"].notna()]
    after = scores["day"].isin(plan.days) & ~scores["baseline"]
    rows = pd.concat([scores[scores["baseline"]].assign(day=0), scores[after]], ignore_index=True)
    _check_single(rows, plan)
    rows = _shaped(rows, snapshot, plan).merge(people[["participant", "site", "arm"]], on="participant", validate="m:1")
    rows["arm"] = rows["arm"].astype(people["arm"].dtype)
    rows["site"] = rows["site"].astype(people["site"].dtype)
    columns = ["participant", "site", "arm", "visit", "day", plan.outcome.score, "submitted_at", "late"]
    return Dataset(people, rows.sort_values(["participant", "day"])[columns].reset_index(drop=True), plan.outcome.score)


def for_analysis(dataset: Dataset, snapshot: Snapshot, plan: Plan, analysis: PlannedAnalysis) -> Dataset:
    """The rows that one analysis uses: its population, without what it leaves out."""
    members = population(dataset, snapshot, plan, plan.populations[analysis.population])
    rows = dataset.long[dataset.long["participant"].isin(members)]
    if analysis.leave_out == "late":
        rows = rows[~rows["late"]]
    elif analysis.leave_out == "after_treatment_stopped":
        rows = rows[~_after_stop(rows, snapshot)]
    people = dataset.people[dataset.people["participant"].isin(members)]
    return Dataset(people.reset_index(drop=True), rows.reset_index(drop=True), dataset.score)


def population(dataset: Dataset, snapshot: Snapshot, plan: Plan, rule: Population) -> frozenset[str]:
    """The participants of a population: everyone infused, or those who kept to the protocol until the primary day."""
    everyone = frozenset(dataset.people["participant"])
    if rule.rule == "infused":
        return everyone
    happened = snapshot.events[snapshot.events["state"] == "happened"]
    infusions = happened[happened["kind"].isin(["first_infusion", "infusion"])]["participant"].value_counts()
    treated = frozenset(infusions.index[infusions >= rule.infusions])
    return (everyone & treated) - _with_event(snapshot, plan, rule.excluded_events)


def _with_event(snapshot: Snapshot, plan: Plan, kinds: tuple[str, ...]) -> frozenset[str]:
    """Those to whom one of the events happened up to the primary day."""
    happened = snapshot.events[(snapshot.events["state"] == "happened") & snapshot.events["kind"].isin(kinds)]
    start = happened["participant"].map(snapshot.participants.set_index("participant")["first_infusion_on"])
    return frozenset(happened.loc[(happened["on"] - start).dt.days <= plan.primary_day, "participant"])


def _people(snapshot: Snapshot, plan: Plan, arms: pd.Series) -> pd.DataFrame:
    infused = snapshot.participants[snapshot.participants["first_infusion_at"].notna()]
    people = infused[["participant", "site"]].sort_values("participant").reset_index(drop=True)
    if missing := sorted(set(people["participant"]) - set(arms.index)):
        raise SnapshotError(f"infused but without an arm: {listed(missing)}; were they randomised?")
    people["site"] = pd.Categorical(people["site"], sorted(people["site"].unique()))
    people["arm"] = pd.Categorical(people["participant"].map(arms), arms.cat.categories)
    people["affected"] = people["participant"].map(_affected(infused, plan))
    return people


def _affected(infused: pd.DataFrame, plan: Plan) -> dict[str, str]:
    """The first scheduled visit at or after the end of treatment or of follow-up, of those who have one."""
    ended_on = infused[["treatment_stopped_on", "withdrawn_on"]].min(axis=1)
    ended = dict(zip(infused["participant"], (ended_on - infused["first_infusion_on"]).dt.days, strict=True))
    visits = {who: [plan.visits[day] for day in plan.days if day >= at] for who, at in ended.items()}
    return {who: later[0] for who, later in visits.items() if later}


def _check_single(rows: pd.DataFrame, plan: Plan) -> None:
    repeated = rows[rows.duplicated(["participant", "day"])]
    if len(repeated):
        repeats = listed(f"{row.participant} day {row.day}" for row in repeated.itertuples())
        raise SnapshotError(f"scores.csv has more than one {plan.outcome.score} score for {repeats}")
    if rows.empty:
        raise SnapshotError(f"scores.csv has no {plan.outcome.score} score of anyone with an infusion")


def _shaped(rows: pd.DataFrame, snapshot: Snapshot, plan: Plan) -> pd.DataFrame:
    late = snapshot.assessments[snapshot.assessments["state"] == "late"]
    shaped = rows[["participant", "visit", "day", "value", "submitted_at"]].copy()
    keys = pd.MultiIndex.from_frame(late[["participant", "visit"]])
    shaped["late"] = pd.MultiIndex.from_frame(shaped[["participant", "visit"]]).isin(keys)
    shaped[plan.outcome.score] = shaped["value"].astype(float)
    shaped["day"] = shaped["day"].astype(int)
    levels = [name for day, name in plan.visits.items() if day in set(shaped["day"])]
    shaped["visit"] = pd.Categorical(shaped["day"].map(plan.visits), levels, ordered=True)
    return shaped


def _after_stop(rows: pd.DataFrame, snapshot: Snapshot) -> pd.Series:
    stopped_on = rows["participant"].map(snapshot.participants.set_index("participant")["treatment_stopped_on"])
    answered_on = rows["submitted_at"].dt.tz_localize(None).dt.normalize()
    after: pd.Series = (answered_on >= stopped_on).fillna(False)
    return after
