"""Responder analysis: who improved enough, by arm, with risk difference and number needed to treat.

Improvement is a fall of the score. Limits of a proportion by Wilson's score; of the risk difference by Newcombe's
hybrid of the two (Newcombe 1998, Stat Med 17:873, method 10). The number needed to treat is 1 / |risk difference| with
the limits inverted; when the limits of the difference hold zero, they run through infinity (Altman 1998, BMJ 317:1309).
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from scipy import special

from app.analysis.design.layout import Bools
from app.analysis.distributions import t_quantile
from app.analysis.errors import AnalysisError, DataError, listed

Missing = Literal["non-responder", "observed"]
ROUNDING = 1e-9
"""Scores such as 100 x 8 / 45 are no round numbers in a computer: 31.1 - 21.1 may fall short of 10 by this much."""
RULES = {
    "non-responder": "missing values count as no response",
    "observed": "patients with missing values are left out",
}


@dataclass(frozen=True)
class Responders:
    """Responders by arm, their difference (level minus reference), and the rules in words."""

    definition: str
    missing_rule: str
    arms: pd.DataFrame = field(repr=False)
    differences: pd.DataFrame = field(repr=False)


def responders(
    frame: pd.DataFrame,
    *,
    arm: str,
    baseline: str,
    outcome: str,
    points: float | None = None,
    percent: float | None = None,
    missing: Missing = "non-responder",
    better: Literal["lower", "higher"] = "lower",
    level: float = 0.95,
) -> Responders:
    """Responders among one row per patient: a fall of at least `points`, or of at least `percent` of the baseline.

    With `better="higher"` a rise.

    `arm` is categorical, reference first. With `percent`, a baseline of zero cannot improve: no response.
    """
    if (points is None) == (percent is None):
        raise AnalysisError("Give points= or percent=, one of the two.")
    if missing not in RULES:
        raise AnalysisError(f"missing={missing!r} is unknown; use {listed(RULES)}.")
    if not isinstance(frame[arm].dtype, pd.CategoricalDtype):
        raise DataError(f"{arm!r} must be categorical, reference first.")
    start, end = frame[baseline].to_numpy(float), frame[outcome].to_numpy(float)
    observed = ~np.isnan(start) & ~np.isnan(end)
    gain = start - end if better == "lower" else end - start
    least = points if points is not None else (percent or 0.0) / 100 * start
    enough = (gain >= least - ROUNDING) & ((start > 0) | (points is not None))
    counted = observed if missing == "observed" else np.ones(len(frame), bool)
    z = float(t_quantile(0.5 + level / 2, np.inf))
    rows = [_arm(frame[arm] == name, observed, counted, enough, z) for name in frame[arm].cat.categories]
    arms = pd.DataFrame(rows)
    arms.insert(0, arm, list(frame[arm].cat.categories))
    differences = pd.DataFrame([_difference(rows[0], row) for row in rows[1:]])
    differences.insert(0, "contrast", [f"{name} - {arms[arm][0]}" for name in arms[arm][1:]])
    size = f"{points:g} points" if points is not None else f"{percent:g} % of baseline"
    text = f"{'fall' if better == 'lower' else 'rise'} of at least {size}"
    return Responders(text, RULES[missing], arms, differences)


def _arm(own: "pd.Series[bool]", observed: Bools, counted: Bools, enough: Bools, z: float) -> dict[str, float]:
    members = own.to_numpy() & counted
    n, responding = int(members.sum()), int((members & observed & enough).sum())
    if n == 0:
        raise DataError("An arm has no patients to count.")
    lower, upper = wilson(responding, n, z)
    lost = int((own.to_numpy() & ~observed).sum())
    return {
        "n": n,
        "missing": lost,
        "responders": responding,
        "proportion": responding / n,
        "lower": lower,
        "upper": upper,
    }


def wilson(count: int, n: int, z: float) -> tuple[float, float]:
    """Score limits of the proportion count / n, for the normal quantile z (Wilson 1927, J Am Stat Assoc 22:209)."""
    p = count / n
    middle, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return float((middle - half) / (1 + z**2 / n)), float((middle + half) / (1 + z**2 / n))


def _difference(reference: dict[str, float], row: dict[str, float]) -> dict[str, float]:
    a, b = row["proportion"], reference["proportion"]
    down = np.hypot(a - row["lower"], reference["upper"] - b)
    up = np.hypot(row["upper"] - a, b - reference["lower"])
    difference = a - b
    pooled = (row["responders"] + reference["responders"]) / (row["n"] + reference["n"])
    se = np.sqrt(pooled * (1 - pooled) * (1 / row["n"] + 1 / reference["n"]))
    lower, upper = difference - down, difference + up
    with np.errstate(divide="ignore"):
        nnt = float(np.divide(1.0, abs(difference)))
        limits = sorted([float(np.divide(1.0, lower)), float(np.divide(1.0, upper))])
    return {
        "difference": difference,
        "lower": lower,
        "upper": upper,
        "p": float(2 * special.ndtr(-abs(difference) / se)) if se > 0 else 1.0,
        "nnt": nnt,
        "nnt_lower": limits[0],
        "nnt_upper": limits[1],
        "nnt_through_infinity": bool(lower < 0 < upper),
    }
