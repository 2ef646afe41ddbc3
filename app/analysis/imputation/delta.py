"""Delta adjustment: what is added to the imputed values."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from app.analysis.distributions import Array
from app.analysis.errors import AnalysisError, listed
from app.analysis.imputation.patients import Patients

Delta = float | Mapping[Any, Any]


def shifts(
    delta: Delta | None, patients: Patients, visit: str, reference: Any, dlag: Sequence[float] | None = None
) -> Array:
    """What is added to each (patient, visit) if it is imputed.

    A number counts for every arm but the reference. A mapping goes from visit to number (every arm but the reference),
    or from arm to a number or to a mapping from visit to number. With `dlag` only values from the intercurrent event on
    are shifted, as rbmi's: by the sum so far of delta x dlag, counted from the event, so (1,) shifts by delta from the
    event on and (1, 1, 1) lets it grow; what dlag does not reach counts 0. A gap before, or without, the event is not.
    """
    slots = list(patients.frame[visit].iloc[: patients.y.shape[1]])
    out = np.zeros(patients.y.shape)
    if delta is None:
        return out
    by_arm = isinstance(delta, Mapping) and all(key in patients.arms for key in delta)
    table: Mapping[Any, Any] = (
        delta if by_arm and isinstance(delta, Mapping) else {arm: delta for arm in patients.arms if arm != reference}
    )
    for arm, own in table.items():
        out[patients.arm == patients.arms.index(arm)] = _by_visit(own, slots)
    return out if dlag is None else np.cumsum(out * lags(dlag, patients), axis=1)


def lags(dlag: Sequence[float], patients: Patients) -> Array:
    """The factor of each (patient, visit): dlag counted from the patient's event, zero before it and without one."""
    n_visits = patients.y.shape[1]
    factors = np.asarray(dlag, float).reshape(-1)
    if not len(factors) or len(factors) > n_visits or not np.isfinite(factors).all():
        raise AnalysisError(f"dlag holds one to {n_visits} finite numbers, the factor at each visit from the event on.")
    if (patients.event >= n_visits).all():
        raise AnalysisError("dlag counts from the intercurrent event, and nobody has one; give impute(ice=...).")
    whole = np.concatenate([factors, np.zeros(n_visits - len(factors) + 1)])
    since = np.arange(n_visits) - patients.event[:, None]
    return np.where(since >= 0, whole[np.maximum(since, 0)], 0.0)


def _by_visit(delta: Any, slots: list[Any]) -> Array:
    if not isinstance(delta, Mapping):
        return np.full(len(slots), float(delta))
    unknown = [key for key in delta if key not in slots]
    if unknown:
        raise AnalysisError(
            f"delta names {listed(unknown)}, which is neither an arm nor a visit ({listed(slots, 20)})."
        )
    return np.array([float(delta.get(slot, 0.0)) for slot in slots])
