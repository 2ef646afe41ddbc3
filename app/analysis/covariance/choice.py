"""Which names of covariance there are, and what each needs of the data."""

from collections.abc import Callable
from functools import partial

import numpy as np

from app.analysis.covariance.correlation import (
    AnteDependence,
    Autoregressive,
    CompoundSymmetry,
    Correlated,
    Toeplitz,
)
from app.analysis.covariance.spatial import SpatialExponential
from app.analysis.covariance.structure import PerGroup, Structure
from app.analysis.covariance.unstructured import Unstructured
from app.analysis.design.layout import Ints, Layout
from app.analysis.errors import AnalysisError, NotEstimable, listed

_FAMILIES: dict[str, type[Correlated]] = {
    "toep": Toeplitz,
    "ar1": Autoregressive,
    "cs": CompoundSymmetry,
    "ad": AnteDependence,
}
STRUCTURES: dict[str, Callable[[int], Structure]] = {"us": Unstructured}
for _name, _family in _FAMILIES.items():
    STRUCTURES[_name] = partial(_family, heterogeneous=False)
    STRUCTURES[_name + "h"] = partial(_family, heterogeneous=True)
COVARIANCE_NAMES = (*STRUCTURES, "sp_exp")


def check_name(covariance: str, time: str | None) -> None:
    """Refuse a covariance that does not exist, and sp_exp without `time`; raises AnalysisError."""
    if covariance not in COVARIANCE_NAMES:
        raise AnalysisError(f"covariance={covariance!r} is unknown; there are {listed(COVARIANCE_NAMES, 20)}.")
    if covariance == "sp_exp" and time is None:
        raise AnalysisError("covariance='sp_exp' needs time=, the column with the time of each visit.")


def structure_for(covariance: str, layout: Layout) -> Structure:
    """The structure over the layout's slots; raises NotEstimable where the data cannot carry it."""
    if covariance == "sp_exp":
        structure = SpatialExponential(layout.times, layout.owner)
        _check_counts(covariance, 2, layout, structure.owner)
        return structure
    base = STRUCTURES[covariance](len(layout.slots))
    if covariance == "us":
        _check_pairs(layout)
    _check_counts(covariance, base.n_theta, layout)
    return base if len(layout.groups) == 1 else PerGroup(base, len(layout.groups))


def _seen(layout: Layout) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    seen = np.zeros((len(layout.subjects), len(layout.slots)))
    seen[layout.subject, layout.slot] = 1.0
    return seen


def _of(layout: Layout, g: int) -> str:
    return f" in group {layout.groups[g]}" if len(layout.groups) > 1 else ""


def _check_pairs(layout: Layout) -> None:
    """Each pair of visits must be seen together in some subjects."""
    seen = _seen(layout)
    for g in range(len(layout.groups)):
        own = seen[layout.group == g]
        never = np.argwhere(np.triu(own.T @ own == 0))
        if len(never):
            a, b = (layout.slots[i] for i in never[0])
            what = f"both {a} and {b}" if a != b else f"{a}"
            raise NotEstimable(f"no subject{_of(layout, g)} has {what}, so their covariance is not estimable")


def _check_counts(covariance: str, n_theta: int, layout: Layout, owner: Ints | None = None) -> None:
    """More subjects with two visits than visits, for a covariance to be estimated at all."""
    group = layout.group if owner is None else owner[layout.group]
    subjects, rows = np.bincount(group), np.bincount(group[layout.subject])
    for g, count in enumerate(subjects):
        short = covariance == "us" and count <= len(layout.slots)
        if short or rows[g] <= n_theta or count < 3:
            name = _of(layout, g) if len(subjects) == len(layout.groups) else ""
            raise NotEstimable(
                f"too few subjects{name}: {count} subjects with {rows[g]} rows for the {n_theta} parameters "
                f"of {covariance!r} over {len(layout.slots)} visits; choose a simpler covariance"
            )
