"""The law of the missing values given the observed ones, patient by patient."""

from dataclasses import dataclass

import numpy as np

from app.analysis.distributions import Array
from app.analysis.imputation.patients import Patients
from app.analysis.imputation.strategies import covariance_law, mean_law
from app.analysis.layout import Bools, Ints


@dataclass(frozen=True)
class Parameters:
    """beta in the order of the design, and one covariance per arm."""

    beta: Array
    Sigma: tuple[Array, ...]


def alike(patients: Patients) -> list[tuple[tuple[int, int, str], Ints, Bools]]:
    """Patients with missing values by arm, event, strategy and what is missing: ((arm, t, strategy), who, mask)."""
    groups: dict[tuple[int, int, str, bytes], list[int]] = {}
    for i in np.flatnonzero(patients.missing.any(axis=1)):
        key = (int(patients.arm[i]), int(patients.event[i]), patients.strategy[i], patients.missing[i].tobytes())
        groups.setdefault(key, []).append(int(i))
    return [((a, t, s), np.array(who), patients.missing[who[0]]) for (a, t, s, _), who in groups.items()]


def impute_values(patients: Patients, parameters: Parameters, generator: np.random.Generator | None) -> Array:
    """y with the missing values filled in: their conditional means, or draws when there is a generator."""
    mu_own, mu_other = patients.own @ parameters.beta, patients.other @ parameters.beta
    noise = generator.standard_normal(patients.y.shape) if generator else np.zeros(patients.y.shape)
    y = patients.y.copy()
    n_visits = y.shape[1]
    for (arm, t, wanted), who, gone in alike(patients):
        strategy = wanted if t < n_visits else "MAR"
        mean = mean_law(strategy, mu_own[who], mu_other[who], t)
        S = covariance_law(strategy, parameters.Sigma[arm], parameters.Sigma[patients.reference], t)
        here = ~gone
        regression = np.linalg.solve(S[np.ix_(here, here)], S[np.ix_(here, gone)])
        rest = S[np.ix_(gone, gone)] - S[np.ix_(gone, here)] @ regression
        filled = mean[:, gone] + (y[np.ix_(who, here)] - mean[:, here]) @ regression
        if generator is not None:
            filled = filled + noise[np.ix_(who, gone)] @ np.linalg.cholesky(rest).T
        y[np.ix_(who, gone)] = filled
    return y
