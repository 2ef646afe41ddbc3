"""Who received what: the allocation, joined to the data with nobody lost and nobody invented."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from app.analysis.errors import DataError, listed


def allocate(
    frame: pd.DataFrame,
    allocation: pd.DataFrame,
    *,
    subject: str,
    labels: Mapping[Any, str],
    reference: str,
    arm: str = "arm",
    allow_extra: bool = False,
) -> pd.DataFrame:
    """`frame` with the categorical column `arm`, reference first.

    `allocation` has the columns `subject` and `arm`; `labels` says what its codes mean (as X and Y of a coded key).
    Every subject of the frame must be allocated once; subjects only in the allocation are refused unless `allow_extra`.
    """
    for table, what in ((frame, "data"), (allocation, "allocation")):
        if subject not in table.columns:
            raise DataError(f"The {what} has no column {subject!r}; it has {listed(table.columns, 20)}.")
    if arm not in allocation.columns:
        raise DataError(f"The allocation has no column {arm!r}; it has {listed(allocation.columns, 20)}.")
    if reference not in labels.values():
        raise DataError(f"The reference {reference!r} is not among the arms {listed(labels.values())}.")
    twice = allocation.loc[allocation[subject].duplicated(), subject]
    if len(twice):
        raise DataError(f"The allocation names {listed(twice)} more than once; keep one row each.")
    strange = set(allocation[arm].dropna()) - set(labels)
    if strange or allocation[arm].isna().any():
        raise DataError(f"The allocation holds {listed(strange) or 'empty arms'}; expected {listed(labels)}.")
    _check_match(set(frame[subject]), set(allocation[subject]), allow_extra)
    order = [reference, *dict.fromkeys(name for name in labels.values() if name != reference)]
    meaning = dict(zip(allocation[subject], allocation[arm].map(dict(labels)), strict=True))
    return frame.assign(**{arm: pd.Categorical(frame[subject].map(meaning), categories=order)})


def _check_match(in_data: set[Any], allocated: set[Any], allow_extra: bool) -> None:
    lost, extra = in_data - allocated, allocated - in_data
    if lost:
        raise DataError(
            f"{len(lost)} of {len(in_data)} subjects are not in the allocation: {listed(sorted(lost, key=str))}. "
            "Is it the allocation of this study?"
        )
    if extra and not allow_extra:
        raise DataError(
            f"The allocation names {len(extra)} subjects that are not in the data: {listed(sorted(extra, key=str))}. "
            "Is it the allocation of this study?"
        )
