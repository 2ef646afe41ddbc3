"""The covariates of a plan: columns from scores, items or a file that lies beside the plan."""

from typing import Any

import pandas as pd

from app.analysis.errors import listed
from app.analysis.trial.handed_file import lost_zeros, read_handed
from app.analysis.trial.plan import Plan
from app.analysis.trial.planned import Covariate
from app.analysis.trial.populations import rows_of
from app.analysis.trial.snapshot import Snapshot, SnapshotError


def covariate_columns(snapshot: Snapshot, plan: Plan, participants: "pd.Series[str]") -> dict[str, Any]:
    """A column per covariate, in the order of the participants; what somebody lacks is missing."""
    return {covariate.id: _column(snapshot, plan, covariate, participants) for covariate in plan.covariates}


def _column(snapshot: Snapshot, plan: Plan, covariate: Covariate, participants: "pd.Series[str]") -> Any:
    texts = (
        _from_file(plan, covariate, snapshot.participants["participant"])
        if covariate.file
        else _from_export(snapshot, covariate)
    )
    values = participants.map(texts).astype("string")
    if covariate.levels:
        return _factor(values, covariate)
    numbers = pd.to_numeric(values, errors="coerce").astype(float)
    if (wrong := values[values.notna() & numbers.isna()]).size:
        raise SnapshotError(
            f"the covariate {covariate.id} holds {listed(sorted(set(wrong)))}, which is no number; give its levels in "
            "the plan"
        )
    if numbers.isna().all():
        raise SnapshotError(f"nobody has a value of the covariate {covariate.id}; look at its source in the plan")
    return numbers.to_numpy()


def _factor(values: "pd.Series[str]", covariate: Covariate) -> Any:
    plain = values.str.replace(r"\.0+$", "", regex=True)
    if unknown := sorted(set(plain.dropna()) - set(covariate.levels)):
        raise SnapshotError(
            f"the covariate {covariate.id} holds {listed(unknown)}; its levels are {listed(covariate.levels, 20)}"
        )
    return pd.Categorical(plain, list(covariate.levels))


def _from_export(snapshot: Snapshot, covariate: Covariate) -> dict[str, str]:
    rows = rows_of(snapshot, covariate.score, covariate.item, covariate.day).dropna(subset=["value"])
    return dict(zip(rows["participant"], rows["value"].astype(str), strict=True))


def _from_file(plan: Plan, covariate: Covariate, participants: "pd.Series[str]") -> dict[str, str]:
    table = read_handed(plan.folder / covariate.file, ("participant", covariate.column))
    if (twice := table.loc[table["participant"].duplicated(), "participant"]).size:
        raise SnapshotError(f"{covariate.file} names a participant more than once: {listed(twice)}; keep one row each")
    unknown = table.loc[~table["participant"].isin(participants), "participant"].dropna()
    if unknown.size and (remedy := lost_zeros(unknown, participants, covariate.file)):
        said = f"{covariate.file} names participants that the export does not have: {listed(unknown)}"
        raise SnapshotError(f"{said}{remedy}")
    kept = table.dropna(subset=["participant", covariate.column])
    return dict(zip(kept["participant"], kept[covariate.column], strict=True))
