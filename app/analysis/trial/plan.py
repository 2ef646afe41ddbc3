"""The plan of analysis: estimands, populations, models and the names of the arms, as one frozen value."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from app.analysis.results.asking import Adjust
from app.analysis.results.kinds import Kind, planned_contrasts
from app.analysis.trial.planned import Arms as Arms
from app.analysis.trial.planned import BaselineRow as BaselineRow
from app.analysis.trial.planned import BlindingItem as BlindingItem
from app.analysis.trial.planned import Covariate as Covariate
from app.analysis.trial.planned import DayZero as DayZero
from app.analysis.trial.planned import Estimand as Estimand
from app.analysis.trial.planned import Family as Family
from app.analysis.trial.planned import IntercurrentEvent as IntercurrentEvent
from app.analysis.trial.planned import Margin as Margin
from app.analysis.trial.planned import Membership as Membership
from app.analysis.trial.planned import Occasion as Occasion
from app.analysis.trial.planned import PlannedAnalysis as PlannedAnalysis
from app.analysis.trial.planned import PlannedArm as PlannedArm
from app.analysis.trial.planned import PlannedHypothesis as PlannedHypothesis
from app.analysis.trial.planned import PlannedOutcome as PlannedOutcome
from app.analysis.trial.planned import Population as Population
from app.analysis.trial.planned import Profile as Profile
from app.analysis.trial.planned import Responder as Responder
from app.analysis.trial.planned import Response as Response
from app.analysis.trial.planned import SecondaryOutcome as SecondaryOutcome
from app.analysis.trial.planned_crossover import CrossoverDesign as CrossoverDesign
from app.analysis.trial.planned_crossover import Period as Period


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
    anchor: DayZero
    stopping_events: tuple[str, ...]
    """Events that end the treatment: from there on, missing values follow an imputation's strategy."""
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
    contrasts: Kind | dict[str, dict[str, float]] = "vs_reference"
    """Which differences of arms are estimated; the first is the primary one."""
    adjust: Adjust = "none"
    """How their p values and limits are adjusted at each visit."""
    has_baseline: bool = True
    """Whether the report speaks of change from the export's baseline, or of the score itself."""
    covariates: tuple[Covariate, ...] = ()
    strata: tuple[str, ...] = ()
    """What the randomisation was stratified by: every model must hold it."""
    treatment_events: tuple[str, ...] = ()
    """Events that are the treatment itself, as its doses: counted by arm, without ratios."""
    outcomes: tuple[SecondaryOutcome, ...] = ()
    """The other outcomes, in the order of the report."""
    profiles: tuple[Profile, ...] = ()
    subgroups: tuple[str, ...] = ()
    """Factors (the site, covariates with levels) within whose levels the primary difference is estimated."""
    response: Response | None = None
    """What makes the primary outcome a yes or no."""
    crossover: CrossoverDesign | None = None
    """Sequences and periods, where participants take several treatments one after the other."""
    family: Family | None = None
    """The confirmatory tests; the primary one alone where there is none."""
    visit_codes: dict[int, str] = field(default_factory=dict)
    """Visits that their code tells, not their day: those by months, and those after another event than day 0."""
    occasion: Occasion = "first"
    """Which of the visits after an event that happens more than once, where the plan names them without a number."""
    counted_from: str = ""
    """From what the days of an outcome count in words, where that is not day 0."""
    folder: Path = Path()
    """Where the plan lies, and with it the files that it names."""

    @property
    def primary(self) -> PlannedAnalysis:
        """The one analysis that answers the trial's question."""
        return next(analysis for analysis in self.analyses if analysis.role == "primary")

    @cached_property
    def visits(self) -> dict[int, str]:
        """The levels of the visit factor by study day, baseline first."""
        return {**({0: "baseline"} if self.has_baseline else {}), **{day: f"d{day}" for day in self.days}}

    @cached_property
    def contrast_weights(self) -> dict[str, dict[str, float]]:
        """The planned contrasts of arms by name, each with its weights; none in a cohort."""
        if self.arms.reference is None:
            return {}
        return dict(planned_contrasts(self.arms.names, self.contrasts))

    @cached_property
    def day_of_visit(self) -> dict[str, int]:
        """The study day of each level of the visit factor: a day is never read out of a name."""
        return {name: day for day, name in self.visits.items()}

    def visit_title(self, day: int) -> str:
        """The visit as people say it: Baseline, Day 28, 5 months (day 154)."""
        if day == 0 and self.has_baseline:
            return "Baseline"
        if day in self.visit_codes:
            return self.visit_names.get(day, self.visit_codes[day])
        return f"{self.visit_names[day]} (day {day})" if day in self.visit_names else f"Day {day}"

    def at_visit(self, day: int) -> str:
        """The visit inside a sentence: at day 28, at 5 months (day 154), at baseline."""
        title = self.visit_title(day)
        plain = day not in self.visit_codes and (title.startswith("Day ") or title == "Baseline")
        return f"at {title[0].lower()}{title[1:]}" if plain else f"at {title}"

    def tick(self, day: int) -> str:
        """The visit on an axis: its day, with its name below, or its name alone where codes tell visits."""
        if self.visit_codes:
            return self.visit_title(day)
        name = self.visit_names.get(day, "Baseline" if day == 0 and self.has_baseline else "")
        return f"{day}\n{name}" if name else str(day)

    @property
    def axis(self) -> str:
        """What an axis of time says."""
        return f"{'Time' if self.visit_codes else 'Days'} since {self.counted_from or self.anchor.title}"

    @property
    def groups(self) -> dict[str, str]:
        """What participants were allocated to, the name in the report by the label in the file: arms, or sequences."""
        if self.crossover is not None:
            return {label: label for label in self.crossover.labels}
        return {arm.label: arm.name for arm in self.arms.each}

    @property
    def shown_groups(self) -> tuple[str, ...]:
        """The groups in the order of tables and figures: sequences as planned, the reference arm last."""
        first, *rest = self.groups.values()
        return (first, *rest) if self.crossover is not None else (*rest, first)

    @property
    def at_primary(self) -> str:
        """When the primary difference is estimated: at 5 months (day 154); over the periods."""
        return "over the periods" if self.crossover is not None else self.at_visit(self.primary_day)

    @property
    def first_is_plain(self) -> bool:
        """Whether the first contrast is the active arm less the reference, so that a direction favours one of them."""
        first = next(iter(self.contrast_weights.values()), {})
        return self.arms.reference is not None and first == {self.arms.reference.name: -1.0, self.arms.active.name: 1.0}

    @property
    def favourable_reference(self) -> PlannedArm | None:
        """The reference, where the first contrast has a direction that favours it or the active arm."""
        return self.arms.reference if self.first_is_plain else None

    def of(self, secondary: SecondaryOutcome) -> "Plan":
        """The plan as if that outcome were its only one."""
        design = self.crossover and self.crossover.on(secondary.days)
        return replace(
            self,
            outcome=secondary.outcome,
            days=secondary.days,
            primary_day=secondary.primary_day if design is None else secondary.days[-1],
            has_baseline=secondary.has_baseline and design is None,
            crossover=design,
            analyses=(secondary.analysis,),
            outcomes=(),
            visit_codes=secondary.visit_codes or self.visit_codes,
            visit_names=self.visit_names | secondary.visit_names,
            occasion=secondary.occasion or self.occasion,
            counted_from=secondary.counted_from,
        )

    @property
    def difference_unit(self) -> str:
        """The unit of a difference: that of the outcome, of shares percentage points."""
        return "percentage points" if self.outcome.unit == "%" else self.outcome.unit

    @property
    def measured(self) -> str:
        """What is compared: change of ODI, or ODI itself where the plan has no baseline."""
        return f"change of {self.outcome.name}" if self.has_baseline else self.outcome.name

    @property
    def measured_from(self) -> str:
        """Change of ODI from baseline, or ODI."""
        return f"{self.measured} from baseline" if self.has_baseline else self.measured

    @property
    def direction(self) -> str:
        """What a difference means; stands on every table and picture."""
        outcome, reference, measured = self.outcome, self.arms.reference, self.measured
        better = "negative" if outcome.better == "lower" else "positive"
        if reference is None:
            return f"{outcome.name}: {outcome.better} is better; there is one group, so no difference of arms."
        active = self.arms.active.name if not self.arms.others else "the other arm"
        first = f"Difference = {inside(active)} minus {inside(reference.name)} in {measured}"
        return f"{first}; {better} favours {inside(active)}."


def inside(name: str) -> str:
    """A name inside a sentence: infliximab, but X stays X and TENS stays TENS."""
    return name if len(name) < 3 or not name[1].islower() else name[0].lower() + name[1:]
