"""Logistic, log-binomial, Poisson and negative binomial models of one row per participant, and GEE of several.

Estimates are statsmodels' (loaded at the first fit); their covariances are ours (`fitting.clustered`).
"""

from dataclasses import replace
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from app.analysis.design.checks import check_frame, check_subjects, check_unique, check_visits
from app.analysis.design.design import build_design
from app.analysis.design.layout import visit_layout
from app.analysis.distributions import Array
from app.analysis.errors import AnalysisError, NotEstimable
from app.analysis.fitting.clustered import ERRORS, Cluster, Errors, covariance
from app.analysis.fitting.inference import Inference, Method
from app.analysis.models.from_columns import FromColumns
from app.analysis.models.generalised_maximum import (
    FAMILIES,
    RISK_FAMILIES,
    Family,
    check_reached,
    check_values,
    maximum,
    solving,
    statsmodels_family,
)
from app.analysis.models.mixed_model import check_options
from app.analysis.results.generalised_result import GeneralisedResult

Correlation = Literal["independence", "exchangeable", "unstructured"]
CORRELATIONS: tuple[Correlation, ...] = get_args(Correlation)


class GLM(FromColumns):
    """A generalised linear model of independent rows (McCullagh and Nelder 1989, Generalized Linear Models).

    `family`: logistic and log-binomial of an outcome that is 0 or 1, poisson and negative-binomial of a count, per unit
    of the column `exposure` if one is named. `errors`: model (as R's glm), or robust: sandwich, kauermann-carroll
    (HC2), mancl-derouen (HC3), fay-graubard; tests are by t on rows less coefficients if robust, by z if not.
    Estimates are log odds, log risks or log rates; `standardised` gives risks and rates in the outcome's unit.
    Raises DataError, NotEstimable or AnalysisError with the column, the rows and the remedy.
    """

    kind = "GLM"

    def __init__(
        self,
        formula: str,
        data: pd.DataFrame,
        *,
        family: Family = "logistic",
        exposure: str | None = None,
        errors: Errors = "model",
    ) -> None:
        check_frame(data)
        self._take(formula, data, family, exposure, errors, [])

    def _take(
        self, formula: str, data: pd.DataFrame, family: Family, exposure: str | None, errors: Errors, also: list[str]
    ) -> None:
        if family not in FAMILIES:
            raise AnalysisError(f"family={family!r} is unknown; use one of {', '.join(FAMILIES)}.")
        if errors not in ERRORS:
            raise AnalysisError(f"errors={errors!r} is unknown; use one of {', '.join(ERRORS)}.")
        if exposure is not None and family in RISK_FAMILIES:
            raise AnalysisError(f"An exposure is for counts; {family} has none.")
        self.formula, self.family, self.errors, self.data = formula, family, errors, data.copy(deep=False)
        design = build_design(formula, data, also, exposure)
        self.offset = np.zeros(len(design.y)) if design.weights is None else np.log(design.weights)
        self.design = replace(design, weights=None)
        check_values(self.design, family)

    def fit(self, level: float = 0.95) -> GeneralisedResult:
        """Maximum likelihood, with two-sided limits at `level`; NotEstimable where an estimate runs to infinity."""
        check_options("normal", level)
        beta, dispersion, loglik, messages = maximum(self.design, self.offset, self.family)
        rows = [np.array([place]) for place in range(len(self.design.y))]
        clusters = clusters_of(self, beta, dispersion, rows, None, np.zeros(len(rows), np.intp))
        return result_of(self, beta, clusters, level, messages, dispersion, loglik=loglik)


