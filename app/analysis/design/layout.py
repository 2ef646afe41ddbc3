"""Where each row stands: its subject, its slot among the subject's times, and the subject's covariance group."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.analysis.distributions import Array

Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Layout:
    """Subject and slot of every row; rows of one group share one covariance over the slots."""

    subject: Ints = field(repr=False)
    slot: Ints = field(repr=False)
    group: Ints = field(repr=False)
    subjects: tuple[Any, ...] = field(repr=False)
    slots: tuple[Any, ...]
    groups: tuple[Any, ...]
    times: Array = field(repr=False)
    """(groups, slots): the time of each slot in each group; NaN where the group has none."""
    owner: Ints | None = None
    """Which set of covariance parameters each group has, where several groups (of times) may share one."""


def visit_layout(
    frame: pd.DataFrame, subject: str, visit: str, group: Ints | None = None, groups: Sequence[Any] = ("all",)
) -> Layout:
    """Slots are the visits; `group` (of each row) separates subjects with a covariance of their own."""
    subject_of, subjects = pd.factorize(frame[subject])
    column = frame[visit]
    if isinstance(column.dtype, pd.CategoricalDtype):
        slot, slots = column.cat.codes.to_numpy(), tuple(column.cat.categories)
    else:
        values, slot = np.unique(column.to_numpy(), return_inverse=True)
        slots = tuple(values)
    group_of = np.zeros(len(subjects), np.intp)
    if group is not None:
        group_of[subject_of] = group
    return Layout(
        subject_of.astype(np.intp),
        slot.astype(np.intp),
        group_of,
        tuple(subjects),
        slots,
        tuple(groups),
        np.zeros((len(groups), len(slots))),
    )


def timed_layout(
    frame: pd.DataFrame,
    subject: str,
    visit: str,
    time: str,
    group: Ints | None = None,
    groups: Sequence[Any] = ("all",),
) -> Layout | None:
    """The layout by visit with the time of each, where a visit has one time; else None."""
    if (frame.groupby(visit, observed=True)[time].nunique() > 1).any():
        return None
    plain = visit_layout(frame, subject, visit, group, groups)
    times = np.zeros_like(plain.times)
    times[:, plain.slot] = frame[time].to_numpy(float)
    return replace(plain, times=times, owner=None if group is None else np.arange(len(groups)))


def sequence_layout(frame: pd.DataFrame, subject: str, time: str | None, owner: Ints | None = None) -> Layout:
    """Slots are positions within the subject, in the order of `time`; each set of times is a group.

    `owner` (of each row) numbers the sets of parameters; subjects of different owners share no group.
    """
    subject_of, subjects = pd.factorize(frame[subject])
    values = frame[time].to_numpy(float) if time else np.zeros(len(frame))
    order = np.lexsort((values, subject_of))
    sizes = np.bincount(subject_of, minlength=len(subjects))
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    slot = np.empty(len(frame), np.intp)
    slot[order] = np.arange(len(frame)) - starts[subject_of[order]]
    width = int(sizes.max())
    if time is None:
        group, times = np.zeros(len(subjects), np.intp), np.zeros((1, width))
    else:
        table = np.full((len(subjects), 1 + width), np.inf)  # np.unique takes no two rows with NaN for the same
        table[subject_of, 0] = 0 if owner is None else owner
        table[subject_of, 1 + slot] = values
        distinct, group = np.unique(table, axis=0, return_inverse=True)
        owners, times = distinct[:, 0].astype(np.intp), np.where(np.isinf(distinct), np.nan, distinct)[:, 1:]
    return Layout(
        subject_of.astype(np.intp),
        slot,
        np.asarray(group, np.intp).reshape(-1),
        tuple(subjects),
        tuple(range(width)),
        tuple(range(len(times))),
        times,
        None if owner is None or time is None else owners,
    )
