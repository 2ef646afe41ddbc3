"""Every participant's course, one panel for each arm, with the observed mean."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from app.analysis.report.change_figure import dodged, in_two_lines
from app.analysis.report.style import DOUBLE, Look, caption_below, new_figure, quiet_grid
from app.analysis.trial.plan import Plan

LETTER = 0.0105
"""The width of a letter below the axis, in shares of the picture."""
BESIDE = 0.04
"""The room before day 0 and after the last visit, in shares of the time between."""


def spaghetti_figure(long: pd.DataFrame, plan: Plan, arms: Sequence[str], note: str) -> Figure:
    """long has participant, arm, day and the score; the panels share their axes."""
    figure = new_figure(DOUBLE, 86)
    shown, looked, _ = dodged(arms)
    highest = min(plan.outcome.maximum, 1.05 * float(long[plan.outcome.score].max()))
    limits = (plan.outcome.minimum, highest)
    step = 0.95 / len(shown)
    for place, (arm, look) in enumerate(zip(shown, looked, strict=True)):
        axes = figure.add_axes((0.075 + step * place, 0.225, step - 0.04, 0.68))
        rows = long[long["arm"] == arm]
        _panel(axes, rows, plan, look, limits, LETTER / (step - 0.04))
        axes.set_title(f"{arm} (n = {rows['participant'].nunique()})", color=look.colour, fontweight="bold")
        if place == 0:
            axes.set_ylabel(f"{plan.outcome.name} ({plan.outcome.unit}); {plan.outcome.better} is better")
    caption_below(figure, f"Thin: participants; thick: observed mean. {note}")
    return figure


def _panel(axes: Axes, rows: pd.DataFrame, plan: Plan, look: Look, limits: tuple[float, float], letter: float) -> None:
    for _, course in rows.groupby("participant", observed=True):
        axes.plot(course["day"], course[plan.outcome.score], color=look.colour, alpha=0.35, linewidth=0.6)
    mean = rows.groupby("day")[plan.outcome.score].mean()
    axes.plot(mean.index, mean, color=look.colour, linestyle=look.line, linewidth=2, zorder=3)
    points = {"marker": look.marker, "s": 24, "facecolor": look.fill, "edgecolor": look.colour, "linewidth": 1.3}
    axes.scatter(mean.index, mean, zorder=4, **points)  # type: ignore[arg-type]
    days = tuple(plan.visits)
    beside = BESIDE * plan.days[-1]
    axes.set(xlim=(-beside, plan.days[-1] + beside), ylim=limits)
    labels = [plan.tick(day) if plan.visit_codes else str(day) for day in days]
    axes.set_xticks(days, in_two_lines(labels, plan, letter))
    axes.set_xlabel(plan.axis)
    quiet_grid(axes)
