"""Figures of all outcomes: a standardised forest, and the share of each arm that improved by any amount."""

from collections.abc import Sequence
from dataclasses import replace
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from app.analysis.errors import listed
from app.analysis.report.change_figure import dodged
from app.analysis.report.fitted import Effect, Fitted
from app.analysis.report.outcome_tables import every_outcome
from app.analysis.report.outcomes import spread
from app.analysis.report.results import Results
from app.analysis.report.style import ACCENT, DOUBLE, LINE, caption_below, new_figure, quiet_grid, reach
from app.analysis.report.words import interval, number
from app.analysis.trial.dataset import Dataset
from app.analysis.trial.plan import Plan, inside

ROW = 7.0
LOGISTIC_SD = float(np.pi / np.sqrt(3))


def standardised(results: Results) -> pd.DataFrame:
    """outcome, name, estimate, lower, upper in standard deviations; negative is always better for the first arm.

    The first difference of each outcome over the standard deviation of all at baseline (at the day itself without one),
    turned round where higher is better.
    """
    rows = []
    for outcome in every_outcome(results):
        plan, fit = outcome.plan, outcome.fit
        if not isinstance(fit, Fitted) or outcome.dataset is None:
            continue
        effect, sd = in_deviations(fit, outcome.dataset, plan)
        sign = 1 if plan.outcome.better == "lower" else -1
        values = sorted([sign * effect.lower / sd, sign * effect.upper / sd])
        if np.isfinite(effect.estimate):
            rows.append((fit.analysis.id, plan.outcome.name, sign * effect.estimate / sd, *values, sd))
    return pd.DataFrame(rows, columns=["outcome", "name", "estimate", "lower", "upper", "sd"])


def in_deviations(fit: Fitted, dataset: Dataset, plan: Plan) -> tuple[Effect, float]:
    """The first difference and the deviation that it is measured in; of counts nothing, they have none.

    Of yes or no and of levels the logarithm of the odds ratio, in the standard deviation of a logistic distribution
    (Chinn 2000, Stat Med 19:3127).
    """
    if not fit.analysis.is_generalised:
        return fit.effect(plan.primary_day), spread(dataset, plan)
    odds = fit.ratio(plan.primary_day, fit.contrasts[0], "odds ratio")
    with np.errstate(divide="ignore"):
        logs = (float(np.log(value)) for value in (odds.estimate, odds.lower, odds.upper))
        estimate, lower, upper = logs
    return replace(odds, estimate=estimate, lower=lower, upper=upper), LOGISTIC_SD


def standardised_figure(table: pd.DataFrame, results: Results) -> Figure:
    """One row for each outcome."""
    height = ROW * len(table) + 30
    figure = new_figure(DOUBLE, height)
    axes = figure.add_axes((0.30, 22 / height, 0.45, ROW * len(table) / height))
    axes.axvline(0, color=LINE, linewidth=0.9, zorder=0)
    edge = 1.15 * reach(table[["estimate", "lower", "upper"]].to_numpy(float).ravel().tolist())
    where = axes.get_yaxis_transform()
    for place, row in enumerate(table.to_dict("records")):
        low, high = max(row["lower"], -edge), min(row["upper"], edge)
        axes.hlines(place, low, high, color=ACCENT, linewidth=1.6 if place == 0 else 1.0)
        axes.scatter([row["estimate"]], [place], s=30, color=ACCENT, zorder=3)
        axes.text(-0.62, place, row["name"], transform=where, ha="left", va="center", fontsize=7)
        text = f"{number(row['estimate'], 2)} ({interval(row['lower'], row['upper'], 2)})"
        axes.text(1.04, place, text, transform=where, ha="left", va="center", fontsize=7)
    axes.set(xlim=(-edge, edge), ylim=(len(table) - 0.5, -0.5))
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
    axes.set_xlabel(f"Difference in standard deviations; left is better with {inside(results.plan.arms.active.name)}")
    caption_below(figure, results.blind_note)
    return figure


def improvement(results: Results) -> pd.DataFrame:
    """arm, points, percent: the share of those observed at the primary visit who improved by at least so much."""
    plan = results.plan
    rows = results.dataset.change()
    rows = rows[rows["day"] == plan.primary_day]
    gain = (-rows["chg"] if plan.outcome.better == "lower" else rows["chg"]).round(9)
    cuts = sorted({*gain.tolist(), 0.0})
    frames = []
    for arm in results.shown_arms:
        own = np.sort(gain[rows["arm"] == arm].to_numpy(float))
        share = 100 * (len(own) - np.searchsorted(own, cuts, side="left")) / max(1, len(own))
        frames.append(pd.DataFrame({"arm": arm, "points": cuts, "percent": share, "n": len(own)}))
    return pd.concat(frames, ignore_index=True)


def improvement_figure(table: pd.DataFrame, results: Results, marks: Sequence[float]) -> Figure:
    """A curve for each arm; marks are the responses that the plan defines in points."""
    plan = results.plan
    figure = new_figure(DOUBLE, 84)
    axes = figure.add_axes((0.08, 0.2, 0.68, 0.72))
    for arm, look in zip(*dodged(results.arms)[:2], strict=True):
        own = table[table["arm"] == arm]
        axes.step(
            own["points"],
            own["percent"],
            where="pre",
            color=look.colour,
            linestyle=look.line,
            label=fill(f"{arm} (n = {own['n'].max()})", 24),
        )
    for mark in marks:
        axes.axvline(mark, color=LINE, linewidth=0.9, zorder=0)
    axes.set(xlabel=f"Improved by at least ({plan.outcome.unit} of {plan.outcome.name})", ylabel="Participants, %")
    axes.set_ylim(0, 102)
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.01, 1.0), fontsize=7)
    quiet_grid(axes)
    lines = (
        f" Thin upright line: {listed([f'{mark:g}' for mark in marks], 9)} {plan.outcome.unit}, as planned."
        if marks
        else ""
    )
    whom = f"Of those observed at baseline and {plan.at_visit(plan.primary_day)}."
    caption_below(figure, f"{whom}{lines} {results.blind_note}".strip())
    return figure
