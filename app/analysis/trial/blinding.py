"""Was the blind kept? Bang's and James's indices from what patients guess.

Bang et al. 2004 (Control Clin Trials 25:143): per arm, (correct - incorrect) / all, "don't know" counting among all;
1 = all guess right, 0 = as by chance, -1 = all guess wrong. James et al. 1996 (Stat Med 15:1421): one index for the
trial; 1 = blind (everybody does not know), 0.5 = random guessing, 0 = everybody knows. Standard errors by the delta
method on multinomial counts.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from app.analysis.distributions import Array, t_quantile
from app.analysis.errors import DataError, listed


@dataclass(frozen=True)
class Blinding:
    """Counts of guesses by arm, Bang's index per arm, and James's for the trial, each with limits."""

    counts: pd.DataFrame = field(repr=False)
    bang: pd.DataFrame
    james: pd.DataFrame


def blinding_indices(frame: pd.DataFrame, *, arm: str, guess: str, unknown: object, level: float = 0.95) -> Blinding:
    """The indices from one row per patient; `guess` holds an arm's name, or `unknown` for "don't know".

    Rows without a guess are left out of the counts.
    """
    arms = sorted(frame[arm].dropna().unique(), key=str)
    if len(arms) != 2:
        raise DataError(f"Blinding indices compare two arms; {arm!r} has {listed(arms)}.")
    answered = frame[frame[guess].notna() & frame[arm].notna()]
    strange = set(answered[guess]) - {*arms, unknown}
    if strange:
        raise DataError(f"{guess!r} holds {listed(strange)}; expected {listed(arms)} or {unknown!r}.")
    names = [*arms, unknown]
    counts = np.array([[((answered[arm] == a) & (answered[guess] == g)).sum() for g in names] for a in arms], float)
    if (counts.sum(axis=1) == 0).any():
        raise DataError("An arm has no guesses.")
    z = float(t_quantile(0.5 + level / 2, np.inf))
    table = pd.DataFrame(counts.astype(int), index=pd.Index(arms, name=arm), columns=[str(name) for name in names])
    bang = pd.DataFrame([_limits(*bang_index(counts[i], i), z) for i in range(2)])
    bang.insert(0, arm, arms)
    return Blinding(table.reset_index(), bang, pd.DataFrame([_limits(*james_index(counts), z)]))


def _limits(estimate: float, se: float, z: float) -> dict[str, float]:
    return {"estimate": estimate, "se": se, "lower": estimate - z * se, "upper": estimate + z * se}


def bang_index(row: Array, own: int) -> tuple[float, float]:
    """Index and standard error of one arm; `row` counts guesses of arm 0, arm 1, don't know."""
    n = row.sum()
    right, wrong = row[own] / n, row[1 - own] / n
    variance = (right * (1 - right) + wrong * (1 - wrong) + 2 * right * wrong) / n
    return float(right - wrong), float(np.sqrt(variance))


def james_value(P: Array) -> float:
    """The index at cell proportions P (arms x [arm 0, arm 1, don't know])."""
    unknown = P[:, 2].sum()
    if unknown >= 1:
        return 1.0
    share = P[:, :2] / (1 - unknown)
    observed = share[0, 1] + share[1, 0]
    by_arm, by_guess = share.sum(axis=1), share.sum(axis=0)
    expected = by_arm[0] * by_guess[1] + by_arm[1] * by_guess[0]
    kappa = (observed - expected) / expected if expected > 0 else 0.0
    return float((1 + unknown + (1 - unknown) * kappa) / 2)


def james_index(counts: Array) -> tuple[float, float]:
    """Index and its delta-method standard error."""
    n, P = counts.sum(), counts / counts.sum()
    step = 1e-6
    slope = np.zeros(P.size)
    for j in range(P.size):
        up, down = P.reshape(-1).copy(), P.reshape(-1).copy()
        up[j], down[j] = up[j] + step, down[j] - step
        slope[j] = (james_value(up.reshape(P.shape)) - james_value(down.reshape(P.shape))) / (2 * step)
    flat = P.reshape(-1)
    variance = (flat @ slope**2 - (flat @ slope) ** 2) / n
    return james_value(P), float(np.sqrt(max(variance, 0.0)))
