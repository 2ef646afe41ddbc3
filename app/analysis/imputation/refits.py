"""The imputation model, fitted again with weights on the patients: without one of them, or resampled."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from app.analysis.covariance.structure import Structure
from app.analysis.design.layout import Ints
from app.analysis.distributions import Array
from app.analysis.fitting.likelihood import Criterion
from app.analysis.fitting.optimise import newton
from app.analysis.fitting.patterns import reduce, without
from app.analysis.imputation.conditional import Parameters
from app.analysis.imputation.patients import Patients
from app.analysis.models.mmrm import MMRM

NEAR_OPTIMUM = 1e-4
"""Newton's decrement before a refit's last step, which squares it: what is left is far below any sampling error."""


@dataclass(frozen=True)
class Refitter:
    """Refits one model from its own optimum; `weights` are over the patients of `patients`."""

    model: MMRM
    patients: Patients
    structure: Structure
    theta: Array = field(repr=False)

    @cached_property
    def position(self) -> Ints:
        """Index among the patients of each subject of the model."""
        index = {subject: i for i, subject in enumerate(self.patients.subjects)}
        return np.array([index[subject] for subject in self.model.layout.subjects])

    def parameters(self, theta: Array, b: Array) -> Parameters:
        """Coefficients (p,) in the scale of X, and the covariance (T, T) of each arm."""
        matrices = self.structure.matrices(theta)
        groups = self.model.layout.groups
        arms = self.patients.arms
        by_arm = len(matrices) > 1
        Sigma = tuple(matrices[groups.index(arm)] if by_arm else matrices[0] for arm in arms)
        return Parameters(self.model.prepared.beta(b), Sigma)

    def refit(self, weights: Array) -> Parameters | None:
        """Parameters at the optimum under these weights; None where there is none."""
        prepared, layout = self.model.prepared, self.model.layout
        own = weights[self.position]
        one_less = own.max() == 1 and own.sum() == len(own) - 1
        data = without(prepared.data, prepared.Z, layout, int(own.argmin())) if one_less else None
        n_obs = int(own[layout.subject].sum())
        criterion = Criterion(data or reduce(prepared.Z, layout, own), self.structure, n_obs, self.model.reml, 0.0)
        reached = newton(criterion, self.theta, NEAR_OPTIMUM)
        if reached is None or reached[3]:
            starts = self.structure.starts(prepared.moments)
            ends = [end for start in starts if (end := newton(criterion, start)) is not None and not end[3]]
            if not ends:
                return None
            reached = min(ends, key=lambda end: end[0].value)
        return self.parameters(reached[0].theta, reached[0].b)
