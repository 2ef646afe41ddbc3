"""Residuals of a mixed model, plain and freed of the model's correlation."""

import numpy as np
import pandas as pd

from app.analysis.design.layout import Layout
from app.analysis.distributions import Array
from app.analysis.fitting.sandwich import padded


def residual_table(y: Array, fitted: Array, layout: Layout, matrices: Array) -> pd.DataFrame:
    """Row by row: fitted mean, residual, residual / SD, and the normalised residual.

    `y` and `fitted` (rows,) stand as `layout` says; `matrices` (groups, slots, slots) are the covariances of its
    groups. Residuals are in the unit of y, the other two without unit. Normalised residuals are L^-1 (y - X beta) with
    L the Cholesky factor of the subject's covariance: independent and standard normal if the model holds. Raises
    LinAlgError where a covariance is not positive definite.
    """
    residual = y - fitted
    S = matrices[layout.group]
    sd = np.sqrt(np.diagonal(S, axis1=1, axis2=2))[layout.subject, layout.slot]
    seen = padded(np.ones((len(residual), 1)), layout)[:, :, 0] > 0
    both = seen[:, :, None] & seen[:, None, :]
    factor = np.linalg.cholesky(np.where(both, S, np.eye(S.shape[1])))
    stacked = padded(residual[:, None], layout)
    normalised = np.linalg.solve(factor, stacked)[layout.subject, layout.slot, 0]
    columns = {"fitted": fitted, "residual": residual, "standardised": residual / sd, "normalised": normalised}
    return pd.DataFrame(columns)
