"""What is asked of an estimate: against which value, on which side, alone or among others of its family."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from app.analysis.distributions import Array, t_quantile, t_tail
from app.analysis.errors import AnalysisError, listed

Side = Literal["two-sided", "greater", "less"]
Adjust = Literal["tukey", "dunnett", "joint", "bonferroni", "holm", "none"]
ADJUSTMENTS: tuple[Adjust, ...] = get_args(Adjust)


@dataclass(frozen=True)
class Question:
    """The null value, the side of the alternative, and the level of the limits.

    greater: the alternative is that the estimate lies above `null`, as non-inferiority with null = -margin; the upper
    limit is then infinite, and the lower one-sided at `level`. less: the other way round.
    """

    level: float
    null: float = 0.0
    side: Side = "two-sided"

    def __post_init__(self) -> None:
        if self.side not in ("two-sided", "greater", "less"):
            raise AnalysisError(f"side={self.side!r} is unknown; use 'two-sided', 'greater' or 'less'.")
        if isinstance(self.null, bool) or not isinstance(self.null, int | float) or not np.isfinite(self.null):
            raise AnalysisError(f"null={self.null!r} must be a finite number, as null=-5 for a margin of 5.")

    def answers(self, estimate: Array, se: Array, df: Array, count: int = 1) -> tuple[Array, Array, Array, Array]:
        """t, p, lower and upper of each estimate; the limits at the level shared by `count` of them (Bonferroni)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            t = (estimate - self.null) / se
        miss = (1 - self.level) / count
        if self.side == "two-sided":
            reach = t_quantile(1 - miss / 2, df) * se
            return t, t_tail(t, df), estimate - reach, estimate + reach
        reach = t_quantile(1 - miss, df) * se
        beyond = t_tail(t, df) / 2
        infinite = np.where(np.isnan(estimate), np.nan, np.inf)
        if self.side == "greater":
            return t, np.where(t > 0, beyond, 1 - beyond), estimate - reach, infinite
        return t, np.where(t < 0, beyond, 1 - beyond), -infinite, estimate + reach

    def family(
        self, estimate: Array, se: Array, df: Array, adjust: Adjust, levels: int
    ) -> tuple[Array, Array, Array, Array]:
        """As `answers`, for differences of one family, between so many levels."""
        t, p, lower, upper = self.answers(estimate, se, df)
        count = int(np.isfinite(p).sum())
        if adjust == "none" or count < 2:
            return t, p, lower, upper
        if adjust == "tukey":
            return t, *self._tukey(t, estimate, se, df, levels)
        _, _, lower, upper = self.answers(estimate, se, df, count)
        adjusted = np.minimum(p * count, 1.0) if adjust == "bonferroni" else holm_steps(p)
        return t, adjusted, lower, upper

    def _tukey(self, t: Array, estimate: Array, se: Array, df: Array, levels: int) -> tuple[Array, Array, Array]:
        """By the studentized range of `levels` means (Tukey 1953; Kramer 1956)."""
        from scipy import stats  # loading it takes a second

        if self.side != "two-sided":
            raise AnalysisError("Tukey's adjustment is two-sided; use adjust='holm' or 'none' with one side.")
        root = np.sqrt(2)
        reach = stats.studentized_range.ppf(self.level, levels, df) / root * se
        return stats.studentized_range.sf(root * np.abs(t), levels, df), estimate - reach, estimate + reach

    def joint(self, estimate: Array, se: Array, df: Array, covariance: Array) -> tuple[Array, Array, Array, Array]:
        """As `family`, by the joint t of the estimates with this covariance; of against-reference ones Dunnett's.

        Each has its own degrees of freedom, as emmeans' "mvt". What is no number is not of the family.
        """
        from app.analysis.results.joint_t import joint_p, joint_quantile

        t, p, lower, upper = self.answers(estimate, se, df)
        numbers = np.flatnonzero(np.isfinite(p))
        if len(numbers) < 2:
            return t, p, lower, upper
        root = np.sqrt(np.diag(covariance)[numbers])
        correlation = covariance[np.ix_(numbers, numbers)] / np.outer(root, root)
        tails = 2 if self.side == "two-sided" else 1
        p[numbers] = joint_p(-t[numbers] if self.side == "less" else t[numbers], correlation, df[numbers], tails)
        quantile = {value: joint_quantile(self.level, correlation, value, tails) for value in set(df[numbers].tolist())}
        reach = np.array([quantile[value] for value in df[numbers].tolist()]) * se[numbers]
        if self.side != "less":
            lower[numbers] = estimate[numbers] - reach
        if self.side != "greater":
            upper[numbers] = estimate[numbers] + reach
        return t, p, lower, upper


def holm_steps(p: Array) -> Array:
    """Holm's adjusted p values in the order given; what is no number stays so."""
    out = np.full(len(p), np.nan)
    finite = np.flatnonzero(np.isfinite(p))
    order = finite[np.argsort(p[finite], kind="stable")]
    out[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)), 1.0)
    return out


def check_adjust(adjust: str | None, kind: str | Mapping[str, Any]) -> Adjust:
    """The adjustment asked for; of pairwise differences Tukey's unless said otherwise, of others none."""
    if adjust is None:
        return "tukey" if kind == "pairwise" else "none"
    if adjust not in ADJUSTMENTS:
        raise AnalysisError(f"adjust={adjust!r} is unknown; use {listed(map(repr, ADJUSTMENTS), 9)}.")
    if adjust == "tukey" and kind != "pairwise":
        raise AnalysisError("Tukey's adjustment is for kind='pairwise'; use adjust='joint', 'holm' or 'bonferroni'.")
    if adjust == "dunnett" and kind != "vs_reference":
        raise AnalysisError("Dunnett's adjustment is for kind='vs_reference'; use adjust='joint' for other families.")
    return adjust
