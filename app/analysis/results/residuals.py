"""Residuals of a mixed model, plain and freed of the model's correlation."""

import numpy as np
import pandas as pd

from app.analysis.fitting.sandwich import padded
from app.analysis.results.mixed_result import MixedResult


def residual_table(fit: MixedResult) -> pd.DataFrame:
    """Row by row: fitted mean, residual, residual / SD, and the normalised residual.

    Normalised residuals are L^-1 (y - X beta) with L the Cholesky factor of the subject's covariance: independent and
    standard normal if the model holds.
    """
    layout, design = fit.layout, fit.design
    fitted = design.X @ fit.beta
    residual = design.y - fitted
    S = fit.criterion.structure.matrices(fit.optimum.point.theta)[layout.group]
    sd = np.sqrt(np.diagonal(S, axis1=1, axis2=2))[layout.subject, layout.slot]
    seen = padded(np.ones((len(residual), 1)), layout)[:, :, 0] > 0
    both = seen[:, :, None] & seen[:, None, :]
    factor = np.linalg.cholesky(np.where(both, S, np.eye(S.shape[1])))
    stacked = padded(residual[:, None], layout)
    normalised = np.linalg.solve(factor, stacked)[layout.subject, layout.slot, 0]
    table = pd.DataFrame({fit.subject: design.frame[fit.subject].to_numpy()})
    if fit.visit is not None:
        table[fit.visit] = design.frame[fit.visit].array
    return table.assign(fitted=fitted, residual=residual, standardised=residual / sd, normalised=normalised)
