"""A simulated trial of any size, and the clock of the measurements."""

import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd


def simulate(subjects: int, visits: int, seed: int = 1) -> pd.DataFrame:
    """Long data with dropout and gaps (about one row in seven missing): id, site, arm, visit, base, y."""
    rng = np.random.default_rng(seed)
    time_of = np.arange(visits)
    S = 90 * 0.8 ** np.abs(np.subtract.outer(time_of, time_of)) + 20
    arm, site = rng.integers(0, 2, subjects), rng.integers(0, 5, subjects)
    base = rng.normal(35, 9, subjects)
    y = 0.6 * base[:, None] - time_of - 0.8 * arm[:, None] * time_of
    y = y + rng.multivariate_normal(np.zeros(visits), S, size=subjects, method="cholesky")
    last = rng.integers(1, 5 * visits, subjects)
    kept = (time_of < last[:, None]) & (rng.random(y.shape) > 0.05)
    i, t = np.nonzero(kept)
    columns: dict[str, Any] = {
        "id": i,
        "site": level(site[i], [f"s{k}" for k in range(5)]),
        "arm": level(arm[i], ["P", "A"]),
        "visit": level(t, [f"v{k}" for k in range(visits)]),
        "base": base[i],
        "y": y[i, t],
    }
    return pd.DataFrame(columns)


def level(codes: Any, names: list[str]) -> Any:
    return pd.Categorical.from_codes(codes, pd.Index(names))


def timed(work: Callable[[], object], repeats: int) -> None:
    """Print the least CPU seconds of several runs."""
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    print(best)


def seconds() -> float:
    """CPU seconds of this process since it began."""
    return time.process_time()


def gigabytes() -> float:
    """Peak resident memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
