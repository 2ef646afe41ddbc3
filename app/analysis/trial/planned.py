"""The parts of a plan of analysis, as frozen values."""

from dataclasses import dataclass, field
from typing import Literal, get_args

from app.analysis.fitting.inference import Method

Generalised = Literal["logistic", "log-binomial", "poisson", "negative-binomial", "ordinal"]
GENERALISED: tuple[Generalised, ...] = get_args(Generalised)
RISKS = ("logistic", "log-binomial")

Missing = Literal["non-responder", "observed", "worst-case"]
"""How who has no value counts: as a no, not at all, or as a no with the first arm and as a yes with any other."""

Occasion = Literal["first", "last", "mean"]
"""Of visits that come after each event of a kind: those after the first, after the last, or the mean of all."""


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
    value_set: str = ""
    """Of a score that is computed by several value sets, as an index of EQ-5D."""
    item: str = ""
    """An answer (instrument.item) instead of a score; `score` is then the item's own name."""
    events: tuple[str, ...] = ()
    """Events that are counted from day 0 on instead of a score; `score` is then `events`."""


@dataclass(frozen=True)
class Response:
    """What makes a score a yes: a change to the better of so much, or a value at a limit or beyond it."""

    points: float | None = None
    percent: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    missing: Missing = "observed"

    def better(self, outcome: PlannedOutcome) -> Literal["lower", "higher"]:
        """Whether fewer or more with a yes are better."""
        good = outcome.better if self.at_most is None and self.at_least is None else self._direction
        return "higher" if good == outcome.better else "lower"

    @property
    def _direction(self) -> str:
        return "lower" if self.at_most is not None else "higher"


@dataclass(frozen=True)
class PlannedArm:
    """One arm: the label in the allocation file and the name in the report."""

    label: str
    name: str


@dataclass(frozen=True)
class Arms:
    """Differences are from the reference; `active` is the arm of the primary one, `others` come after it.

    Without a reference there is one group, and its own mean or change is what is estimated (a cohort).
    """

    active: PlannedArm
    reference: PlannedArm | None
    others: tuple[PlannedArm, ...] = ()

    @property
    def each(self) -> tuple[PlannedArm, ...]:
        """The reference first, as the models want it."""
        return (*((self.reference,) if self.reference else ()), self.active, *self.others)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of `each`."""
        return tuple(arm.name for arm in self.each)


@dataclass(frozen=True)
class DayZero:
    """Day 0 of a participant: an event of the protocol, or the day of being `randomised` or `enrolled`."""

    event: str = "randomised"
    title: str = "randomisation"


@dataclass(frozen=True)
class Membership:
    """One thing that members of a population have: so many events, a score, or an answer.

    Days count from the anchor; a score or an item of no day may be of any; day 0 of a score is the baseline.
    """

    events: tuple[str, ...] = ()
    at_least: int = 1
    at_most: int | None = None
    since: int | None = None
    until: int | None = None
    score: str = ""
    item: str = ""
    day: int | None = None
    values: tuple[float, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Population:
    """Who is analysed: everybody with a day 0 who meets all of the conditions."""

    id: str
    title: str
    all_of: tuple[Membership, ...] = ()


@dataclass(frozen=True)
class Covariate:
    """A column of the models from a score or an item at a day (0: baseline), or from a file beside the plan.

    With levels it is a factor in that order; without, a number.
    """

    id: str
    score: str = ""
    item: str = ""
    day: int = 0
    file: str = ""
    column: str = ""
    levels: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    """What people call the levels, in their order; the levels themselves if empty."""


@dataclass(frozen=True)
class Margin:
    """What the difference is held against: non-inferiority and superiority on one side, equivalence on both."""

    kind: Literal["non-inferiority", "equivalence", "superiority"]
    points: float


@dataclass(frozen=True)
class Profile:
    """Items of one instrument whose answers are counted level by level, as the dimensions of EQ-5D."""

    title: str
    items: tuple[str, ...]
    levels: tuple[str, ...]
    days: tuple[int, ...]
    formula: str = ""
    """Of a model of each item at the last of the days, in which `level` stands for the item; empty for none."""
    population: str = ""
    titles: tuple[str, ...] = ()


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
    model: Literal["lmm", "mmrm", "clda", "ancova", "imputation", "crossover"] | Generalised
    formula: str = ""
    covariates: tuple[str, ...] = ()
    covariance: str = "us"
    fallback: tuple[str, ...] = ()
    df: Method = "kenward-roger-linear"
    leave_out: str = ""
    """late, or after_ and the name of an event; empty for nothing."""
    strategy: Literal["MAR", "J2R", "CR", "CIR", "LMCF"] = "MAR"
    """Imputation: how missing values after stopping or withdrawal are taken; others are missing at random."""
    analysis: str = ""
    """Imputation: the formula of the ANCOVA of each completed primary visit."""
    method: Literal["condmean-jackknife", "bootstrap", "approx-bayes"] = "condmean-jackknife"
    draws: int = 100
    margin: Margin | None = None
    carry_over: bool = False
    """Cross-over: whether each treatment has an effect on the next period."""
    measure: Literal["", "difference", "ratio", "odds ratio"] = ""
    """Of a generalised model: what its p value is of; empty for what is usual."""
    correlation: Literal["independence", "exchangeable", "unstructured"] = "exchangeable"
    errors: Literal["", "model", "sandwich", "kauermann-carroll", "mancl-derouen", "fay-graubard"] = ""
    missing: Missing | None = None
    """Of a primary outcome of yes or no: how missing values count in this analysis, where it differs from the plan."""

    @property
    def is_generalised(self) -> bool:
        """Whether it is of yes or no, of counts or of ordered levels."""
        return self.model in GENERALISED

    @property
    def equation(self) -> str:
        """The formula with the random intercept that a linear mixed model has besides."""
        return f"{self.formula} + (1 | participant)" if self.model == "lmm" else self.formula


@dataclass(frozen=True)
class SecondaryOutcome:
    """Another outcome of the plan: its score, its visits, and the one analysis that estimates its estimand."""

    outcome: PlannedOutcome
    days: tuple[int, ...]
    primary_day: int
    analysis: PlannedAnalysis
    has_baseline: bool = True
    curve: bool = False
    """Whether its course is drawn, as of pain that is asked every week."""
    decimals: int = 1
    response: Response | None = None
    """What makes it a yes or no."""
    visit_codes: dict[int, str] = field(default_factory=dict)
    visit_names: dict[int, str] = field(default_factory=dict)
    occasion: Occasion | None = None
    counted_from: str = ""


@dataclass(frozen=True)
class PlannedHypothesis:
    """One hypothesis of a family: the first contrast of an analysis, or the one of that name."""

    name: str
    analysis: str
    contrast: str = ""


@dataclass(frozen=True)
class Family:
    """Hypotheses that together keep the familywise error, and how."""

    method: Literal["holm", "hochberg", "fixed_sequence", "graph"]
    hypotheses: tuple[PlannedHypothesis, ...]
    weights: dict[str, float]
    transitions: dict[str, dict[str, float]]
