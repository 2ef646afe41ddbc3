"""Builds the analysis dataset: one row for each participant and scheduled visit with a score."""

from dataclasses import dataclass, replace

import pandas as pd

from app.analysis.errors import listed
from app.analysis.trial.covariates import covariate_columns
from app.analysis.trial.days import day_zero, event_days
from app.analysis.trial.periods import with_periods
from app.analysis.trial.plan import Plan, PlannedAnalysis
from app.analysis.trial.populations import members
from app.analysis.trial.snapshot import Snapshot, SnapshotError
from app.analysis.trial.visits import AS_EXPORTED, after_events, check_visits, placed

ELAPSED = "elapsed"
"""The days of a row as the export has them, where those of one visit differ: the spacing of a covariance over time."""


@dataclass(frozen=True)
class Dataset:
    """What the models are fitted to.

    people: one row for each participant with a day 0 (participant, site, arm, affected: the first visit at or after
    stopping the treatment or withdrawing; covariates). long: participant, site, arm, covariates, visit, day, the score,
    submitted_at, late; baseline is the visit of day 0, where the plan has one. In a cross-over the arm of people is
    their sequence, and the arm of a row its treatment, with sequence and period beside it.
    """

    people: pd.DataFrame
    long: pd.DataFrame
    score: str
    remarks: tuple[str, ...] = ()
    """What every analysis of it says under Methods."""

    def answered(self) -> pd.DataFrame:
        """The rows of who answered, without those that a rule for missing values has made."""
        made = "answered" in self.long
        return self.long[self.long["answered"]] if made else self.long

    def change(self) -> pd.DataFrame:
        """As `after_baseline`, of those with a baseline."""
        return self.after_baseline().dropna(subset=["chg"]).reset_index(drop=True)

    def after_baseline(self) -> pd.DataFrame:
        """Visits after baseline, with the baseline where there is one: the score's name + _base, and chg."""
        at_baseline = self.long["visit"] == "baseline"
        baseline = self.long.loc[at_baseline].set_index("participant")[self.score]
        rows = self.long.loc[~at_baseline].copy()
        rows[f"{self.score}_base"] = rows["participant"].map(baseline)
        rows["chg"] = rows[self.score] - rows[f"{self.score}_base"]
        rows["visit"] = rows["visit"].cat.set_categories(
            [name for name in rows["visit"].cat.categories if name != "baseline"]
        )
        return rows.reset_index(drop=True)


def check_days(snapshot: Snapshot, plan: Plan) -> None:
    """Refuse a plan that names days on which the export has no visit; raises SnapshotError with those that it has."""
    check_visits(snapshot, plan)
    snapshot = placed(snapshot, plan)
    there = {int(day) for day in snapshot.assessments["day"].dropna()}
    named = {"days": plan.days, "visit_names": tuple(plan.visit_names)}
    if plan.crossover is not None:
        named["baseline of a period"] = tuple(
            own.baseline for own in plan.crossover.periods if own.baseline is not None
        )
    if plan.blinding is not None:
        named["blinding"] = (plan.blinding.day,)
    for key, days in named.items():
        if absent := [day for day in days if day not in there]:
            raise SnapshotError(
                f"{key} of the plan names day {listed(absent)}, on which the export has no visit; it has day "
                f"{listed(sorted(there), 40)}"
            )


