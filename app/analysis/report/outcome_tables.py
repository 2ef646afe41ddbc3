"""Every outcome with n, observed means, change per arm, difference, interval and p."""

from collections.abc import Iterable

import pandas as pd

from app.analysis.report.fitted import Fitted, NotFitted
from app.analysis.report.missing import of_visit
from app.analysis.report.outcomes import OtherOutcome, figures_by_arm, observed
from app.analysis.report.ratios import RATIO, ratio_texts
from app.analysis.report.results import Results
from app.analysis.report.tables import DASH, html_table
from app.analysis.report.words import MINUS, interval, number, p_number, percent, shown_contrast
from app.analysis.trial.dataset import Dataset, for_analysis
from app.analysis.trial.periods import period_rows
from app.analysis.trial.plan import CrossoverDesign, Plan
from app.analysis.trial.planned import RISKS
from app.analysis.trial.planned_formulas import RESPONSE

FIGURES = ["n", "mean", "sd", "median", "q1", "q3", "minimum", "maximum"]


def every_outcome(results: Results) -> list[OtherOutcome]:
    """The primary outcome by the primary analysis, then the others."""
    planned = results.plan.primary
    primary = next(fit for fit in results.done if fit.analysis.id == planned.id)
    data = for_analysis(results.dataset, results.snapshot, results.plan, planned)
    return [OtherOutcome(results.plan, data, primary), *results.others]


def outcome_table(results: Results) -> str:
    """A row per outcome and arm, with the difference from the reference in the arm's row."""
    rows = [row for outcome in every_outcome(results) for row in outcome_rows(outcome, results.shown_arms)]
    frame = pd.DataFrame(rows)
    if (frame[RATIO] == DASH).all():
        frame = frame.drop(columns=RATIO)
    if results.plan.arms.reference is None:
        frame = frame.drop(columns=[name for name in frame.columns if name.startswith("Difference")])
    numbers = [name for name in frame.columns if name not in ("Outcome", "Arm", RATIO)]
    return html_table(frame, "table-outcomes", groups="Outcome", numbers=numbers)


def outcome_rows(outcome: OtherOutcome, arms: Iterable[str]) -> list[dict[str, str]]:
    """A row per arm; of an outcome that could not be estimated a single one that says why."""
    plan, dataset, fit, decimals = outcome.plan, outcome.dataset, outcome.fit, outcome.decimals
    when = plan.visit_title(plan.primary_day) if plan.crossover is None else plan.at_primary
    heading = f"{plan.outcome.title} ({plan.outcome.unit}), {when}"
    columns = _columns(plan)
    if isinstance(fit, NotFitted) or dataset is None:
        reason = fit.reason if isinstance(fit, NotFitted) else "no data"
        return [{"Outcome": heading, "Arm": f"Not estimated: {reason}"} | dict.fromkeys(columns, DASH)]
    start = _by_arm(dataset, 0, decimals) if plan.has_baseline else {}
    counted = fit.analysis.model in RISKS
    end = _shares(dataset, plan.primary_day) if counted else _by_arm(dataset, plan.primary_day, decimals)
    changes = {change.arm: change for change in fit.each_change() if change.day == plan.primary_day}
    rows = []
    for arm in arms:
        change = changes[arm]
        marginal = f"{number(change.estimate, decimals)} ({interval(change.lower, change.upper, decimals)})"
        cells = [start.get(arm, DASH), str(change.n), end.get(arm, DASH), marginal, *differences(fit, arm, outcome)]
        rows.append({"Outcome": heading, "Arm": arm} | dict(zip(columns, cells, strict=True)))
    return rows


def _columns(plan: Plan) -> list[str]:
    limits = f"{percent(plan.level)} CI"
    return ["Baseline", "n", "At the visit", f"Change ({limits})", f"Difference ({limits})", RATIO, "p"]


def _by_arm(dataset: Dataset, day: int, decimals: int) -> dict[str, str]:
    """Mean (SD) as observed; of a cross-over over its periods."""
    table = observed(dataset, day)
    if "period" in dataset.long:
        table = figures_by_arm(period_rows(dataset.long, dataset.score), dataset.score)
    return {
        str(arm): f"{number(mean, decimals)} ({number(sd, decimals).replace(MINUS, '-')})"
        for arm, mean, sd in zip(table["arm"], table["mean"], table["sd"], strict=True)
    }


