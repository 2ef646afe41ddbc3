"""The ANCOVA of completed data, hundreds of times: columns are coded once, each draw is one least-squares solution."""

from typing import Any

import numpy as np
import pandas as pd
from formulaic import Formula
from numpy.typing import NDArray


class CompletedANCOVA:
    """Arm means and their difference in the participants of each data set, by least squares.

    For pooling that takes the variance from the spread of the draws (jackknife, bootstrap): no standard errors. Means
    are averages of the predictions with everybody in the one arm, so a covariate counts as it occurs.
    """

    def __init__(self, formula: str, frame: pd.DataFrame, arms: tuple[str, str]) -> None:
        """frame has everybody once, with the columns of the formula; arms are reference and active."""
        self.outcome, right = (part.strip() for part in formula.split("~"))
        self.arms = arms
        self.position = pd.Series(np.arange(len(frame)), index=frame["participant"].to_numpy())
        matrix = Formula(right).get_model_matrix(frame, context={}, output="numpy")
        self.X: NDArray[np.float64] = np.asarray(matrix, float)
        levels = frame["arm"].cat.categories
        swapped = (frame.assign(arm=pd.Categorical([arm] * len(frame), levels)) for arm in arms)
        self.X_arm = [np.asarray(matrix.model_spec.get_model_matrix(one, context={}), float) for one in swapped]

    def __call__(self, frame: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
        """term -> (estimate, 0, infinity), in the words of the engine's own analysis."""
        rows = self.position[frame["participant"]].to_numpy()
        beta = np.linalg.lstsq(self.X[rows], frame[self.outcome].to_numpy(float))[0]
        reference, active = (float(X[rows].mean(axis=0) @ beta) for X in self.X_arm)
        values = {f"{self.arms[1]} - {self.arms[0]}": active - reference}
        values |= dict(zip(self.arms, (reference, active), strict=True))
        return {term: (value, 0.0, np.inf) for term, value in values.items()}


def passed_over() -> dict[str, Any]:
    """What stands for a visit that is not analysed."""
    return {"passed over": (0.0, 1.0, 1.0)}
