"""Which differences of means are asked for: against the reference, all pairs, a trend, or combinations by name."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, Literal

from app.analysis.errors import AnalysisError, listed

Kind = Literal["vs_reference", "pairwise", "trend"]
Weighting = Mapping[Any, float]
Named = Mapping[str, Weighting]


def planned_contrasts(levels: Sequence[Any], kind: "Kind | Named") -> list[tuple[str, dict[Any, float]]]:
    """(name, weight of each level): what is estimated is the weighted sum of the levels' means.

    A trend is the linear one over equally spaced levels, with the smallest whole weights (-1, 0, 1; -3, -1, 1, 3), as
    emmeans' `poly`. Named contrasts give their weights by level; they must sum to zero.
    """
    if isinstance(kind, Mapping):
        return [(str(name), _checked(str(name), weights, levels)) for name, weights in kind.items()]
    if kind == "vs_reference":
        return [(f"{other} - {levels[0]}", {levels[0]: -1.0, other: 1.0}) for other in levels[1:]]
    if kind == "pairwise":
        return [(f"{high} - {low}", {low: -1.0, high: 1.0}) for low, high in combinations(levels, 2)]
    if kind == "trend":
        step, size = (1, len(levels)) if len(levels) % 2 else (2, len(levels))
        weights = {level: float(step * place - step * (size - 1) / 2) for place, level in enumerate(levels)}
        return [("linear trend", weights)] if size > 1 else []
    raise AnalysisError(
        f"kind={kind!r} is unknown; use 'vs_reference', 'pairwise', 'trend', or weights by name, as "
        "{'doses - placebo': {'placebo': -1, 'low': 0.5, 'high': 0.5}}."
    )


def _checked(name: str, weights: Weighting, levels: Sequence[Any]) -> dict[Any, float]:
    if unknown := [level for level in weights if level not in levels]:
        raise AnalysisError(f"The contrast {name!r} names {listed(unknown)}; there are {listed(levels, 20)}.")
    values = {level: float(weight) for level, weight in weights.items()}
    if not any(values.values()):
        raise AnalysisError(f"The contrast {name!r} gives no level a weight.")
    if abs(sum(values.values())) > 1e-9 * max(abs(value) for value in values.values()):
        raise AnalysisError(
            f"The weights of {name!r} sum to {sum(values.values()):g}, so it is no difference; they must sum to 0."
        )
    return values
