"""The design of a cross-over trial in a plan: sequences of treatments, and the periods in which they are taken."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

BASE_MEAN = "_base_mean"
"""What the mean of a participant's baselines is called, after the name of the score."""


@dataclass(frozen=True)
class Period:
    """One period: the study day on which it begins, the visits whose mean is its outcome, the day of its baseline."""

    since: int
    days: tuple[int, ...]
    baseline: int | None = None
    """0 is the export's baseline; None where periods have none."""


@dataclass(frozen=True)
class CrossoverDesign:
    """Who takes what when: the name of the treatment in each period, by the sequence's label in the allocation."""

    sequences: dict[str, tuple[str, ...]]
    periods: tuple[Period, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The sequences in the plan's order."""
        return tuple(self.sequences)

    @property
    def has_baselines(self) -> bool:
        """Whether each period has a baseline of its own."""
        return all(period.baseline is not None for period in self.periods)

    def period_of(self, day: int) -> int:
        """The period, from 1, of which that day is an outcome visit."""
        return next(place for place, period in enumerate(self.periods, 1) if day in period.days)

    def period_on(self, day: float) -> int:
        """The period, from 1, that has begun on that day; 0 before the first."""
        return sum(day >= period.since for period in self.periods)

    def base(self, score: str) -> tuple[str, ...]:
        """The columns of the periods' baselines: of the period, and the participant's mean of them."""
        return (f"{score}_base", f"{score}{BASE_MEAN}") if self.has_baselines else ()

    def on(self, days: Sequence[int]) -> "CrossoverDesign":
        """The same of an outcome that has those visits only."""
        own = (replace(period, days=tuple(day for day in period.days if day in days)) for period in self.periods)
        return replace(self, periods=tuple(own))

    @property
    def words(self) -> str:
        """AB (Placebo, Drug); BA (Drug, Placebo)."""
        return "; ".join(f"{label} ({', '.join(order)})" for label, order in self.sequences.items())
