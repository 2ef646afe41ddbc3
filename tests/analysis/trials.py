"""Small simulated trials for the tests."""

from typing import Any

import numpy as np
import pandas as pd

from app.analysis.distributions import Array


def trial(
    subjects: int = 60,
    visits: int = 4,
    seed: int = 1,
    effect: float = -2.0,
    missing: float = 0.15,
    covariance: Array | None = None,
) -> pd.DataFrame:
    """One row per subject and visit: id, site, arm (P, A), visit (v1, ...), month, base, y; some y missing."""
    rng = np.random.default_rng(seed)
    S = covariance if covariance is not None else 30 * (0.5 + 0.5 * np.eye(visits))
    arm, site = np.arange(subjects) % 2, rng.integers(0, 3, subjects)
    base = rng.normal(35, 8, subjects)
    noise = rng.multivariate_normal(np.zeros(visits), S, size=subjects, method="cholesky")
    time = np.arange(visits)
    y = 5 + 0.4 * base[:, None] - 1.5 * time + effect * arm[:, None] * time / max(1, visits - 1) + noise
    y[rng.random(y.shape) < missing] = np.nan
    i, t = np.divmod(np.arange(subjects * visits), visits)
    labels = [f"v{k + 1}" for k in range(visits)]
    return pd.DataFrame(
        {
            "id": [f"{k:04d}" for k in i],
            "site": factor(site[i], ["s1", "s2", "s3"]),
            "arm": factor(arm[i], ["P", "A"]),
            "visit": factor(t, labels),
            "month": np.array([0.0, 3.0, 5.0, 9.0, 12.0, 18.0, 24.0, 36.0])[t],
            "base": base[i],
            "y": y[i, t],
        }
    )


def factor(codes: Any, levels: list[str]) -> Any:
    return pd.Categorical([levels[code] for code in codes], levels)


FORMULA = "y ~ base + site + arm*visit"