def build_dataset(snapshot: Snapshot, plan: Plan, arms: pd.Series) -> Dataset:
    """Everyone with a day 0; the export's baseline flag decides what baseline is.

    An answer after day 0 began never is baseline, and day 0 is no visit after baseline.
    """
    people = people_of(snapshot, plan, arms)
    snapshot = placed(snapshot, plan)
    scores = _measured(snapshot, plan)
    scores = scores[scores["participant"].isin(people["participant"]) & scores["value"].notna()]
    scores = _of_value_set(scores, plan)
    scores = _means(scores, plan) if plan.occasion == "mean" else scores
    flagged = scores["baseline"] if plan.has_baseline else pd.Series(False, scores.index)
    after = scores["day"].isin(plan.days) & ~flagged
    rows = pd.concat([scores[flagged].assign(day=0), scores[after]], ignore_index=True)
    _check_single(rows, plan)
    about = ["participant", "site", "arm", *(covariate.id for covariate in plan.covariates)]
    rows = _shaped(rows, snapshot, plan).merge(people[about], on="participant", validate="m:1")
    for name in about[1:]:
        rows[name] = rows[name].astype(people[name].dtype)
    columns = [*about, "visit", "day", ELAPSED, plan.outcome.score, "submitted_at", "late"]
    long = rows.sort_values(["participant", "day"])[columns].reset_index(drop=True)
    if plan.crossover is not None:
        long = with_periods(long, scores, plan.outcome.score, plan.crossover, list(plan.arms.names))
    return Dataset(people, long, plan.outcome.score, _remarks(snapshot, plan, long))


def _remarks(snapshot: Snapshot, plan: Plan, long: pd.DataFrame) -> tuple[str, ...]:
    """That who had no event has no visit after it, so that arms are not compared as they were drawn."""
    if not (codes := after_events(snapshot, plan)):
        return ()
    which = {"first": "the first of each participant", "last": "the last of each participant", "mean": "their mean"}
    return (
        f"what followed an event is analysed ({listed(codes)}; {which[plan.occasion]} where there are several), which "
        f"{long['participant'].nunique()} participants had and answered about; who had none is not in the analysis, so "
        "it does not compare the groups as they were drawn",
    )


def for_analysis(dataset: Dataset, snapshot: Snapshot, plan: Plan, analysis: PlannedAnalysis) -> Dataset:
    """The rows that one analysis uses: its population, without what it leaves out."""
    kept = members(snapshot, plan, plan.populations[analysis.population]) & frozenset(dataset.people["participant"])
    rows = dataset.long[dataset.long["participant"].isin(kept)]
    if analysis.leave_out == "late":
        rows = rows[~rows["late"]]
    elif analysis.leave_out:
        rows = rows[~_after_event(rows, snapshot, analysis.leave_out.removeprefix("after_"))]
    people = dataset.people[dataset.people["participant"].isin(kept)]
    return replace(dataset, people=people.reset_index(drop=True), long=rows.reset_index(drop=True))


def people_of(snapshot: Snapshot, plan: Plan, arms: pd.Series) -> pd.DataFrame:
    """participant, site, arm, affected and the covariates of everybody with a day 0."""
    began = day_zero(snapshot, plan.anchor)
    people = snapshot.participants[snapshot.participants["participant"].isin(began.index)]
    people = people[["participant", "site"]].sort_values("participant").reset_index(drop=True)
    if missing := sorted(set(people["participant"]) - set(arms.index)):
        raise SnapshotError(f"with {plan.anchor.title} but without an arm: {listed(missing)}; were they randomised?")
    people["site"] = pd.Categorical(people["site"], sorted(people["site"].unique()))
    people["arm"] = pd.Categorical(people["participant"].map(arms), arms.cat.categories)
    people["affected"] = people["participant"].map(_affected(snapshot, plan, began))
    return people.assign(**covariate_columns(snapshot, plan, people["participant"]))


def _affected(snapshot: Snapshot, plan: Plan, began: pd.Series) -> dict[str, str]:
    """The first scheduled visit at or after the end of treatment or of follow-up, of those who have one."""
    stopped = event_days(snapshot, began, plan.stopping_events)["day"].groupby(level=0).min()
    withdrawn = snapshot.participants.set_index("participant")["withdrawn_on"]
    left = (withdrawn.reindex(began.index) - began).dt.days.dropna()
    ended = pd.concat([stopped, left]).groupby(level=0).min()
    visits = {who: [plan.visits[day] for day in plan.days if day >= at] for who, at in ended.items()}
    return {str(who): later[0] for who, later in visits.items() if later}


