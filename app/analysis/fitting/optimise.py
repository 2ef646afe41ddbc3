"""Newton's method on the exact Hessian, from several starts, to a gradient at rounding level."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from app.analysis.distributions import Array
from app.analysis.fitting.likelihood import Criterion, Derivatives, Point

DECREMENT = 1e-9
MOST_STEPS = 50
LONGEST_STEP = 5.0
MOST_HALVINGS = 25
SAME_OPTIMUM = 1e-6
FLAT = 1e-9
"""Smallest eigenvalue of the scaled Hessian that counts as curvature."""


@dataclass(frozen=True)
class Optimum:
    """Where the search ended; `problem` is empty when it is a proper optimum."""

    point: Point = field(repr=False)
    derivatives: Derivatives = field(repr=False)
    steps: int
    problem: str
    start: int
    optima: tuple[float, ...]
    """log likelihoods of the distinct optima that the starts reached."""

    @property
    def information(self) -> Array:
        """Observed information of theta (q, q): half the Hessian of -2 log likelihood."""
        return self.derivatives.hessian / 2


def scaled_eigen(hessian: Array) -> tuple[Array, Array, Array]:
    """Eigenvalues and vectors of the Hessian scaled to unit diagonal, and the scale."""
    diagonal = np.abs(np.diag(hessian))
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    values, vectors = np.linalg.eigh(hessian * np.outer(scale, scale))
    return values, vectors, scale


def newton_step(derivatives: Derivatives) -> tuple[Array, float]:
    """The step on the Hessian with its eigenvalues made positive, and the squared Newton decrement."""
    values, vectors, scale = scaled_eigen(derivatives.hessian)
    bounded = np.maximum(np.abs(values), 1e-8 * np.abs(values).max())
    inner = vectors.T @ (scale * derivatives.gradient)
    step = -scale * (vectors @ (inner / bounded))
    longest = np.abs(step).max()
    if longest > LONGEST_STEP:
        step *= LONGEST_STEP / longest
    return step, float(inner @ (inner / bounded))


def newton(criterion: Criterion, theta: Array, enough: float = DECREMENT) -> tuple[Point, Derivatives, int, str] | None:
    """Newton from one start, until a decrement below `enough` and one more step; None where the start is impossible.

    Where less than the best is enough, the derivatives are those before the last step.
    """
    point = criterion.at(theta)
    if point is None:
        return None
    for steps in range(1, MOST_STEPS + 1):
        derivatives = criterion.derivatives(point)
        step, decrement = newton_step(derivatives)
        done = decrement < enough
        following = criterion.at(point.theta + step) if done else _line_search(criterion, point, derivatives, step)
        if following is None:
            return point, derivatives, steps, "" if done else "the search found no better step"
        if done:
            final = criterion.derivatives(following) if enough <= DECREMENT else derivatives
            return following, final, steps, _shape(final)
        point = following
    return point, criterion.derivatives(point), MOST_STEPS, f"no optimum after {MOST_STEPS} Newton steps"


def _line_search(criterion: Criterion, point: Point, derivatives: Derivatives, step: Array) -> Point | None:
    """Halve the step until the criterion falls enough (Armijo)."""
    slope = float(derivatives.gradient @ step)
    for halvings in range(MOST_HALVINGS):
        share = 0.5**halvings
        trial = criterion.at(point.theta + share * step)
        if trial is not None and trial.value <= point.value + 1e-4 * share * slope + 1e-11 * abs(point.value):
            return trial
    return None


def _shape(derivatives: Derivatives) -> str:
    """Empty for a proper minimum of -2 log likelihood, else what is wrong with it."""
    smallest = scaled_eigen(derivatives.hessian)[0][0]
    if smallest < -FLAT:
        return "the search ended in a saddle point"
    return "the likelihood is flat: some covariance parameters are not estimable" if smallest < FLAT else ""


def optimise(criterion: Criterion, starts: Sequence[Array]) -> Optimum | None:
    """The best of the optima reached from `starts`; a proper one is preferred to any other."""
    ends = [(end, i) for i, start in enumerate(starts) if (end := newton(criterion, start)) is not None]
    if not ends:
        return None
    proper = [(end, i) for end, i in ends if not end[3]] or ends
    (point, derivatives, steps, problem), start = min(proper, key=lambda pair: pair[0][0].value)
    optima: list[float] = []
    for end, _ in proper:
        loglik = -end[0].value / 2
        if all(abs(loglik - other) > SAME_OPTIMUM for other in optima):
            optima.append(loglik)
    return Optimum(point, derivatives, steps, problem, start, tuple(sorted(optima, reverse=True)))
