"""Analysis of covariance: least squares, with heteroscedasticity-consistent standard errors."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import linalg

from app.analysis.design.checks import check_frame
from app.analysis.design.design import build_design
from app.analysis.distributions import Array
from app.analysis.errors import AnalysisError, NotEstimable
from app.analysis.fitting.inference import Inference
from app.analysis.models.from_columns import FromColumns
from app.analysis.models.mixed_model import check_options
from app.analysis.results.result import LinearResult

RobustHC = Literal["HC3", "HC2", "HC0"]


@dataclass(frozen=True)
class LeastSquaresResult(LinearResult):
    """A fitted ANCOVA; t tests on N - p degrees of freedom."""

    sigma: float
    robust: str | None

    @property
    def df_residual(self) -> float:
        """Degrees of freedom of the residual variance: rows less coefficients."""
        return self.inference.residual_df

    def facts(self) -> dict[str, Any]:
        """What a summary shows above its tables: the shared facts and the residual SD."""
        errors = f"{self.robust} standard errors" if self.robust else "equal variances"
        return super().facts() | {"residual SD": f"{self.sigma:.6g} on {self.df_residual:.0f} df, {errors}"}

    def record(self) -> dict[str, Any]:
        """The shared record with the residual SD (unit of the outcome), its df and the kind of errors."""
        return super().record() | {"sigma": self.sigma, "df_residual": self.df_residual, "robust": self.robust}


class ANCOVA(FromColumns):
    """Least squares of one row per patient; estimates in the outcome's unit.

    Raises DataError, NotEstimable or AnalysisError with the column, the rows and the remedy.
    `robust` is HC3 (MacKinnon and White 1985, J Econometrics 29:305), HC2, HC0, or None for equal variances.
    `weights` names a column: the variance of a row is divided by its weight, as in R's lm.
    """

    kind = "ANCOVA"

    def __init__(
        self, formula: str, data: pd.DataFrame, *, robust: RobustHC | None = "HC3", weights: str | None = None
    ) -> None:
        if robust not in ("HC3", "HC2", "HC0", None):
            raise AnalysisError(f"robust={robust!r} is unknown; use 'HC3', 'HC2', 'HC0' or None.")
        check_frame(data)
        self.formula, self.robust = formula, robust
        self.data = data.copy(deep=False)
        self.design = build_design(formula, data, [], weights)

    def fit(self, level: float = 0.95) -> LeastSquaresResult:
        """Least squares with two-sided limits at `level`, between 0 and 1.

        Raises AnalysisError for another level, and NotEstimable where a row alone determines a coefficient, so that HC2
        and HC3 are not defined.
        """
        check_options("residual", level)
        X, y = self.design.weighted(self.design.X), self.design.weighted(self.design.y)
        R = np.asarray(np.linalg.qr(X, mode="r"))
        Q = linalg.solve_triangular(R, X.T, trans="T").T
        coefficients = Q.T @ y
        coefficients += Q.T @ (y - Q @ coefficients)
        residual, df = y - Q @ coefficients, float(len(y) - X.shape[1])
        sigma2 = float(residual @ residual / df)
        middle = self._middle(Q, residual, sigma2)
        if np.sqrt((residual**2).mean()) < 1e-10 * (float(np.abs(self.design.y).max()) or 1.0):
            outcome = self.design.outcome
            raise NotEstimable(f"The model explains {outcome!r} exactly; no residual variance is left to estimate.")
        beta = np.asarray(linalg.solve_triangular(R, coefficients))
        empty = np.zeros((0, len(beta), len(beta)))
        inference = Inference("residual", beta, R, middle, middle, empty, np.zeros((0, 0)), df)
        return LeastSquaresResult(
            design=self.design,
            inference=inference,
            level=level,
            model=self.kind,
            messages=self.design.messages,
            sigma=float(np.sqrt(sigma2)),
            robust=self.robust,
        )

    def _middle(self, Q: Array, residual: Array, sigma2: float) -> Array:
        """Covariance of the coefficients of the orthogonal columns."""
        if self.robust is None:
            return sigma2 * np.eye(Q.shape[1])
        free = 1 - (Q**2).sum(axis=1)
        if self.robust != "HC0" and (free < 1e-8).any():
            row = self.design.frame.index[int(np.argmin(free))]
            raise NotEstimable(
                f"Row {row} determines a coefficient alone, so {self.robust} is not defined; use robust=None."
            )
        weight = residual**2 / free ** {"HC3": 2, "HC2": 1, "HC0": 0}[self.robust]
        return np.asarray(Q.T @ (Q * weight[:, None]))
