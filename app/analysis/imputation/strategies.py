"""The joint law of a patient's outcomes after an intercurrent event.

mu_a, S_a: mean and covariance of the patient's own arm; mu_r, S_r: of the reference arm for the same covariates; t: the
first slot affected.

| strategy | mean before t | mean from t on | covariance |
|---|---|---|---|
| MAR | mu_a | mu_a | S_a |
| CR  copy reference | mu_r | mu_r | S_r |
| J2R jump to reference | mu_a | mu_r | spliced |
| CIR copy increments in reference | mu_a | mu_a[t-1] + mu_r - mu_r[t-1] | spliced |
| LMCF last mean carried forward | mu_a | mu_a[t-1] | S_a |

With the event before the first slot, J2R and CIR are CR. Spliced: the own arm's before t, the reference's regression of
what follows on what came before (Carpenter, Roger and Kenward 2013, J Biopharm Stat 23:1352).
"""

from typing import Literal, get_args

import numpy as np

from app.analysis.distributions import Array

Strategy = Literal["MAR", "CR", "J2R", "CIR", "LMCF"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)


def mean_law(strategy: str, mu_a: Array, mu_r: Array, t: int) -> Array:
    """Means (..., patients, slots) under the strategy, for patients with the event at slot t."""
    if strategy == "CR" or (t == 0 and strategy in ("J2R", "CIR")):
        return mu_r
    out = mu_a.copy()
    if strategy == "J2R":
        out[..., t:] = mu_r[..., t:]
    elif strategy == "CIR":
        out[..., t:] = mu_a[..., t - 1, None] + mu_r[..., t:] - mu_r[..., t - 1, None]
    elif strategy == "LMCF" and t > 0:
        out[..., t:] = mu_a[..., t - 1, None]
    return out


def covariance_law(strategy: str, S_a: Array, S_r: Array, t: int) -> Array:
    """Covariance (..., slots, slots) under the strategy, with the event at slot t."""
    if strategy in ("MAR", "LMCF"):
        return S_a
    if strategy == "CR" or t == 0:
        return S_r
    early, late = slice(0, t), slice(t, None)
    regression = np.linalg.solve(S_r[..., early, early], S_r[..., early, late]).mT
    out = S_a.copy()
    out[..., late, early] = regression @ S_a[..., early, early]
    out[..., early, late] = out[..., late, early].mT
    moved = S_r[..., early, early] - S_a[..., early, early]
    out[..., late, late] = S_r[..., late, late] - regression @ moved @ regression.mT
    return np.asarray(0.5 * (out + out.mT))
