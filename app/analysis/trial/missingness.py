"""What is missing: by visit, by pattern, by reason."""

import numpy as np
import pandas as pd

from app.analysis.design.checks import check_subjects, check_unique, check_visits
from app.analysis.errors import DataError, listed

NO_REASON = "no reason given"


def _checked(frame: pd.DataFrame, subject: str, visit: str, *others: str | None) -> None:
    check_subjects(frame, subject)
    check_visits(frame, visit)
    absent = [name for name in others if name and name not in frame.columns]
    if absent:
        raise DataError(f"Column {listed(absent)} is not in the data; it has {listed(frame.columns, 20)}.")
    check_unique(frame, subject, visit)


def missing_by_visit(
    frame: pd.DataFrame, *, subject: str, visit: str, outcome: str, arm: str | None = None, reason: str | None = None
) -> pd.DataFrame:
    """Per visit (and arm): subjects, observed, missing, percent missing, and a column per reason.

    A subject without a row at a visit counts as missing there, with `NO_REASON`.
    """
    _checked(frame, subject, visit, outcome, arm, reason)
    full = complete_grid(frame, subject, visit, arm)
    by = [visit] if arm is None else [visit, arm]
    lost = full[outcome].isna()
    groups = full.assign(observed=~lost, missing=lost).groupby(by, observed=True)
    table = groups.agg(subjects=("missing", "size"), observed=("observed", "sum"), missing=("missing", "sum"))
    table["percent_missing"] = 100 * table["missing"] / table["subjects"]
    if reason is not None:
        why = full[reason].astype(object).where(full[reason].notna(), NO_REASON)
        for name in sorted(set(why[lost])):
            table[str(name)] = (lost & (why == name)).groupby([full[key] for key in by], observed=True).sum()
    return table.reset_index()


def missing_patterns(
    frame: pd.DataFrame, *, subject: str, visit: str, outcome: str, arm: str | None = None
) -> pd.DataFrame:
    """How many subjects have each pattern of observed and missing visits, the most common first.

    `frame` has a row per subject and visit; a visit without a row, or whose `outcome` is NaN, is missing. Returns a row
    per pattern (and `arm`): pattern (a letter per visit in their order, X observed, . missing), subjects, and monotone:
    no visit is observed after a missing one (Little and Rubin 2019, section 1.2). Raises DataError for an absent or
    unusable column, or two rows of one subject at one visit.
    """
    _checked(frame, subject, visit, outcome, arm)
    full = complete_grid(frame, subject, visit, arm)
    seen = full[outcome].notna().to_numpy().reshape(len(full[subject].unique()), -1)
    own = full.groupby(subject, observed=True, sort=False)[arm].first() if arm else None
    table = pd.DataFrame({"pattern": ["".join(np.where(row, "X", ".")) for row in seen]})
    if arm is not None and own is not None:
        table[arm] = own.to_numpy()
    counts = table.value_counts(sort=False).rename("subjects").reset_index()
    counts["monotone"] = ~counts["pattern"].str.contains(r"\.X")
    return counts.sort_values(["subjects", "pattern"], ascending=[False, False]).reset_index(drop=True)


def complete_grid(frame: pd.DataFrame, subject: str, visit: str, arm: str | None) -> pd.DataFrame:
    """One row per subject and visit, subject by subject, visits in order."""
    column = frame[visit]
    categorical = isinstance(column.dtype, pd.CategoricalDtype)
    visits = list(column.cat.remove_unused_categories().cat.categories) if categorical else sorted(column.unique())
    subjects = sorted(frame[subject].unique())
    keys = pd.MultiIndex.from_product([subjects, visits], names=[subject, visit])
    plain = frame.assign(**{visit: column.astype(object)}).set_index([subject, visit])
    full = plain.reindex(keys).reset_index()
    full[visit] = pd.Categorical(full[visit], categories=visits)
    if arm is not None:
        own = frame.dropna(subset=[arm]).groupby(subject, observed=True)[arm].first()
        full[arm] = full[subject].map(own)
    return full
