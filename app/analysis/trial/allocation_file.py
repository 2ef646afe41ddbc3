"""Joins the allocation, which never was in the service, to the exported participants."""

from hashlib import sha256
from pathlib import Path
from string import ascii_uppercase

import numpy as np
import pandas as pd

from app.analysis.errors import listed
from app.analysis.trial.handed_file import lost_zeros, made_dates, read_handed
from app.analysis.trial.plan import Plan
from app.analysis.trial.snapshot import Snapshot, SnapshotError


def group_column(plan: Plan) -> str:
    """What the file's second column is called."""
    return "arm" if plan.crossover is None else "sequence"


def read_allocation(source: Path, snapshot: Snapshot, plan: Plan) -> pd.Series:
    """The arm's name (or the sequence) by participant; SnapshotError if the file does not fit the export or the plan.

    Everyone randomised must be there; a screening failure may be absent.
    """
    table = read_handed(source, ("participant", group_column(plan))).rename(columns={group_column(plan): "group"})
    _check_rows(table, source.name, group_column(plan))
    _check_people(table, snapshot, source.name)
    _check_labels(table, plan, source.name)
    arm = pd.Series(table["group"].map(plan.groups).to_numpy(), index=table["participant"].to_numpy(), name="arm")
    return arm.astype(pd.CategoricalDtype(list(plan.groups.values())))


def dummy_allocation(snapshot: Snapshot, plan: Plan) -> pd.Series:
    """A drawn allocation that has nothing to do with the true one, so that the whole path can be run blind."""
    people = snapshot.participants.loc[snapshot.participants["randomised_on"].notna(), "participant"].sort_values()
    names = dummy_sequences(plan) if plan.crossover is not None else dummy_names(plan)
    drawn = np.random.default_rng(plan.seed).permutation(np.resize(list(names), len(people)))
    return pd.Series(drawn, index=people.to_numpy(), name="arm").astype(pd.CategoricalDtype(list(names)))


def dummy_names(plan: Plan) -> tuple[str, ...]:
    """Dummy A, Dummy B, ...: one for each arm of the plan, reference first."""
    return tuple(f"Dummy {ascii_uppercase[place]}" for place in range(len(plan.arms.each)))


def dummy_sequences(plan: Plan) -> tuple[str, ...]:
    """Dummy sequence 1, 2, ...: one for each sequence of a cross-over."""
    return tuple(f"Dummy sequence {place}" for place in range(1, len(plan.groups) + 1))


def one_group(snapshot: Snapshot, plan: Plan) -> pd.Series:
    """Everybody in the one group of a plan without arms."""
    (name,) = plan.arms.names
    people = snapshot.participants["participant"].sort_values()
    return pd.Series(name, index=people.to_numpy(), name="arm").astype(pd.CategoricalDtype([name]))


def file_hash(source: Path) -> str:
    """The SHA-256 of a file, for the report's provenance."""
    return sha256(source.read_bytes()).hexdigest()


def _check_rows(table: pd.DataFrame, name: str, column: str) -> None:
    empty = table.index[table[["participant", "group"]].isna().any(axis=1)] + 2
    if len(empty):
        raise SnapshotError(f"{name} has rows without participant or {column}: line {listed(empty)}")
    repeated = table.loc[table["participant"].duplicated(), "participant"]
    if len(repeated):
        raise SnapshotError(f"{name} names a participant more than once: {listed(repeated)}; keep one row for each")


def _check_people(table: pd.DataFrame, snapshot: Snapshot, name: str) -> None:
    people = snapshot.participants
    unknown = table.loc[~table["participant"].isin(people["participant"]), "participant"]
    if len(unknown):
        said = f"{name} names participants that the export does not have: {listed(unknown)}"
        remedy = lost_zeros(unknown, people["participant"], name) or made_dates(unknown)
        raise SnapshotError(f"{said}{remedy}")
    randomised = people.loc[people["randomised_on"].notna(), "participant"]
    missing = randomised[~randomised.isin(table["participant"])]
    if len(missing):
        raise SnapshotError(f"{name} lacks randomised participants: {listed(missing)}; ask for the complete allocation")


def _check_labels(table: pd.DataFrame, plan: Plan, name: str) -> None:
    labels, planned, group = sorted(table["group"].unique()), list(plan.groups), group_column(plan)
    if unknown := [label for label in labels if label not in planned]:
        raise SnapshotError(f"{name} has the {group} {listed(unknown)}; the plan names only {listed(planned)}")
    if absent := [label for label in planned if label not in labels]:
        raise SnapshotError(f"{name} has nobody in the {group} {listed(absent)}")
