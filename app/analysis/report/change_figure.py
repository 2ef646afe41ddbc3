"""Figure 2: the marginal mean change from baseline by arm over time, with intervals and the number of people."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from app.analysis.report.fitting import Fitted
from app.analysis.report.style import ACTIVE, DOUBLE, INK, LINE, REFERENCE, Look, caption_below, new_figure, reach
from app.analysis.report.words import axis_title, effect_text, percent
from app.analysis.trial.plan import Plan

DODGE = 2.2
"""Days by which each arm is drawn beside the visit."""
COUNTS = -0.235
"""Where the first row of counts stands below the axis, in heights of the axes."""


def change_figure(fitted: Fitted, plan: Plan, arms: tuple[str, str], note: str) -> Figure:
    """The arms are reference and active; time is to scale; note is the line at the foot."""
    figure = new_figure(DOUBLE, 105)
    longest = max(len(arm) for arm in arms)
    left, right = max(0.125, 0.045 + 0.0077 * longest), max(0.13, 0.03 + 0.0115 * longest)
    axes = figure.add_axes((left, 0.30, 1 - left - right, 0.60))
    reference, active = arms
    edge = 1.1 * reach(fitted.changes[["estimate", "lower", "upper"]].to_numpy(float).ravel().tolist(), 6.0)
    _frame(axes, plan)
    lines = {active: (ACTIVE, -DODGE), reference: (REFERENCE, DODGE)}
    for place, (arm, (look, dodge)) in enumerate(lines.items()):
        rows = fitted.changes[fitted.changes["arm"] == arm].sort_values("day")
        rows = rows.assign(**{name: rows[name].clip(-edge, edge) for name in ("estimate", "lower", "upper")})
        _draw_arm(axes, rows, look, dodge)
        counts = {0: fitted.baseline[arm]} | dict(zip(rows["day"].tolist(), rows["n"].tolist(), strict=True))
        _count_row(axes, counts, arm, look, place)
    _name_lines(axes, fitted.changes, lines, plan)
    _primary(axes, fitted, plan)
    limits = fitted.changes[["lower", "upper"]].to_numpy(float)
    cut = " Intervals that go beyond the axis are cut." if (np.abs(limits) > edge).any() else ""
    caption_below(figure, f"Marginal means with {percent(plan.level)} intervals.{cut} {note}")
    return figure


def _frame(axes: Axes, plan: Plan) -> None:
    last = plan.days[-1]
    axes.set_xlim(-0.02 * last, 1.02 * last)
    axes.axhline(0, color=LINE, linewidth=0.8, zorder=0)
    axes.set_xticks([0, *plan.days], [_tick(plan, day) for day in (0, *plan.days)])
    axes.set_ylabel(f"{axis_title(plan.outcome)}\n{plan.outcome.better} is better")
    axes.set_xlabel("Days since the first infusion", labelpad=3)


def _tick(plan: Plan, day: int) -> str:
    name = plan.visit_names.get(day, "Baseline" if day == 0 else "")
    return f"{day}\n{name}" if name else str(day)


def _draw_arm(axes: Axes, rows: pd.DataFrame, look: Look, dodge: float) -> None:
    days = rows["day"].to_numpy(float) + dodge
    estimate = rows["estimate"].to_numpy(float)
    axes.plot([0.0, *days], [0.0, *estimate], color=look.colour, linestyle=look.line, linewidth=1.1, zorder=2)
    axes.vlines(days, rows["lower"], rows["upper"], color=look.colour, linewidth=0.9, zorder=2)
    points = {"marker": look.marker, "s": 22, "facecolor": look.fill, "edgecolor": look.colour, "linewidth": 1.1}
    axes.scatter(days, estimate, zorder=3, **points)  # type: ignore[arg-type]
    axes.scatter([0], [0], marker="D", s=14, color=INK, zorder=4)


def _count_row(axes: Axes, counts: dict[int, int], arm: str, look: Look, place: int) -> None:
    height = COUNTS - 0.062 * place
    where = axes.get_xaxis_transform()
    name = f"{arm}, n ="
    axes.text(-0.018, height, name, transform=axes.transAxes, ha="right", va="center", color=look.colour, fontsize=6.5)
    for day, count in counts.items():
        axes.text(day, height, str(count), transform=where, ha="center", va="center", color=look.colour, fontsize=7)


def _name_lines(axes: Axes, changes: pd.DataFrame, lines: dict[str, tuple[Look, float]], plan: Plan) -> None:
    """The arm's name beside its last point, the names kept apart."""
    last = changes[changes["day"] == changes["day"].max()].set_index("arm")["estimate"]
    order = sorted(lines, key=lambda arm: float(last[arm]))
    low, high = axes.get_ylim()
    apart = 0.055 * (high - low)
    middle = float(last.mean())
    spread = max(apart, float(last[order[1]] - last[order[0]])) / 2
    for arm, at in zip(order, (middle - spread, middle + spread), strict=True):
        edge = plan.days[-1] * 1.025
        axes.text(edge, at, arm, color=lines[arm][0].colour, ha="left", va="center", fontsize=8, fontweight="bold")


def _primary(axes: Axes, fitted: Fitted, plan: Plan) -> None:
    """The difference at the primary visit, in words, above a thin band."""
    day = plan.primary_day
    axes.axvspan(day - 5, day + 5, color=LINE, alpha=0.35, linewidth=0, zorder=0)
    text = f"Difference at {plan.visit_title(day)}:\n{effect_text(fitted.effect(day), plan)}"
    axes.annotate(
        text, (day, 1.015), xycoords=("data", "axes fraction"), ha="center", va="bottom", fontsize=7.5, color=INK
    )
