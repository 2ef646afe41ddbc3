"""The difference at the primary visit by every analysis, one below the other."""

from collections.abc import Sequence
from textwrap import wrap

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from app.analysis.report.fitted import Effect, Fitted
from app.analysis.report.style import ACCENT, DOUBLE, INK, LINE, PAPER, QUIET, caption_below, new_figure, reach
from app.analysis.report.tables import each_contrast, titled
from app.analysis.report.words import interval, number, percent, shown_contrast, start
from app.analysis.trial.plan import Plan, inside

ROW = 7.0
ONE_LINE, TWO_LINES = 46, 50
"""How many letters the room beside a row takes, in the larger letters of one line and in the smaller of two."""
INTERVAL_COLUMNS = ("estimate", "lower", "upper", "p")


def forest_figure(fits: Sequence[Fitted], plan: Plan, note: str) -> Figure:
    """One row for each analysis, the primary one filled; both directions are named below the axis."""
    rows = [(fit, contrast) for fit, contrast in each_contrast(fits) if isinstance(fit, Fitted)]
    height = ROW * (len(rows) + 1) + 32
    figure = new_figure(DOUBLE, height)
    axes = figure.add_axes((0.36, 24 / height, 0.39, ROW * (len(rows) + 1) / height))
    effects = [fitted.effect(plan.primary_day, contrast) for fitted, contrast in rows]
    axes.axvline(0, color=LINE, linewidth=0.9, zorder=0)
    edge = 1.15 * reach(limit for effect in effects for limit in (effect.estimate, effect.lower, effect.upper))
    for place, ((fitted, contrast), effect) in enumerate(zip(rows, effects, strict=True)):
        _row(axes, place, fitted, effect, edge, label(fitted, contrast))
    _heads(axes, plan)
    _frame(axes, len(effects), edge, plan)
    beyond = any(max(-effect.lower, effect.upper) > edge for effect in effects)
    arrows = " An arrow head: the interval goes on beyond the axis." if beyond else ""
    caption_below(figure, f"Points are {_estimated(plan).lower()}s {plan.at_primary}.{arrows} {note}")
    return figure


def forest_data(fits: Sequence[Fitted], plan: Plan) -> pd.DataFrame:
    """The figure's numbers, one row for each analysis."""
    rows = [
        {"analysis": fitted.analysis.id, "title": titled(fitted, contrast), "role": fitted.analysis.role}
        | {name: getattr(fitted.effect(plan.primary_day, contrast), name) for name in INTERVAL_COLUMNS}
        for fitted, contrast in each_contrast(fits)
        if isinstance(fitted, Fitted)
    ]
    return pd.DataFrame(rows)


def _row(axes: Axes, place: int, fitted: Fitted, effect: Effect, edge: float, title: str) -> None:
    primary = fitted.analysis.role == "primary"
    _interval(axes, place, effect, edge, 1.6 if primary else 1.0)
    if abs(effect.estimate) <= edge:
        face = ACCENT if primary else PAPER
        shape = {"s": 34, "marker": "o", "facecolor": face, "edgecolor": ACCENT, "linewidth": 1.1}
        axes.scatter(effect.estimate, place, zorder=3, **shape)  # type: ignore[arg-type]
    where, weight = axes.get_yaxis_transform(), "bold" if primary else "normal"
    size = 6 if "\n" in title else 7
    axes.text(-0.90, place, title, transform=where, ha="left", va="center", fontsize=size, fontweight=weight)
    text = f"{number(effect.estimate)} ({interval(effect.lower, effect.upper)})"
    axes.text(1.04, place, text, transform=where, ha="left", va="center", fontsize=7, fontweight=weight)
    axes.text(1.60, place, str(fitted.n_participants), transform=where, ha="right", va="center", fontsize=7)


def label(fitted: Fitted, contrast: str) -> str:
    """The analysis beside its row, and below it the difference where it has several."""
    lines = [fitted.analysis.title, *([shown_contrast(contrast)] if len(fitted.contrasts) > 1 else [])]
    if len(lines) == 1 and len(lines[0]) > ONE_LINE:
        lines = wrap(lines[0], TWO_LINES)
        lines = [lines[0], " ".join(lines[1:])]
    return "\n".join(shortened(line, TWO_LINES if len(lines) > 1 else ONE_LINE) for line in lines)


def shortened(title: str, most: int) -> str:
    """As much of a title as the figure has room for; the table beside it has all."""
    return title if len(title) <= most else f"{title[: most - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}"


def _interval(axes: Axes, place: int, effect: Effect, edge: float, width: float) -> None:
    """The interval as far as the axis goes, with an arrow head where it goes on; nothing where there is none."""
    if not effect.has_interval:
        return
    low, high = (min(max(limit, -edge), edge) for limit in (effect.lower, effect.upper))
    axes.hlines(place, low, high, color=ACCENT, linewidth=width)
    for limit, shown, head in ((effect.lower, low, "<"), (effect.upper, high, ">")):
        if limit != shown:
            axes.scatter(shown, place, s=20, marker=head, color=ACCENT, linewidth=0, clip_on=False, zorder=3)


def _heads(axes: Axes, plan: Plan) -> None:
    where, shown = axes.get_yaxis_transform(), _estimated(plan)
    for at, text, side in ((-0.90, "Analysis", "left"), (1.04, f"{shown} ({percent(plan.level)} CI)", "left")):
        axes.text(at, -1, text, transform=where, ha=side, va="center", fontsize=7, color=QUIET)
    axes.text(1.60, -1, "n", transform=where, ha="right", va="center", fontsize=7, color=QUIET)


def _estimated(plan: Plan) -> str:
    """What each row estimates: a difference, or of one group its change or mean."""
    return "Difference" if plan.arms.reference else "Change" if plan.has_baseline else "Mean"


def _frame(axes: Axes, rows: int, edge: float, plan: Plan) -> None:
    axes.set_xlim(-edge, edge)
    axes.set_ylim(rows - 0.5, -1.5)
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
    axes.set_xlabel(
        start(f"{'difference of ' if plan.arms.reference else ''}{plan.measured} ({plan.difference_unit})"), labelpad=16
    )
    if (arm := plan.favourable_reference) is None:
        return
    active = f"favours {inside(plan.arms.active.name) if not plan.arms.others else 'the arm named first'}"
    reference = f"favours {inside(arm.name)}"
    left, right = (active, reference) if plan.outcome.better == "lower" else (reference, active)
    _below(axes, 0.0, f"\N{LEFTWARDS ARROW} {left}", "left")
    _below(axes, 1.0, f"{right} \N{RIGHTWARDS ARROW}", "right")


def _below(axes: Axes, at: float, text: str, side: str) -> None:
    """What one direction means, between the axis and its title."""
    place = {"xycoords": "axes fraction", "textcoords": "offset points"}
    axes.annotate(text, (at, 0), (0, -16), **place, ha=side, va="top", color=INK, fontsize=7)  # type: ignore[arg-type]