class GEE(GLM):
    """Estimating equations: the means of `GLM` for several rows per subject (Liang and Zeger 1986, Biometrika 73:13).

    `correlation` between a subject's visits: independence, exchangeable, unstructured. `errors` are robust, corrected
    for few subjects by Mancl and DeRouen unless told otherwise; tests are by t on subjects less coefficients.
    Estimates are log odds, log risks or log rates; `standardised` gives risks and rates in the outcome's unit.
    Raises DataError, NotEstimable or AnalysisError with the column, the rows and the remedy.
    """

    kind = "GEE"

    def __init__(
        self,
        formula: str,
        data: pd.DataFrame,
        *,
        subject: str,
        visit: str,
        family: Family = "logistic",
        correlation: Correlation = "exchangeable",
        exposure: str | None = None,
        errors: Errors = "mancl-derouen",
    ) -> None:
        if correlation not in CORRELATIONS:
            raise AnalysisError(f"correlation={correlation!r} is unknown; use one of {', '.join(CORRELATIONS)}.")
        if errors == "model":
            raise AnalysisError("The working correlation is a guess, so errors='model' is not offered; use 'sandwich'.")
        check_subjects(data, subject)
        check_visits(data, visit)
        self._take(formula, data, family, exposure, errors, [subject, visit])
        check_unique(self.design.frame, subject, visit)
        self.subject, self.visit, self.correlation = subject, visit, correlation
        self.layout = visit_layout(self.design.frame, subject, visit)

    def fit(self, level: float = 0.95) -> GeneralisedResult:
        """Solve the equations, with two-sided limits at `level`; NotEstimable where they have no solution."""
        check_options("normal", level)
        first, dispersion, _, messages = maximum(self.design, self.offset, self.family)
        beta, association = self._solved(first, dispersion)
        order = np.argsort(self.layout.subject, kind="stable")
        rows = np.split(order, np.cumsum(np.bincount(self.layout.subject))[:-1])
        clusters = clusters_of(self, beta, dispersion, rows, association, self.layout.slot)
        result = result_of(self, beta, clusters, level, messages, dispersion)
        return replace(
            result,
            correlation=self.correlation,
            association=association,
            first_rows=np.array([own[0] for own in rows], float),
        )

    def _solved(self, start: Array, dispersion: float) -> tuple[Array, Array]:
        """Coefficients, and the working correlation between all visits."""
        import statsmodels.genmod.cov_struct as structures
        from statsmodels.genmod.generalized_estimating_equations import GEE as Equations  # noqa: N811

        kinds = {
            "independence": structures.Independence,
            "exchangeable": structures.Exchangeable,
            "unstructured": structures.Unstructured,
        }
        design, slots = self.design, len(self.layout.slots)
        model = Equations(
            design.y,
            design.X,
            groups=self.layout.subject,
            time=self.layout.slot.astype(np.int64)[:, None],
            family=statsmodels_family(self.family, dispersion),
            cov_struct=kinds[self.correlation](),
            offset=self.offset,
        )
        with solving(self.family):
            done = model.fit(maxiter=200, ctol=1e-10, start_params=start, cov_type="naive")
            mu = np.asarray(done.fittedvalues)
        check_reached(mu, bool(done.converged), self.family)
        association = np.eye(slots)
        if self.correlation == "exchangeable":
            association = association + float(done.cov_struct.dep_params) * (1 - association)
        elif self.correlation == "unstructured":
            association = np.asarray(done.cov_struct.dep_params, float)
        if np.linalg.eigvalsh(association).min() <= 0:
            raise NotEstimable(
                f"The {self.correlation} working correlation is not positive definite; use correlation='exchangeable' "
                "or 'independence'."
            )
        return np.asarray(done.params, float), association


def clusters_of(
    model: GLM, beta: Array, dispersion: float, rows: list[Any], association: Array | None, slot: Any
) -> list[Cluster]:
    """Each independent unit's part of the estimating equations at `beta`."""
    eta = model.design.X @ beta + model.offset
    if model.family == "logistic":
        mu = 1 / (1 + np.exp(-eta))
        slope = variance = mu * (1 - mu)
    else:
        slope = mu = np.exp(eta)
        variance = mu * (1 - mu) if model.family == "log-binomial" else mu + dispersion * mu**2
    D, sd, residual = model.design.X * slope[:, None], np.sqrt(variance), model.design.y - mu
    R = np.ones((1, 1)) if association is None else association
    return [
        Cluster(D[own], np.outer(sd[own], sd[own]) * R[np.ix_(slot[own], slot[own])], residual[own]) for own in rows
    ]


def result_of(
    model: GLM,
    beta: Array,
    clusters: list[Cluster],
    level: float,
    messages: tuple[str, ...],
    dispersion: float,
    loglik: float = float("nan"),
) -> GeneralisedResult:
    """The frozen result: z tests by the model's own errors, t tests on units less coefficients by robust ones."""
    size = len(beta)
    method: Method = "normal" if model.errors == "model" else "residual"
    if method == "residual" and len(clusters) <= size:
        raise NotEstimable(f"{len(clusters)} independent units cannot carry {size} coefficients; simplify the formula.")
    vcov = covariance(clusters, model.errors)
    none = np.zeros((0, size, size))
    inference = Inference(method, beta, np.eye(size), vcov, vcov, none, np.zeros((0, 0)), float(len(clusters) - size))
    return GeneralisedResult(
        design=model.design,
        inference=inference,
        level=level,
        model=model.kind,
        messages=messages,
        family=model.family,
        errors=model.errors,
        clusters=len(clusters),
        first_rows=np.arange(len(model.design.y), dtype=float),
        dispersion=dispersion,
        loglik=loglik,
    )
