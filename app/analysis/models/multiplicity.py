"""Several hypotheses: Holm's step-down, Hochberg's step-up, and testing in a fixed order."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from app.analysis.errors import AnalysisError


def _checked(p: Mapping[str, float], alpha: float) -> None:
    wrong = [name for name, value in p.items() if not 0 <= value <= 1]
    if wrong or not p:
        raise AnalysisError(f"p values must lie between 0 and 1; look at {wrong or 'the empty list'}.")
    if not 0 < alpha < 1:
        raise AnalysisError(f"alpha={alpha!r} must lie between 0 and 1.")


def holm(p: Mapping[str, float], alpha: float = 0.05) -> pd.DataFrame:
    """Adjusted p values and decisions that keep the familywise error (Holm 1979, Scand J Stat 6:65)."""
    _checked(p, alpha)
    names = sorted(p, key=lambda name: p[name])
    steps = np.array([p[name] for name in names]) * np.arange(len(names), 0, -1)
    adjusted = dict(zip(names, np.minimum(np.maximum.accumulate(steps), 1.0), strict=True))
    return _table(p, [float(adjusted[name]) for name in p], alpha)


def hochberg(p: Mapping[str, float], alpha: float = 0.05) -> pd.DataFrame:
    """As `holm`, stepping up from the largest p value (Hochberg 1988, Biometrika 75:800).

    It rejects at least what Holm does, and keeps the familywise error where the tests are independent or positively
    dependent, as those of one arm's outcomes commonly are; where that is in doubt, take `holm`.
    """
    _checked(p, alpha)
    names = sorted(p, key=lambda name: p[name], reverse=True)
    steps = np.array([p[name] for name in names]) * np.arange(1, len(names) + 1)
    adjusted = dict(zip(names, np.minimum(np.minimum.accumulate(steps), 1.0), strict=True))
    return _table(p, [float(adjusted[name]) for name in p], alpha)


def hierarchical(p: Mapping[str, float], order: Sequence[str] | None = None, alpha: float = 0.05) -> pd.DataFrame:
    """Each hypothesis at the full alpha, in a fixed order, until the first not rejected (Maurer et al. 1995).

    `p` gives each hypothesis its p value (0 to 1), `order` all of their names, else they are tested as `p` lists them.
    Returns a row per hypothesis in that order: hypothesis, p, p_adjusted (the largest p so far), rejected. Raises
    AnalysisError for a p value or an alpha out of range, and where `order` leaves one out or names another.
    """
    names = list(order or p)
    if sorted(names) != sorted(p):
        raise AnalysisError(f"order must name each of {sorted(p)} once.")
    ordered = {name: p[name] for name in names}
    _checked(ordered, alpha)
    return _table(ordered, [float(x) for x in np.maximum.accumulate(list(ordered.values()))], alpha)


def _table(p: Mapping[str, float], adjusted: list[float], alpha: float) -> pd.DataFrame:
    table = pd.DataFrame({"hypothesis": list(p), "p": list(p.values()), "p_adjusted": adjusted})
    return table.assign(rejected=table["p_adjusted"] <= alpha)
