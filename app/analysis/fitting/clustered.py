"""Covariance of coefficients from estimating equations: model-based, sandwich, and its small-sample corrections.

With D_i = dmu_i/dbeta', V_i the working covariance and r_i = y_i - mu_i of cluster i, B = sum D_i'V_i^-1D_i and
H_i = D_i B^-1 D_i'V_i^-1, the sandwich B^-1 {sum g_i g_i'} B^-1 has

- sandwich: g_i = D_i'V_i^-1 r_i (Liang and Zeger 1986, Biometrika 73:13)
- kauermann-carroll: r_i replaced by (I - H_i)^-1/2 r_i (Kauermann and Carroll 2001, J Am Stat Assoc 96:1387)
- mancl-derouen: by (I - H_i)^-1 r_i (Mancl and DeRouen 2001, Biometrics 57:126)
- fay-graubard: component j of g_i over the root of 1 - min(0.75, (D_i'V_i^-1D_i B^-1)_jj) (Fay and Graubard 2001,
  Biometrics 57:1198)

With clusters of one row the second and third are HC2 and HC3.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from app.analysis.distributions import Array
from app.analysis.errors import NotEstimable

Errors = Literal["model", "sandwich", "kauermann-carroll", "mancl-derouen", "fay-graubard"]
ERRORS: tuple[Errors, ...] = get_args(Errors)
POWERS = {"sandwich": 0.0, "kauermann-carroll": -0.5, "mancl-derouen": -1.0, "fay-graubard": 0.0}
FAY_GRAUBARD_BOUND = 0.75
ALONE = 1e-8
"""A cluster whose I - H has an eigenvalue below this determines a coefficient by itself."""


@dataclass(frozen=True)
class Cluster:
    """One subject's part of the estimating equations: D (rows, p), V (rows, rows), r (rows,)."""

    D: Array = field(repr=False)
    V: Array = field(repr=False)
    r: Array = field(repr=False)


def covariance(clusters: Sequence[Cluster], errors: Errors) -> Array:
    """Covariance of the coefficients (p, p); NotEstimable where a cluster alone determines one."""
    halves = [np.linalg.cholesky(cluster.V) for cluster in clusters]
    whitened = [
        (np.linalg.solve(L, cluster.D), np.linalg.solve(L, cluster.r))
        for L, cluster in zip(halves, clusters, strict=True)
    ]
    bread = np.linalg.inv(sum(D.T @ D for D, _ in whitened))
    if errors == "model":
        return np.asarray(bread)
    scores = np.array([_score(D, r, bread, errors) for D, r in whitened])
    return np.asarray(bread @ scores.T @ scores @ bread)


def _score(D: Array, r: Array, bread: Array, errors: Errors) -> Array:
    """g_i from whitened rows, in which H_i is symmetric."""
    if errors == "fay-graubard":
        share = np.minimum(FAY_GRAUBARD_BOUND, np.einsum("ij,ji->i", D.T @ D, bread))
        return np.asarray((D.T @ r) / np.sqrt(1 - share))
    if POWERS[errors] == 0:
        return np.asarray(D.T @ r)
    values, vectors = np.linalg.eigh(np.eye(len(r)) - D @ bread @ D.T)
    if values.min() < ALONE:
        raise NotEstimable(
            f"One participant alone determines a coefficient, so errors={errors!r} is not defined; "
            "use errors='sandwich' or 'model'."
        )
    return np.asarray(D.T @ (vectors @ (values ** POWERS[errors] * (vectors.T @ r))))
