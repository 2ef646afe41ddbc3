"""Delta adjustment: what is added to the imputed values."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from app.analysis.distributions import Array
from app.analysis.errors import AnalysisError, listed
from app.analysis.imputation.patients import Patients

Delta = float | Mapping[Any, Any]


def shifts(delta: Delta | None, patients: Patients, visit: str, reference: Any) -> Array:
    """What is added to each (patient, visit) if it is imputed.

    A number counts for every arm but the reference. A mapping goes from visit to number (every arm but the reference),
    or from arm to a number or to a mapping from visit to number.
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
    return out


def _by_visit(delta: Any, slots: list[Any]) -> Array:
    if not isinstance(delta, Mapping):
        return np.full(len(slots), float(delta))
    unknown = [key for key in delta if key not in slots]
    if unknown:
        raise AnalysisError(
            f"delta names {listed(unknown)}, which is neither an arm nor a visit ({listed(slots, 20)})."
        )
    return np.array([float(delta.get(slot, 0.0)) for slot in slots])