def _shares(dataset: Dataset, day: int) -> dict[str, str]:
    """How many with a yes, and how many percent of those observed."""
    rows = dataset.long[dataset.long["day"] == day].groupby("arm", observed=False)[dataset.score].agg(["sum", "count"])
    return {
        str(arm): f"{yes:.0f} ({100 * yes / n:.0f}\N{NO-BREAK SPACE}%)" if n else DASH
        for arm, yes, n in rows.itertuples()
    }


def differences(fit: Fitted, arm: str, outcome: OtherOutcome) -> list[str]:
    """Difference, ratios and p of this arm; the reference's own row has the contrasts of no single arm."""
    plan, decimals, reference = outcome.plan, outcome.decimals, outcome.plan.arms.reference
    if reference is None:
        return [DASH, DASH, p_number(fit.effect(plan.primary_day).p)]
    weights = plan.contrast_weights
    plain = {name: own for name, own in weights.items() if own.get(reference.name) == -1 and len(own) == 2}
    if arm == reference.name:
        names = [name for name in weights if name not in plain]
    else:
        names = [name for name, own in plain.items() if arm in own]
    day = plan.primary_day
    effects = {name: fit.effect(day, name) for name in names}
    texts = [
        f"{f'{shown_contrast(name)}: ' if arm == reference.name else ''}{number(effect.estimate, decimals)} "
        f"({interval(effect.lower, effect.upper, decimals)})"
        for name, effect in effects.items()
    ]
    ratios = [text for name in names for text in ratio_texts(fit, name, day)]
    decided = [p_number(fit.deciding(day, name).p) for name in names]
    return ["; ".join(own) or DASH for own in (texts, ratios, decided)]


def treatments_of(status: pd.DataFrame, design: CrossoverDesign) -> list[str]:
    """The treatment of each row's sequence (its arm) on its day."""
    pairs = zip(status["arm"].astype(str), status["day"], strict=True)
    return [design.sequences[label][design.period_of(day) - 1] for label, day in pairs]


def descriptive_frame(results: Results) -> pd.DataFrame:
    """outcome, day, arm and the figures of every outcome at every visit, as observed."""
    frames = [
        observed(outcome.dataset, day).assign(outcome=outcome.fit.analysis.id, score=outcome.dataset.score, day=day)
        for outcome in every_outcome(results)
        if outcome.dataset is not None
        for day in outcome.plan.visits
        if day in set(outcome.dataset.long["day"])
    ]
    return pd.concat(frames, ignore_index=True)[["outcome", "score", "day", "arm", *FIGURES]]


def descriptive_table(results: Results, status: pd.DataFrame, answered: Iterable[str]) -> str:
    """The primary outcome by visit and arm: figures as observed, then what is missing, by reason."""
    plan, there, rows = results.plan, set(answered), []
    if plan.crossover is not None:
        status = status.assign(arm=treatments_of(status, plan.crossover))
    for day in plan.visits:
        figures = observed(results.dataset, day).set_index("arm")
        for arm in results.shown_arms:
            own = {name: float(figures.loc[[arm], name].item()) for name in FIGURES}
            row = {"Visit": plan.visit_title(day), "Arm": arm, "n": f"{own['n']:.0f}"}
            row |= _yes(own) if plan.outcome.score == RESPONSE else _figures(own)
            counts = of_visit(status, day, arm)["status"].value_counts()
            lost = [f"{reason} {count}" for reason, count in sorted(counts.items()) if reason not in there]
            rows.append(row | {"Missing": "; ".join(lost) or "none"})
    frame = pd.DataFrame(rows)
    numbers = [name for name in frame.columns if name not in ("Visit", "Arm", "Missing")]
    return html_table(frame, "table-descriptives", groups="Visit", numbers=numbers)


def _figures(own: dict[str, float]) -> dict[str, str]:
    row = {"Mean (SD)": f"{number(own['mean'])} ({number(own['sd'])})", "Median": number(own["median"])}
    return row | {"Quartiles": interval(own["q1"], own["q3"]), "Range": interval(own["minimum"], own["maximum"])}


def _yes(own: dict[str, float]) -> dict[str, str]:
    """How many with a yes, of 0 and 1."""
    share = f" ({number(100 * own['mean'], 0)}\N{NO-BREAK SPACE}%)" if own["n"] else ""
    return {"Yes": f"{number(own['mean'] * own['n'], 0) if own['n'] else 0}{share}"}
