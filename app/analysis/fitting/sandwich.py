"""Robust (empirical) covariance of the coefficients, clustered by subject.

CR0: Phi (sum_i X_i' W_i r_i r_i' W_i X_i) Phi (Liang and Zeger 1986, Biometrika 73:13). CR3 puts (I - H_i)^-1 r_i,
H_i = X_i Phi X_i' W_i, in the place of r_i, which is close to the jackknife over subjects (Bell and McCaffrey 2002,
Surv Methodol 28:169). Without small-sample factors.
"""

from typing import Literal

import numpy as np

from app.analysis.design.layout import Layout
from app.analysis.distributions import Array
from app.analysis.errors import AnalysisError
from app.analysis.fitting.estimation import Prepared
from app.analysis.fitting.likelihood import Point

RobustCR = Literal["CR0", "CR3"]


def padded(Z: Array, layout: Layout) -> Array:
    """(subjects, slots, columns), zero where a subject has no row."""
    out = np.zeros((len(layout.subjects), len(layout.slots), Z.shape[1]))
    out[layout.subject, layout.slot] = Z
    return out


def robust_vcov(prepared: Prepared, layout: Layout, point: Point, kind: RobustCR) -> Array:
    """Covariance of the coefficients of the orthogonal columns."""
    if kind not in ("CR0", "CR3"):
        raise AnalysisError(f"{kind!r} is unknown; use 'CR0' or 'CR3'.")
    Z = padded(prepared.Z, layout)
    X, residual = Z[:, :, :-1], Z @ np.append(-point.b, 1.0)
    W = point.W[prepared.data.pattern]
    if kind == "CR3":
        hat = X @ point.Phi @ X.transpose(0, 2, 1) @ W
        residual = np.linalg.solve(np.eye(hat.shape[1]) - hat, residual[:, :, None])[:, :, 0]
    scores = (X.transpose(0, 2, 1) @ (W @ residual[:, :, None]))[:, :, 0]
    return np.asarray(point.Phi @ (scores.T @ scores) @ point.Phi)
