"""Fits of the same outcomes beside each other: criteria, and likelihood-ratio tests where one holds the other."""

from itertools import pairwise

import numpy as np
import pandas as pd
from scipy import special

from app.analysis.distributions import Array
from app.analysis.errors import AnalysisError
from app.analysis.results.mixed_result import MixedResult

HOLDS = {
    "toeph": ("ar1h", "csh", "toep", "ar1", "cs"),
    "toep": ("ar1", "cs"),
    "adh": ("ar1h", "ad", "ar1"),
    "ad": ("ar1",),
    "csh": ("cs",),
    "ar1h": ("ar1",),
}
"""Covariance structures that are special cases of another; `us` holds every one."""


def compare(*fits: MixedResult) -> pd.DataFrame:
    """One row per fit, the smallest first: parameters, loglik, aic, bic, and chisq, df, p against the row before.

    The p value is that of the chi-squared distribution; where the smaller fit puts a variance at zero it is too large,
    never too small (Self and Liang 1987, JASA 82:605). Raises AnalysisError for fits of other rows, for REML fits with
    different means, and for fits of which none holds the other.
    """
    if len(fits) < 2:
        raise AnalysisError("Give two fits or more, as compare(small, large).")
    ordered = sorted(fits, key=counted)
    for small, large in pairwise(ordered):
        check_pair(small, large)
    chisq = [np.nan, *(2 * (b.loglik - a.loglik) for a, b in pairwise(ordered))]
    df = [np.nan, *(float(counted(b) - counted(a)) for a, b in pairwise(ordered))]
    return pd.DataFrame(
        {
            "model": [f"{fit.model}, {fit.covariance}: {fit.design.formula}" for fit in ordered],
            "parameters": [counted(fit) for fit in ordered],
            "loglik": [fit.loglik for fit in ordered],
            "aic": [fit.aic for fit in ordered],
            "bic": [fit.bic for fit in ordered],
            "chisq": np.maximum(chisq, 0.0),
            "df": df,
            "p": special.chdtrc(df, np.maximum(chisq, 0.0)),
        }
    )


def counted(fit: MixedResult) -> int:
    """Coefficients and covariance parameters, those at a boundary too."""
    return len(fit.beta) + len(fit.theta)


def check_pair(small: MixedResult, large: MixedResult) -> None:
    """Refuse a pair that no likelihood-ratio test compares; raises AnalysisError with what to do."""
    if not same_rows(small, large):
        raise AnalysisError("The fits are not of the same outcomes in the same rows; drop the rows that one lacks.")
    if small.reml != large.reml:
        raise AnalysisError("One fit is by REML, the other by ML; fit both with reml=False.")
    within = spans(large.design.X, small.design.X)
    if small.reml and not (within and spans(small.design.X, large.design.X)):
        raise AnalysisError("REML compares covariances of one mean only; to compare means, fit both with reml=False.")
    if not within or not holds(large, small):
        raise AnalysisError(
            f"{small.covariance}: {small.design.formula!r} is no special case of {large.covariance}: "
            f"{large.design.formula!r}, so there is no likelihood-ratio test; compare their aic."
        )
    if counted(small) == counted(large):
        raise AnalysisError("The fits have as many parameters; there is nothing to test between them.")


def same_rows(fit: MixedResult, other: MixedResult) -> bool:
    """Whether both fits are of the same rows with the same outcomes."""
    a, b = fit.design, other.design
    return len(a.y) == len(b.y) and a.frame.index.equals(b.frame.index) and bool(np.array_equal(a.y, b.y))


def spans(X: Array, part: Array) -> bool:
    """Whether the columns of `part` are combinations of those of X."""
    rest = part - X @ np.linalg.lstsq(X, part)[0]
    return bool(np.linalg.norm(rest) < 1e-8 * max(1.0, float(np.linalg.norm(part))))


def holds(large: MixedResult, small: MixedResult) -> bool:
    """Whether the covariance of the small fit is a special case of the large one's."""
    groups = [len(fit.criterion.structure.matrices(fit.optimum.point.theta)) for fit in (large, small)]
    if large.covariance == small.covariance:
        return groups[0] >= groups[1] or large.covariance == "random"
    if large.covariance == "us":
        return groups[1] in (1, groups[0])
    return groups[1] in (1, groups[0]) and small.covariance in HOLDS.get(large.covariance, ())
