"""The law of the missing values given the observed ones, patient by patient."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.analysis.design.layout import Bools, Ints
from app.analysis.distributions import Array
from app.analysis.imputation.patients import Patients
from app.analysis.imputation.strategies import covariance_law, mean_law


@dataclass(frozen=True)
class Parameters:
    """beta in the order of the design, and one covariance per arm; those of many draws in leading axes."""

    beta: Array
    Sigma: tuple[Array, ...]

    @classmethod
    def together(cls, each: Sequence["Parameters"]) -> "Parameters":
        """The parameters of many draws as one."""
        beta = np.array([parameters.beta for parameters in each])
        return cls(beta, tuple(np.array(own) for own in zip(*(parameters.Sigma for parameters in each), strict=True)))


def alike(patients: Patients) -> list[tuple[tuple[int, int, str], Ints, Bools]]:
    """Patients with missing values by arm, event, strategy and what is missing: ((arm, t, strategy), who, mask)."""
    groups: dict[tuple[int, int, str, bytes], list[int]] = {}
    for i in np.flatnonzero(patients.missing.any(axis=1)):
        key = (int(patients.arm[i]), int(patients.event[i]), patients.strategy[i], patients.missing[i].tobytes())
        groups.setdefault(key, []).append(int(i))
    return [((a, t, s), np.array(who), patients.missing[who[0]]) for (a, t, s, _), who in groups.items()]


def impute_values(patients: Patients, parameters: Parameters, generator: np.random.Generator | None) -> Array:
    """y with the missing values filled in: their conditional means, or draws when there is a generator.

    (..., patients, visits), where the parameters have leading axes.
    """
    lead = parameters.beta.shape[:-1]
    mu_own, mu_other = (_means(columns, parameters.beta) for columns in (patients.own, patients.other))
    noise = generator.standard_normal(patients.y.shape) if generator else np.zeros(patients.y.shape)
    y = np.broadcast_to(patients.y, (*lead, *patients.y.shape)).copy()
    n_visits = y.shape[-1]
    for (arm, t, wanted), who, gone in alike(patients):
        strategy = wanted if t < n_visits else "MAR"
        mean = mean_law(strategy, mu_own[..., who, :], mu_other[..., who, :], t)
        S = covariance_law(strategy, parameters.Sigma[arm], parameters.Sigma[patients.reference], t)
        observed, lost = np.flatnonzero(~gone), np.flatnonzero(gone)
        regression = np.linalg.solve(S[..., observed[:, None], observed], S[..., observed[:, None], lost])
        filled = mean[..., lost] + (y[..., who[:, None], observed] - mean[..., observed]) @ regression
        if generator is not None:
            rest = S[..., lost[:, None], lost] - S[..., lost[:, None], observed] @ regression
            filled = filled + noise[np.ix_(who, lost)] @ np.linalg.cholesky(rest).mT
        y[..., who[:, None], lost] = filled
    return y


def missing_variances(patients: Patients, parameters: Parameters) -> Array:
    """The variance of each missing value given the observed ones (..., patients, visits); zero for observed ones."""
    lead = parameters.beta.shape[:-1]
    out = np.zeros((*lead, *patients.y.shape))
    for (arm, t, wanted), who, gone in alike(patients):
        strategy = wanted if t < out.shape[-1] else "MAR"
        S = covariance_law(strategy, parameters.Sigma[arm], parameters.Sigma[patients.reference], t)
        observed, lost = np.flatnonzero(~gone), np.flatnonzero(gone)
        across = S[..., observed[:, None], lost]
        rest = S[..., lost[:, None], lost] - across.mT @ np.linalg.solve(S[..., observed[:, None], observed], across)
        out[..., who[:, None], lost] = np.diagonal(rest, axis1=-2, axis2=-1)[..., None, :]
    return out


def _means(columns: Array, beta: Array) -> Array:
    """(patients, visits, p) columns by (..., p) coefficients: (..., patients, visits)."""
    flat = columns.reshape(-1, columns.shape[-1])
    return np.asarray((beta @ flat.T).reshape(*beta.shape[:-1], *columns.shape[:-1]))
