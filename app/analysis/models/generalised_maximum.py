"""Generalised linear models of independent rows at their maximum, by statsmodels, which is loaded at the first fit."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, get_args

import numpy as np

from app.analysis.design.design import Design
from app.analysis.distributions import Array
from app.analysis.errors import DataError, NotEstimable

Family = Literal["logistic", "log-binomial", "poisson", "negative-binomial"]
FAMILIES: tuple[Family, ...] = get_args(Family)
EDGE = 1e-8
"""A fitted risk nearer than this to 0 or 1 (or a mean to 0) is no risk but a parameter that runs away."""
RISK_FAMILIES = ("logistic", "log-binomial")
INSTEAD = {
    "logistic": "leave the covariate out, or join its levels",
    "log-binomial": "use logistic, whose standardised values give the risk ratio too, or poisson with robust errors",
    "poisson": "leave the covariate out, or join its levels",
    "negative-binomial": "use poisson with errors='sandwich'",
}


def check_values(design: Design, family: Family) -> None:
    """Refuse an outcome that is no risk, or no count; raises DataError with the rows."""
    y, name = design.y, design.outcome
    wrong = ~np.isin(y, (0.0, 1.0)) if family in RISK_FAMILIES else (y < 0) | (y != np.round(y))
    if wrong.any():
        rows = design.frame.index[wrong][:3].tolist()
        what = "0 or 1" if family in RISK_FAMILIES else "a whole number, 0 or more"
        raise DataError(f"The outcome {name!r} of {family} must be {what}; it is {y[wrong][0]:g} in row {rows}.")
    if (y == y[0]).all() and (family in RISK_FAMILIES or y[0] == 0):
        raise NotEstimable(f"The outcome {name!r} is {y[0]:g} for everybody; there is nothing to compare.")


def statsmodels_family(family: Family, dispersion: float) -> Any:
    """The family and link of that name as statsmodels has them."""
    from statsmodels.genmod import families

    if family in RISK_FAMILIES:
        link = families.links.Logit() if family == "logistic" else families.links.Log()
        return families.Binomial(link)
    return families.NegativeBinomial(alpha=dispersion) if dispersion > 0 else families.Poisson()


def maximum(design: Design, offset: Array, family: Family) -> tuple[Array, float, float, tuple[str, ...]]:
    """Coefficients of independent rows, the dispersion, the log likelihood, and what must be said."""
    from statsmodels.genmod.generalized_linear_model import GLM as Model  # noqa: N811

    plain = "poisson" if family == "negative-binomial" else family
    start = np.linalg.lstsq(design.X, np.full(len(design.y), np.log(design.y.mean())))[0]

    def _fitted(dispersion: float, first: Array | None) -> Any:
        of = plain if dispersion == 0 else family
        with solving(family):
            model = Model(design.y, design.X, family=statsmodels_family(of, dispersion), offset=offset)
            done = model.fit(maxiter=200, tol=1e-12, start_params=first)
            mu = np.asarray(done.fittedvalues)
        check_reached(mu, bool(done.converged), family)
        return done

    done = _fitted(0.0, start if family == "log-binomial" else None)
    dispersion, messages = 0.0, design.messages
    if family == "negative-binomial":
        dispersion = dispersion_of(_fitted, design.y, np.asarray(done.fittedvalues))
        if dispersion == 0:
            messages = (*messages, "The counts vary no more than Poisson's, so the dispersion is 0.")
        done = _fitted(dispersion, np.asarray(done.params))
    return np.asarray(done.params, float), dispersion, float(done.llf), messages


def dispersion_of(fitted: Any, y: Array, mu: Array) -> float:
    """The dispersion of highest likelihood, with the best coefficients for each; 0 at the boundary."""
    from scipy import optimize

    if ((y - mu) ** 2 - y).sum() <= 0:  # the slope of the log likelihood at 0
        return 0.0

    def _loss(log: float) -> float:
        return -float(fitted(float(np.exp(log)), None).llf)

    best = optimize.minimize_scalar(_loss, bounds=(-12.0, 6.0), method="bounded", options={"xatol": 1e-9})
    return float(np.exp(best.x))


@contextmanager
def solving(family: Family) -> Iterator[None]:
    """What the iterations raise becomes one sentence; their warnings are judged by where they end."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield
    except (ValueError, ArithmeticError, np.linalg.LinAlgError) as problem:
        raise NotEstimable(f"{family} has no solution here ({problem}): {INSTEAD[family]}.") from None


def check_reached(mu: Array, converged: bool, family: Family) -> None:
    """Refuse an end at which the iterations stopped short, or an estimate runs to infinity; raises NotEstimable."""
    if not np.isfinite(mu).all() or (family == "log-binomial" and (mu > 1 - EDGE).any()):
        raise NotEstimable(f"{family} has no solution with every risk below 1: {INSTEAD[family]}.")
    if (mu < EDGE).any() or (family in RISK_FAMILIES and (mu > 1 - EDGE).any()):
        same = "the same" if family in RISK_FAMILIES else "0"
        raise NotEstimable(
            f"A covariate separates the outcome: it is {same} for everybody at some of its values (as in one arm), so "
            f"that the estimate runs to infinity; {INSTEAD['logistic']}."
        )
    if not converged:
        raise NotEstimable(f"{family} did not converge: {INSTEAD[family]}.")