def _measured(snapshot: Snapshot, plan: Plan) -> pd.DataFrame:
    """The rows of the outcome's score; of an item its answers, with flag and instant of the scores of their visit.

    Where the visit has no score, an answer of day 0 is the baseline.
    """
    item = plan.outcome.item
    if not item:
        return snapshot.scores[snapshot.scores["score"] == plan.outcome.score]
    instrument, name = item.split(".")
    answers = snapshot.answers[(snapshot.answers["instrument"] == instrument) & (snapshot.answers["item"] == name)]
    keys = ["participant", "visit"]
    scored = snapshot.scores.groupby(keys, as_index=False).agg(
        baseline=("baseline", "any"), submitted_at=("submitted_at", "min")
    )
    rows = answers[[*keys, "day", AS_EXPORTED, "value"]].merge(scored, on=keys, how="left")
    numbers = pd.to_numeric(rows["value"], errors="coerce")
    if len(wrong := rows.loc[rows["value"].notna() & numbers.isna(), "value"]):
        raise SnapshotError(f"the answers of {item} hold {listed(sorted(set(wrong)))}, which is no number")
    flags = rows["baseline"].astype("boolean").fillna(rows["day"] == 0).fillna(False).astype(bool)
    return rows.assign(baseline=flags, value_set="")


def _means(scores: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The rows with those of several occasions of a visit as one, their mean; the first of them gives the rest."""
    several = scores["day"].isin(plan.visit_codes) & scores.duplicated(["participant", "day"], keep=False)
    keys = ["participant", "day"]
    own = scores[several].sort_values([*keys, "submitted_at"], kind="stable")
    means = own.astype({"value": float}).groupby(keys)["value"].transform("mean")
    return pd.concat([scores[~several], own.assign(value=means).drop_duplicates(keys)], ignore_index=True)


def _of_value_set(scores: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The score by the plan's value set, where it names one."""
    wanted = plan.outcome.value_set
    return scores[scores["value_set"] == wanted] if wanted else scores


def _check_single(rows: pd.DataFrame, plan: Plan) -> None:
    source, kind = ("answers.csv", "answer") if plan.outcome.item else ("scores.csv", "score")
    name = plan.outcome.item.split(".")[-1] or plan.outcome.score
    repeated = rows[rows.duplicated(["participant", "day"])]
    if len(repeated):
        repeats = listed(f"{row.participant} day {row.day}" for row in repeated.itertuples())
        sets = sorted(set(rows["value_set"].dropna()) - {""})
        remedy = f"; name one of its value sets: {listed(sets)}" if len(sets) > 1 else ""
        raise SnapshotError(f"{source} has more than one {name} {kind} for {repeats}{remedy}")
    if rows.empty:
        raise SnapshotError(f"{source} has no {name} {kind} of anyone with {plan.anchor.title}")


def _shaped(rows: pd.DataFrame, snapshot: Snapshot, plan: Plan) -> pd.DataFrame:
    late = snapshot.assessments[snapshot.assessments["state"] == "late"]
    shaped = rows[["participant", "visit", "day", "value", "submitted_at"]].copy()
    keys = pd.MultiIndex.from_frame(late[["participant", "visit"]])
    shaped["late"] = pd.MultiIndex.from_frame(shaped[["participant", "visit"]]).isin(keys)
    shaped[plan.outcome.score] = shaped["value"].astype(float)
    shaped["day"] = shaped["day"].astype(int)
    shaped[ELAPSED] = rows[AS_EXPORTED].astype(float)
    levels = [name for day, name in plan.visits.items() if day in set(shaped["day"])]
    shaped["visit"] = pd.Categorical(shaped["day"].map(plan.visits), levels, ordered=True)
    return shaped


def _after_event(rows: pd.DataFrame, snapshot: Snapshot, event: str) -> pd.Series:
    """Whether each answer came on or after the day of the participant's first such event."""
    happened = snapshot.events[(snapshot.events["state"] == "happened") & (snapshot.events["kind"] == event)]
    first = happened.groupby("participant")["event_on"].min().to_dict()
    happened_on = pd.to_datetime(pd.Series([first.get(who) for who in rows["participant"]], rows.index))
    answered_on = rows["submitted_at"].dt.tz_localize(None).dt.normalize()
    after: pd.Series = (answered_on >= happened_on).fillna(False)
    return after
