"""The rows of a cross-over: the treatment of each visit, and one row for each participant and period."""

import numpy as np
import pandas as pd

from app.analysis.errors import listed
from app.analysis.trial.planned_crossover import BASE_MEAN, CrossoverDesign
from app.analysis.trial.snapshot import SnapshotError

ONCE_A_PERIOD = "say of each period in the plan on which day its baseline is (baseline: 84)"


def with_periods(
    rows: pd.DataFrame, scores: pd.DataFrame, score: str, design: CrossoverDesign, treatments: list[str]
) -> pd.DataFrame:
    """The rows of visits with sequence (what was the arm), period and, as arm, the treatment of the visit.

    `scores` are the outcome's rows (participant, day, value, baseline): from them come the baselines, where periods
    have them. `treatments` has the reference first.
    """
    period = [design.period_of(day) for day in rows["day"]]
    taken = [design.sequences[label][place - 1] for label, place in zip(rows["arm"].astype(str), period, strict=True)]
    rows = rows.assign(
        sequence=rows["arm"],
        period=pd.Categorical(period, range(1, len(design.periods) + 1), ordered=True),
        arm=pd.Categorical(taken, treatments),
    )
    if not design.has_baselines:
        return rows
    wide = pd.DataFrame({place: _at(scores, own.baseline or 0) for place, own in enumerate(design.periods, 1)})
    values = wide.reindex(rows["participant"]).to_numpy(float)
    own = values[np.arange(len(rows)), np.array(period) - 1]
    mean = wide.mean(axis=1).reindex(rows["participant"]).to_numpy(float)
    return rows.assign(**{f"{score}_base": own, f"{score}{BASE_MEAN}": mean})


def _at(scores: pd.DataFrame, day: int) -> "pd.Series[float]":
    """The baseline of that day by participant; SnapshotError for somebody who has two."""
    there = scores[scores["baseline"]] if day == 0 else scores[scores["day"] == day]
    if twice := sorted(set(there.loc[there["participant"].duplicated(), "participant"])):
        raise SnapshotError(f"more than one baseline of day {day} for {listed(twice)}; {ONCE_A_PERIOD}")
    return there.set_index("participant")["value"].astype(float)


def period_rows(rows: pd.DataFrame, score: str) -> pd.DataFrame:
    """One row for each participant and period: the mean of the score over the visits that were answered."""
    keys = ["participant", "period"]
    others = {name: (name, "first") for name in rows.columns if name not in (*keys, score)}
    means = rows.groupby(keys, observed=True, as_index=False).agg(**{score: (score, "mean")}, **others)
    return means.astype({name: rows[name].dtype for name in means.columns if name != score})
