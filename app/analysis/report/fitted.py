"""What one planned analysis found: change per arm and visit, the differences of change, or why there are none."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import pandas as pd

from app.analysis.report.generalised import decides
from app.analysis.results.mixed_result import MixedResult
from app.analysis.results.result import LinearResult
from app.analysis.trial.plan import PlannedAnalysis


@dataclass(frozen=True)
class Effect:
    """One difference of change; or, where the plan has no arms, one change."""

    estimate: float
    se: float
    df: float
    lower: float
    upper: float
    p: float

    @property
    def has_interval(self) -> bool:
        """Whether both ends of the interval could be estimated."""
        return not (math.isnan(self.lower) or math.isnan(self.upper))


@dataclass(frozen=True)
class MeanChange:
    """The marginal mean change of one arm at one visit."""

    day: int
    arm: str
    n: int
    estimate: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Fitted:
    """One planned analysis, done.

    changes: day, arm, n and the marginal mean change (or mean, where the plan has no baseline); differences: day,
    contrast and its estimate; in a plan without arms, the changes themselves. Both with estimate, se, df, t, p, lower,
    upper.
    """

    analysis: PlannedAnalysis
    result: LinearResult | None = field(repr=False)
    """None for an imputation, which pools many fits."""
    changes: pd.DataFrame = field(repr=False)
    differences: pd.DataFrame = field(repr=False)
    baseline: dict[str, int]
    """Participants with a value at baseline, by arm."""
    participants: frozenset[str] = field(repr=False)
    """Whose values the model used."""
    n_rows: int
    remarks: tuple[str, ...] = ()
    """Where the analysis had to differ from the plan."""
    ratios: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)
    """Of yes or no, counts and levels: day, contrast, measure, estimate, df, p, lower, upper; empty for others."""

    @property
    def n_participants(self) -> int:
        """How many people's values the model used."""
        return len(self.participants)

    def effect(self, day: int, contrast: str = "") -> Effect:
        """The difference at that day: the one of that name, or the first, which is the primary one."""
        rows = self.differences[self.differences["day"] == day]
        if contrast:
            rows = rows[rows["contrast"] == contrast]
        if rows.empty:
            return Effect(*[math.nan] * 6)
        row = rows.iloc[0]
        return Effect(*(float(row[name]) for name in ("estimate", "se", "df", "lower", "upper", "p")))

    def ratio(self, day: int, contrast: str, measure: str) -> Effect:
        """The ratio of that name at that day; its error is that of its logarithm."""
        rows = self.ratios
        rows = rows[(rows["day"] == day) & (rows["contrast"] == contrast) & (rows["measure"] == measure)]
        if rows.empty:
            return Effect(*[math.nan] * 6)
        row = rows.iloc[0]
        return Effect(*(float(row[name]) for name in ("estimate", "se", "df", "lower", "upper", "p")))

    def deciding(self, day: int, contrast: str = "") -> Effect:
        """The effect whose p value counts: the difference, or the ratio that the plan names or the model is of."""
        measure = decides(self.analysis)
        if measure == "difference":
            return self.effect(day, contrast)
        return self.ratio(day, contrast or self.contrasts[0], measure)

    def each_change(self) -> tuple[MeanChange, ...]:
        """The changes as values, by day and arm."""
        columns = (self.changes[name].tolist() for name in ("day", "arm", "n", "estimate", "lower", "upper"))
        return tuple(MeanChange(*values) for values in zip(*columns, strict=True))

    @property
    def contrasts(self) -> tuple[str, ...]:
        """The names of the differences, in the plan's order."""
        return tuple(dict.fromkeys(self.differences["contrast"]))

    @property
    def covariance(self) -> str:
        """The covariance structure that was fitted in the end."""
        if self.analysis.model == "imputation":
            return self.analysis.covariance
        return self.result.covariance if isinstance(self.result, MixedResult) else ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader must know: fallbacks taken, rows left out, boundaries."""
        if self.result is None:
            return self.remarks
        failed = self.result.attempts[:-1] if isinstance(self.result, MixedResult) else ()
        taken = (f"covariance {attempt.covariance} could not be fitted ({attempt.outcome})" for attempt in failed)
        return (*self.remarks, *taken, *self.result.messages)


@dataclass(frozen=True)
class NotFitted:
    """One planned analysis that could not be done, and why."""

    analysis: PlannedAnalysis
    reason: str


def fitted_only(done: tuple[Fitted | NotFitted, ...]) -> Iterator[Fitted]:
    """The analyses that gave numbers, in the plan's order."""
    return (fit for fit in done if isinstance(fit, Fitted))
