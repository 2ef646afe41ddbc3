"""The marginal mean change from baseline by arm over time, with intervals and the number of people."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from app.analysis.report.fitted import Fitted
from app.analysis.report.style import DOUBLE, INK, LINE, Look, caption_below, looks, new_figure, reach
from app.analysis.report.words import axis_title, effect_text, percent, shown_contrast
from app.analysis.trial.plan import Plan

DODGE = 2.2
"""Days by which each arm is drawn beside the visit, where visits lie far apart."""
NEAREST = 0.14
"""The same in shares of the shortest time between two visits, if that is less."""
LETTER = 0.0105
"""The width of a letter below the axis, in shares of the time that it spans."""
COUNTS = -0.235
"""Where the first row of counts stands below the axis, in heights of the axes."""


def change_figure(fitted: Fitted, plan: Plan, arms: Sequence[str], note: str) -> Figure:
    """The arms have the reference first; time is to scale; note is the line at the foot."""
    figure = new_figure(DOUBLE, 105)
    longest = max(len(arm) for arm in arms)
    left, right = max(0.125, 0.045 + 0.0077 * longest), max(0.13, 0.03 + 0.0115 * longest)
    axes = figure.add_axes((left, 0.30, 1 - left - right, 0.60))
    edge = 1.1 * reach(fitted.changes[["estimate", "lower", "upper"]].to_numpy(float).ravel().tolist(), 6.0)
    days = sorted({*plan.visits, 0})
    apart = min(later - earlier for earlier, later in pairwise(days)) if len(days) > 1 else DODGE
    lines = {arm: (look, shift) for arm, look, shift in zip(*dodged(arms, min(DODGE, NEAREST * apart)), strict=True)}
    _frame(axes, plan, max(shift for _, shift in lines.values()))
    for place, (arm, (look, dodge)) in enumerate(lines.items()):
        rows = fitted.changes[fitted.changes["arm"] == arm].sort_values("day")
        rows = rows.assign(**{name: rows[name].clip(-edge, edge) for name in ("estimate", "lower", "upper")})
        _draw_arm(axes, rows, look, dodge, plan.has_baseline)
        start = {0: fitted.baseline.get(arm, 0)} if plan.has_baseline else {}
        counts = start | dict(zip(rows["day"].tolist(), rows["n"].tolist(), strict=True))
        _count_row(axes, counts, arm, look, place)
    _name_lines(axes, fitted.changes, lines, plan)
    _primary(axes, fitted, plan)
    limits = fitted.changes[["lower", "upper"]].to_numpy(float)
    cut = " Intervals that go beyond the axis are cut." if (np.abs(limits) > edge).any() else ""
    caption_below(figure, f"Marginal means with {percent(plan.level)} intervals.{cut} {note}")
    return figure


def dodged(arms: Sequence[str], dodge: float = DODGE) -> tuple[list[str], list[Look], list[float]]:
    """The arms in the order of drawing (reference last), their looks, and their shifts beside the visit."""
    reference, *rest = arms
    shown = [*rest, reference]
    middle = (len(shown) - 1) / 2
    return shown, looks(len(arms)), [2 * dodge * (place - middle) for place in range(len(shown))]


def _frame(axes: Axes, plan: Plan, widest: float) -> None:
    """The axes; widest is how far an arm may be drawn beside its visit."""
    last = plan.days[-1]
    beside = max(0.02 * last, widest + 0.012 * last)
    axes.set_xlim(-beside, last + beside)
    axes.axhline(0, color=LINE, linewidth=0.8, zorder=0)
    days = tuple(plan.visits)
    axes.set_xticks(days, tick_labels(plan))
    axes.set_ylabel(f"{axis_title(plan)}\n{plan.outcome.better} is better")
    axes.set_xlabel(plan.axis, labelpad=3)


def tick_labels(plan: Plan) -> list[str]:
    """What stands below each visit; a name that would run into the one before it stands a line lower."""
    labels = [plan.tick(day) for day in plan.visits]
    return in_two_lines(labels, plan, LETTER) if plan.visit_codes else labels


def in_two_lines(labels: Sequence[str], plan: Plan, letter: float) -> list[str]:
    """One label for each visit, those that would run into another a line lower; letter is its share of the axis."""
    ends = [-math.inf, -math.inf]
    placed = []
    for day, label in zip(plan.visits, labels, strict=True):
        half = letter * len(label) * plan.days[-1] / 2
        line = next((line for line, end in enumerate(ends) if day - half > end), 1)
        ends[line] = day + half
        placed.append("\n" * line + label)
    return placed


def _draw_arm(axes: Axes, rows: pd.DataFrame, look: Look, dodge: float, from_zero: bool) -> None:
    rows = rows[np.isfinite(rows["estimate"].to_numpy(float))]
    if rows.empty:
        return
    days = rows["day"].to_numpy(float) + dodge
    estimate = rows["estimate"].to_numpy(float)
    start = [0.0] if from_zero else []
    axes.plot([*start, *days], [*start, *estimate], color=look.colour, linestyle=look.line, linewidth=1.1, zorder=2)
    axes.vlines(days, rows["lower"], rows["upper"], color=look.colour, linewidth=0.9, zorder=2)
    points = {"marker": look.marker, "s": 22, "facecolor": look.fill, "edgecolor": look.colour, "linewidth": 1.1}
    axes.scatter(days, estimate, zorder=3, **points)  # type: ignore[arg-type]
    if from_zero:
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
    order = sorted((arm for arm in lines if np.isfinite(last[arm])), key=lambda arm: float(last[arm]))
    low, high = axes.get_ylim()
    apart = 0.055 * (high - low)
    places = [float(last[arm]) for arm in order]
    for place in range(1, len(places)):
        places[place] = max(places[place], places[place - 1] + apart)
    too_high = (sum(places) - float(last.sum())) / max(1, len(places))
    for arm, at in zip(order, (place - too_high for place in places), strict=True):
        edge = axes.get_xlim()[1] + 0.005 * plan.days[-1]
        axes.text(edge, at, arm, color=lines[arm][0].colour, ha="left", va="center", fontsize=8, fontweight="bold")


def _primary(axes: Axes, fitted: Fitted, plan: Plan) -> None:
    """The difference at the primary visit, in words, above a thin band."""
    day, band = plan.primary_day, min(5.0, 0.018 * plan.days[-1] + 1)
    axes.axvspan(day - band, day + band, color=LINE, alpha=0.35, linewidth=0, zorder=0)
    named = "Difference" if len(fitted.contrasts) == 1 else shown_contrast(fitted.contrasts[0])
    head = plan.visit_title(day) if plan.arms.reference is None else f"{named} {plan.at_visit(day)}"
    text = f"{head}:\n{effect_text(fitted.effect(day), plan)}"
    side = "right" if day > 0.8 * plan.days[-1] else "center"  # the last visit has no room to its right
    axes.annotate(text, (day, 1.015), xycoords=("data", "axes fraction"), ha=side, va="bottom", fontsize=7.5, color=INK)
