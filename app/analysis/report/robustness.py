"""How far the result depends on what is not known: every kind of assumption on missing values, side by side.

Reference-based strategies; delta (one arm's missing values shifted); pattern mixture (both arms' shifted alike); and
selection (the odds of being missing depend on the value itself). Of the last three the smallest departure is sought
that changes the conclusion: what would have to be true.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.analysis.errors import AnalysisError
from app.analysis.imputation.strategies import Strategy
from app.analysis.report.fitted import Effect, Fitted, fitted_only
from app.analysis.report.results import Results
from app.analysis.trial.dataset import Dataset, for_analysis
from app.analysis.trial.plan import Plan, PlannedAnalysis, inside

STRATEGY_TITLES: dict[Strategy, str] = {
    "MAR": "Missing at random",
    "J2R": "Jump to reference",
    "CR": "Copy reference",
    "CIR": "Copy increments in reference",
}
POINTS = 401
FARTHEST_ODDS = 100.0
SHIFTED = "points"
ODDS = "odds"
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Departure:
    """One way to depart from missing at random: how far (in points, or log odds per SD worse), and what comes of it."""

    kind: str
    of: str
    """points or odds."""
    arms: tuple[str, ...]
    size: Floats
    estimate: Floats
    lower: Floats
    upper: Floats

    @property
    def excludes(self) -> NDArray[np.bool_]:
        """Where the interval excludes no difference."""
        return np.asarray((self.lower > 0) | (self.upper < 0))

    def changes_at(self) -> float:
        """The smallest departure that changes the conclusion; not a number where none in the range does."""
        middle = int(np.argmin(np.abs(self.size)))
        changed = self.excludes != self.excludes[middle]
        if not changed.any():
            return float("nan")
        return float(self.size[changed][np.argmin(np.abs(self.size[changed]))])


def shifted_fit(results: Results) -> Fitted | None:
    """The imputation from which departures are counted, if the plan names one and it could be done."""
    return next((fit for fit in fitted_only(results.done) if fit.analysis.id == results.plan.tipping_of), None)


def strategies(results: Results, base: Fitted) -> list[tuple[str, Effect | str]]:
    """The primary difference by the primary analysis and by each strategy; the reason where it cannot be done."""
    plan = results.plan
    dataset = for_analysis(results.dataset, results.snapshot, plan, base.analysis)
    primary = next(fit for fit in results.done if fit.analysis.id == plan.primary.id)
    rows: list[tuple[str, Effect | str]] = [
        (plan.primary.title, primary.effect(plan.primary_day) if isinstance(primary, Fitted) else primary.reason)
    ]
    for strategy, title in STRATEGY_TITLES.items():
        planned = replace(base.analysis, strategy=strategy, id=f"{base.analysis.id}_{strategy}")
        try:
            _, differences, _ = results.imputer.estimates(dataset, planned)
        except AnalysisError as problem:
            rows.append((title, str(problem)))
        else:
            rows.append((title, replace(base, differences=differences).effect(plan.primary_day)))
    return rows


def departures(results: Results, base: Fitted) -> list[Departure]:
    """Delta and selection, each in the first arm alone and in all of them (pattern mixture)."""
    plan, analysis = results.plan, base.analysis
    dataset = for_analysis(results.dataset, results.snapshot, plan, analysis)
    span = plan.outcome.maximum - plan.outcome.minimum
    points = np.linspace(-span, span, POINTS)
    logs = np.linspace(-np.log(FARTHEST_ODDS), np.log(FARTHEST_ODDS), POINTS)
    worse = 1.0 if plan.outcome.better == "lower" else -1.0
    deviation = primary_deviation(results, dataset, analysis)
    every, first = plan.arms.names, (plan.arms.active.name,)
    made = []
    for kind, of, arms, size, unit in (
        ("Delta", SHIFTED, first, points, 1.0),
        ("Pattern mixture", SHIFTED, every, points, 1.0),
        ("Selection", ODDS, first, logs, worse / deviation),
        ("Selection", ODDS, every, logs, worse / deviation),
    ):
        estimates = results.imputer.linear(dataset, analysis, by_variance=of == ODDS)
        shifts = np.stack([size * unit * (name in arms) for name in plan.arms.names])
        pooled = estimates.pooled(plan.level, 0, shifts)
        values = (pooled[name].to_numpy(float) for name in ("estimate", "lower", "upper"))
        made.append(Departure(kind, of, arms, size, *values))
    return made


def primary_deviation(results: Results, dataset: Dataset, analysis: PlannedAnalysis) -> float:
    """The standard deviation of the outcome at the primary visit, by the imputation model."""
    imputation = results.imputer.imputation(dataset, analysis)
    visit = results.plan.visits[results.plan.primary_day]
    slot = [at.visit for at in imputation.by_visit].index(visit)
    return float(np.sqrt(imputation.full.parameters.Sigma[imputation.patients.reference][slot, slot]))


def robust_frame(rows: Sequence[tuple[str, Effect | str]], made: Sequence[Departure]) -> pd.DataFrame:
    """kind, arms, size (points, or odds ratio per SD worse), estimate, lower, upper: the numbers of the figure."""
    frames = [
        pd.DataFrame(
            [
                {"kind": title, "arms": "", "estimate": row.estimate, "lower": row.lower, "upper": row.upper}
                for title, row in rows
                if isinstance(row, Effect)
            ]
        )
    ]
    for departure in made:
        size = np.exp(departure.size) if departure.of == ODDS else departure.size
        frames.append(
            pd.DataFrame(
                {
                    "kind": departure.kind,
                    "arms": ", ".join(departure.arms),
                    "size": size,
                    "estimate": departure.estimate,
                    "lower": departure.lower,
                    "upper": departure.upper,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def would_have_to_be(departure: Departure, plan: Plan) -> str:
    """What would have to be true of the missing values for the conclusion to be another, in one sentence."""
    of = " and ".join(inside(name) for name in departure.arms)
    at = departure.changes_at()
    if np.isnan(at):
        points = f"{departure.size[-1]:g} {plan.outcome.unit}"
        farthest = f"an odds ratio of {FARTHEST_ODDS:g}" if departure.of == ODDS else points
        return f"{departure.kind}, {of}: nothing up to {farthest} changes the conclusion."
    if departure.of == ODDS:
        direction = "worse" if at > 0 else "better"
        odds = float(np.exp(abs(at)))
        return (
            f"{departure.kind}, {of}: a value one standard deviation {direction} would have to be missing with "
            f"{odds:.1f} times the odds, beyond what is known of the person."
        )
    worse = (at > 0) == (plan.outcome.better == "lower")
    return (
        f"{departure.kind}, {of}: the missing values would have to be {abs(at):.1f} {plan.outcome.unit} "
        f"{'worse' if worse else 'better'} on average than expected from what was observed."
    )
