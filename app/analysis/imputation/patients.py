"""Patients by visits: what was observed, what is missing, and the columns of the mean in own and reference arm."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from app.analysis.design.coding import columns_of
from app.analysis.design.design import Design
from app.analysis.design.layout import Bools, Ints
from app.analysis.distributions import Array
from app.analysis.errors import AnalysisError, DataError, NotEstimable, listed
from app.analysis.imputation.strategies import STRATEGIES
from app.analysis.models.mmrm import MMRM


@dataclass(frozen=True)
class Patients:
    """Arrays over patients (sorted by their names) and visits."""

    frame: pd.DataFrame = field(repr=False)
    """One row per patient and visit, patient by patient; the outcome missing where it was."""
    subjects: tuple[Any, ...]
    y: Array = field(repr=False)
    missing: Bools = field(repr=False)
    own: Array = field(repr=False)
    """(patients, visits, p): columns of the mean in the patient's own arm."""
    other: Array = field(repr=False)
    """The same in the reference arm."""
    arm: Ints = field(repr=False)
    arms: tuple[Any, ...]
    reference: int
    event: Ints = field(repr=False)
    """First slot affected by the event; the number of visits where there was none."""
    strategy: tuple[str, ...]
    messages: tuple[str, ...]


def arm_factor(design: Design, reference: Any) -> str:
    """The factor of the model that has `reference` among its levels."""
    owners = [name for name, levels in design.factors.items() if reference in levels]
    if len(owners) != 1:
        owned = f"{listed(owners)} all have it" if owners else "no factor has it"
        raise AnalysisError(f"reference={reference!r} must be a level of one factor of {design.formula!r}; {owned}.")
    return owners[0]


def complete(model: MMRM) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Every patient at every visit; covariates are the patient's own, the same at every visit."""
    design, subject, visit = model.design, model.subject, str(model.visit)
    covariates = [name for name in (*design.factors, *design.means) if name != visit]
    data = model.data[[subject, visit, design.outcome, *covariates]]
    data = data[data[visit].isin(model.layout.slots)]
    own = data.groupby(subject, observed=True)[covariates].agg(["nunique", "first"])
    for name in covariates:
        several = own.index[own[name]["nunique"] > 1]
        if len(several):
            raise DataError(
                f"{name!r} changes between visits (subject {listed(several)}): imputation needs covariates that do "
                "not, since their values at missing visits are unknown."
            )
    values = pd.DataFrame({name: own[name]["first"] for name in covariates})
    lost = values.index[values.isna().any(axis=1)]
    messages = (f"{len(lost)} subjects without {listed(covariates)} left out: {listed(lost)}",) if len(lost) else ()
    values = values.drop(index=lost).sort_index()
    slots = pd.Categorical(list(model.layout.slots), list(model.layout.slots))
    keys = pd.MultiIndex.from_product([values.index, slots], names=[subject, visit])
    observed = data[data[design.outcome].notna()]
    observed = observed.assign(**{visit: observed[visit].astype(slots.dtype)}).set_index([subject, visit])
    frame = observed[design.outcome].reindex(keys).reset_index()
    frame = frame.merge(values.reset_index(), on=subject, how="left", sort=False)
    return restore_levels(frame, design), messages


def restore_levels(frame: pd.DataFrame, design: Design) -> pd.DataFrame:
    """The frame with the design's own levels for each factor, whatever levels are left in it."""
    for name, levels in design.factors.items():
        frame[name] = pd.Categorical(frame[name], list(levels))
    return frame


def lay_out(model: MMRM, ice: pd.DataFrame | None, strategy: str, reference: Any) -> Patients:
    """All that imputation needs to know of the patients."""
    arm = arm_factor(model.design, reference)
    frame, messages = complete(model)
    n_visits = len(model.layout.slots)
    subjects = tuple(frame[model.subject].iloc[::n_visits])
    y = frame[model.design.outcome].to_numpy(float).reshape(-1, n_visits)
    levels = model.design.factors[arm]
    swapped = frame.assign(**{arm: pd.Categorical([reference] * len(frame), list(levels))})
    names = list(model.design.columns)
    event, strategies = events(ice, model, subjects, strategy)
    own, other = (
        model.design.estimable.reduced(model.design.encode(columns_of(rows, names), len(rows)))
        for rows in (frame, swapped)
    )
    if np.isnan(own).any() or (np.isnan(other).any() and set(strategies) != {"MAR"}):
        raise NotEstimable(f"Missing values cannot be imputed. {model.design.left_out}")
    return Patients(
        frame=frame,
        subjects=subjects,
        y=y,
        missing=np.isnan(y),
        own=own.reshape(*y.shape, -1),
        other=other.reshape(*y.shape, -1),
        arm=frame[arm].cat.codes.to_numpy().astype(np.intp)[::n_visits],
        arms=tuple(levels),
        reference=levels.index(reference),
        event=event,
        strategy=strategies,
        messages=messages,
    )


def events(
    ice: pd.DataFrame | None, model: MMRM, subjects: Sequence[Any], strategy: str
) -> tuple[Ints, tuple[str, ...]]:
    """First affected slot and strategy of each patient."""
    slots = list(model.layout.slots)
    event, strategies = np.full(len(subjects), len(slots), np.intp), [strategy] * len(subjects)
    if ice is None:
        return event, tuple(strategies)
    if model.subject not in ice.columns:
        raise DataError(f"ice must have the column {model.subject!r}; it has {listed(ice.columns)}.")
    column = _event_column(ice, model)
    table = ice[ice[column].notna()]
    position = {subject: i for i, subject in enumerate(subjects)}
    unknown = [name for name in table[model.subject] if name not in position]
    if unknown:
        raise DataError(f"Subject {listed(unknown)} of ice is not among the patients of the model; check the names.")
    if table[model.subject].duplicated().any():
        raise DataError(
            f"ice names subject {listed(table.loc[table[model.subject].duplicated(), model.subject])} twice."
        )
    for row in table.to_dict("records"):
        i = position[row[model.subject]]
        event[i] = slots.index(row[column])
        strategies[i] = check_strategy(row.get("strategy", strategy))
    return event, tuple(strategies)


def check_strategy(strategy: Any) -> str:
    """The strategy's name; raises AnalysisError for one that does not exist."""
    if strategy not in STRATEGIES:
        raise AnalysisError(f"strategy={strategy!r} is unknown; use one of {listed(STRATEGIES)}.")
    return str(strategy)


def _event_column(ice: pd.DataFrame, model: MMRM) -> str:
    """The column with the first affected visit: named as the model's visit, or the only one that holds its visits."""
    slots = set(model.layout.slots)
    others = [str(name) for name in ice.columns if name not in (model.subject, "strategy")]
    if str(model.visit) in others:
        others = [str(model.visit)]
    else:
        others = [name for name in others if set(ice[name].dropna()) & slots]
    if len(others) != 1:
        raise DataError(f"Which column of ice is the first visit affected? Name it {model.visit!r}.")
    wrong = set(ice[others[0]].dropna()) - slots
    if wrong:
        raise DataError(f"ice has visit {listed(wrong)}, which the model has not; it has {listed(slots)}.")
    return others[0]
