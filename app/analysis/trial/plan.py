"""The plan of analysis: estimands, populations, models and the names of the arms, as frozen values."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from app.analysis.fitting.inference import Method


@dataclass(frozen=True)
class PlannedOutcome:
    """The score that is analysed, its words and its range."""

    score: str
    name: str
    title: str
    unit: str
    minimum: float
    maximum: float
    better: Literal["lower", "higher"]


@dataclass(frozen=True)
class PlannedArm:
    """One arm: the label in the allocation file and the name in the report."""

    label: str
    name: str


@dataclass(frozen=True)
class Arms:
    """Difference = active minus reference."""

    active: PlannedArm
    reference: PlannedArm

    @property
    def names(self) -> tuple[str, str]:
        """The reference first, as the models want it."""
        return self.reference.name, self.active.name


@dataclass(frozen=True)
class Population:
    """Who is analysed. infused: at least one infusion; per_protocol: that many infusions and none of the events."""

    id: str
    title: str
    rule: Literal["infused", "per_protocol"]
    infusions: int = 1
    excluded_events: tuple[str, ...] = ()


@dataclass(frozen=True)
class IntercurrentEvent:
    """An event after the start of treatment and how the estimand deals with it."""

    event: str
    strategy: str
    handling: str


@dataclass(frozen=True)
class Estimand:
    """What is to be estimated, by the five attributes of ICH E9(R1)."""

    id: str
    title: str
    role: str
    treatment: str
    population: str
    variable: str
    intercurrent_events: tuple[IntercurrentEvent, ...]
    summary: str


@dataclass(frozen=True)
class BaselineRow:
    """One row of the baseline table: a score (of a value set), or an item (instrument.item); code counts a category."""

    title: str
    score: str = ""
    item: str = ""
    code: int | None = None
    value_set: str = ""
    decimals: int = 1


@dataclass(frozen=True)
class Responder:
    """A response: a fall of at least so many points, or of so many percent of the baseline."""

    points: float | None = None
    percent: float | None = None
    missing: Literal["non-responder", "observed"] = "non-responder"


@dataclass(frozen=True)
class BlindingItem:
    """The item (instrument.item) in which participants guess their treatment, at which day, and what its codes mean."""

    item: str
    day: int
    active: int
    reference: int
    dont_know: int


@dataclass(frozen=True)
class PlannedAnalysis:
    """One model fitted to one population for one estimand."""

    id: str
    title: str
    role: Literal["primary", "supporting", "sensitivity", "supplementary"]
    estimand: str
    population: str
    model: Literal["lmm", "mmrm", "clda", "ancova", "imputation"]
    formula: str = ""
    covariates: tuple[str, ...] = ()
    covariance: str = "us"
    fallback: tuple[str, ...] = ()
    df: Method = "kenward-roger-linear"
    leave_out: Literal["", "late", "after_treatment_stopped"] = ""
    strategy: Literal["MAR", "J2R", "CR", "CIR", "LMCF"] = "MAR"
    """Imputation: how missing values after stopping or withdrawal are taken; others are missing at random."""
    analysis: str = ""
    """Imputation: the formula of the ANCOVA of each completed primary visit."""
    method: Literal["condmean-jackknife", "bootstrap", "approx-bayes"] = "condmean-jackknife"
    draws: int = 100

    @property
    def equation(self) -> str:
        """The formula with the random intercept that a linear mixed model has besides."""
        return f"{self.formula} + (1 | participant)" if self.model == "lmm" else self.formula


@dataclass(frozen=True)
class Plan:
    """The whole plan, and the hash of the file from which it came."""

    study: str
    title: str
    seed: int
    outcome: PlannedOutcome
    days: tuple[int, ...]
    primary_day: int
    visit_names: dict[int, str]
    level: float
    arms: Arms
    populations: dict[str, Population]
    estimands: dict[str, Estimand]
    analyses: tuple[PlannedAnalysis, ...]
    baseline: tuple[BaselineRow, ...]
    responders: tuple[Responder, ...]
    blinding: BlindingItem | None
    tipping_of: str
    """The id of the imputation whose values are shifted for the tipping map; empty for no map."""
    tipping_deltas: tuple[float, ...]
    tipping_after_event: bool
    """Whether only values missing from the end of treatment or follow-up on are shifted, not gaps before."""
    covariances: tuple[str, ...]
    """Structures whose fits are compared in the appendix; they decide nothing."""
    sha256: str

    @property
    def primary(self) -> PlannedAnalysis:
        """The one analysis that answers the trial's question."""
        return next(analysis for analysis in self.analyses if analysis.role == "primary")

    @cached_property
    def visits(self) -> dict[int, str]:
        """The levels of the visit factor by study day, baseline first."""
        return {0: "baseline", **{day: f"d{day}" for day in self.days}}

    @cached_property
    def day_of_visit(self) -> dict[str, int]:
        """The study day of each level of the visit factor: a day is never read out of a name."""
        return {name: day for day, name in self.visits.items()}

    def visit_title(self, day: int) -> str:
        """The visit as people say it: Baseline, Day 28, 5 months (day 154)."""
        if day == 0:
            return "Baseline"
        return f"{self.visit_names[day]} (day {day})" if day in self.visit_names else f"Day {day}"

    @property
    def direction(self) -> str:
        """What a difference means; stands on every table and picture."""
        active, reference, outcome = self.arms.active.name, self.arms.reference.name, self.outcome
        first = f"Difference = {inside(active)} minus {inside(reference)} in change of {outcome.name}"
        return f"{first}; {'negative' if outcome.better == 'lower' else 'positive'} favours {inside(active)}."


def inside(name: str) -> str:
    """A name inside a sentence: infliximab, but X stays X."""
    return name if len(name) < 3 else name[0].lower() + name[1:]
