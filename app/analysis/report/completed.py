"""The ANCOVA of completed data, hundreds of times: columns are coded once, each draw is one least-squares solution.

For pooling that takes the variance from the spread of the draws (jackknife, bootstrap), which needs no standard errors.
The estimates are linear in the outcome; so beside the outcome itself, the effect of adding one point to the imputed
values of either arm is carried along, and any shift is a sum.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.analysis.design.coding import coding_for, columns_of, everybody_in
from app.analysis.design.formula import read_formula, variables
from app.analysis.imputation.conditional import Parameters, missing_variances
from app.analysis.imputation.imputing import Draw, Imputation
from app.analysis.imputation.pooling import pool

Floats = NDArray[np.float64]


class CompletedANCOVA:
    """Contrasts of the arms and the mean of each arm, in the participants of a draw.

    Means are averages of the predictions with everybody in the one arm, so a covariate counts as it occurs.
    """

    def __init__(self, formula: str, frame: pd.DataFrame, arms: Sequence[str], weights: Floats) -> None:
        """frame has everybody once, with the columns of the formula; weights are (contrasts, arms)."""
        columns, length = columns_of(frame, variables(read_formula(formula).terms)), len(frame)
        coding = coding_for(formula, columns, length)
        self.weights = weights
        self.X: Floats = coding.encode(columns, length)
        self.X_arm = [coding.encode(everybody_in(columns, "arm", arm), length) for arm in arms]

    def estimates(self, Y: Floats, rows: NDArray[np.intp]) -> Floats:
        """(contrasts + arms, k), the contrasts first; for each of the k outcomes in Y (everybody, k)."""
        beta = np.linalg.lstsq(self.X[rows], Y[rows])[0]
        means = np.stack([X[rows].mean(axis=0) @ beta for X in self.X_arm])
        return np.concatenate([self.weights @ means, means])


@dataclass(frozen=True)
class LinearEstimates:
    """Estimates of the full data (rows, columns) and of each draw (draws, rows, columns).

    Rows: the contrasts, then the arms. Columns: the outcome; then one point more for the imputed values of each arm.
    """

    method: str
    full: Floats = field(repr=False)
    draws: Floats = field(repr=False)

    def pooled(self, level: float, row: int, shifts: Floats) -> pd.DataFrame:
        """The pooled estimates of one row, one for each column of the shifts (arms, m)."""
        points = np.concatenate([np.ones((1, shifts.shape[1])), shifts])
        full, draws = self.full[row] @ points, self.draws[:, row] @ points
        return pool(self.method, _as_estimates(full), _as_estimates(draws), level)


def linear_estimates(
    imputation: Imputation,
    visit: str,
    formula: str,
    contrasts: Mapping[str, Mapping[str, float]],
    after_event: bool = False,
    by_variance: bool = False,
) -> LinearEstimates:
    """The ANCOVA of every completed data set at the visit; shifts are of missing values, or those after the event.

    A unit of shift is one point or, with `by_variance`, the variance of the value given what was observed: a logistic
    selection model with log odds of missing psi per point multiplies its density by exp(psi y), which moves its mean by
    psi times that variance.
    """
    slot, frame = next((i, at.frame) for i, at in enumerate(imputation.by_visit) if at.visit == visit)
    patients = imputation.patients
    missing = patients.missing[:, slot]
    if after_event:
        missing = missing & (patients.event <= slot)
    of_arm = [missing & (patients.arm == place) for place in range(len(patients.arms))]
    weights = np.array([[own.get(arm, 0.0) for arm in patients.arms] for own in contrasts.values()])
    ancova = CompletedANCOVA(formula, frame, patients.arms, weights)

    def of(draw: Draw, outcome: Floats, unit: Floats) -> Floats:
        Y = np.column_stack([outcome, *(own * unit for own in of_arm)]).astype(float)
        return ancova.estimates(Y, np.repeat(np.arange(len(Y)), draw.times))

    every = (imputation.full, *imputation.draws)
    outcomes = imputation.conditional_means(every)[:, :, slot]
    together = Parameters.together([draw.parameters for draw in every])
    units = missing_variances(patients, together)[:, :, slot] if by_variance else np.ones_like(outcomes)
    full, *draws = (of(*each) for each in zip(every, outcomes, units, strict=True))
    return LinearEstimates(imputation.method, full, np.array(draws))


def _as_estimates(values: Floats) -> Floats:
    """Estimates as the pooling wants them: with a standard error and degrees of freedom that it does not use."""
    return np.stack([values, np.zeros_like(values), np.full_like(values, np.inf)], axis=-1)
