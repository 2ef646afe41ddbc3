"""Several hypotheses: Holm's step-down, Hochberg's step-up, a fixed order, and any graph of weights (gatekeeping)."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from app.analysis.errors import AnalysisError, listed

SUM_SLACK = 1e-9
"""By how much shares that were written as decimals (0.333, or 1/3) may sum to more than 1."""


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


def graphical(
    p: Mapping[str, float],
    weights: Mapping[str, float],
    transitions: Mapping[str, Mapping[str, float]],
    alpha: float = 0.05,
) -> pd.DataFrame:
    """The sequentially rejective procedure of a graph (Bretz, Maurer, Brannath and Posch 2009, Stat Med 28:586).

    `weights` are the shares of alpha at the start, which sum to at most 1; `transitions[a][b]` is the share of a's
    alpha that goes to b once a is rejected, each row summing to at most 1. A fixed sequence is weight 1 on the first
    and every transition to the next; Holm's has equal weights and transitions. Gatekeeping is a graph in which the
    secondary hypotheses start at 0.
    """
    _checked(p, alpha)
    share = _weights(p, weights)
    passes = _transitions(p, transitions)
    left, adjusted, highest = list(p), dict.fromkeys(p, 1.0), 0.0
    while left:
        ratios = {name: _ratio(p[name], share[name]) for name in left}
        first = min(left, key=lambda name: ratios[name])
        highest = max(highest, min(ratios[first], 1.0))
        if ratios[first] == float("inf"):
            break
        adjusted[first] = highest
        left.remove(first)
        share, passes = _without(first, left, share, passes)
    return _table(p, [adjusted[name] for name in p], alpha).assign(weight=[float(weights.get(name, 0)) for name in p])


def _ratio(p: float, share: float) -> float:
    """The alpha at which a hypothesis with this share is rejected; a share of nothing never is."""
    return p / share if share > 0 else float("inf")


def _without(
    gone: str, left: Sequence[str], share: Mapping[str, float], passes: Mapping[str, Mapping[str, float]]
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Shares and transitions once `gone` is rejected: what it had, and what went through it, goes on."""
    shares = {name: share[name] + share[gone] * passes[gone][name] for name in left}
    onward: dict[str, dict[str, float]] = {}
    for a in left:
        loop = passes[a][gone] * passes[gone][a]
        into = {b: passes[a][b] + passes[a][gone] * passes[gone][b] for b in left}
        onward[a] = {b: into[b] / (1 - loop) if a != b and loop < 1 else 0.0 for b in left}
    return shares, onward


def _weights(p: Mapping[str, float], weights: Mapping[str, float]) -> dict[str, float]:
    if unknown := [name for name in weights if name not in p]:
        raise AnalysisError(f"weights names {listed(unknown)}; the hypotheses are {listed(p, 20)}.")
    share = {name: float(weights.get(name, 0.0)) for name in p}
    if any(value < 0 for value in share.values()) or not 0 < sum(share.values()) <= 1 + SUM_SLACK:
        raise AnalysisError("The weights must be shares of alpha: none negative, their sum above 0 and at most 1.")
    return share


def _transitions(p: Mapping[str, float], transitions: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    named = [*transitions, *(name for row in transitions.values() for name in row)]
    if unknown := [name for name in dict.fromkeys(named) if name not in p]:
        raise AnalysisError(f"transitions names {listed(unknown)}; the hypotheses are {listed(p, 20)}.")
    full = {a: {b: float(transitions.get(a, {}).get(b, 0.0)) for b in p} for a in p}
    for a, row in full.items():
        if row[a] or any(value < 0 for value in row.values()) or sum(row.values()) > 1 + SUM_SLACK:
            raise AnalysisError(
                f"The transitions from {a!r} must be shares of its alpha to others: none negative, none to itself, "
                "their sum at most 1."
            )
    return full


def _table(p: Mapping[str, float], adjusted: list[float], alpha: float) -> pd.DataFrame:
    table = pd.DataFrame({"hypothesis": list(p), "p": list(p.values()), "p_adjusted": adjusted})
    return table.assign(rejected=table["p_adjusted"] <= alpha)
