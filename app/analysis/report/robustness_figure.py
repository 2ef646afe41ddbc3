"""One figure of everything that was assumed of missing values: strategies, shifts, and selection."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from app.analysis.report.fitted import Effect
from app.analysis.report.robustness import ODDS, Departure
from app.analysis.report.style import ACCENT, CARE, DOUBLE, INK, LINE, QUIET, caption_below, new_figure, reach
from app.analysis.report.words import interval, number
from app.analysis.trial.plan import Plan, inside

HEIGHT = 92.0
TICKS = (0.1, 0.33, 1.0, 3.0, 10.0)
WIDEST_ODDS = 10.0
Rows = Sequence[tuple[str, Effect | str]]
LOOKS: tuple[tuple[Literal["-", "--"], str], ...] = (("-", ACCENT), ("--", CARE))


def robustness_figure(
    rows: Sequence[tuple[str, Effect | str]], made: Sequence[Departure], plan: Plan, note: str
) -> Figure:
    """A: primary and strategies. B: missing values shifted. C: missingness that depends on the value itself."""
    figure = new_figure(DOUBLE, HEIGHT)
    _strategies(figure.add_axes((0.205, 0.25, 0.155, 0.59)), rows, plan)
    shifts = [departure for departure in made if departure.of != ODDS]
    odds = [departure for departure in made if departure.of == ODDS]
    left = figure.add_axes((0.605, 0.25, 0.17, 0.59))
    right = figure.add_axes((0.82, 0.25, 0.165, 0.59), sharey=left)
    _curves(left, shifts, "B  Shifted", f"Points added to missing values\n({plan.outcome.name})", plan)
    _curves(right, odds, "C  Selection", "Odds ratio of missing\nper SD worse", plan)
    left.set_ylabel(f"Difference ({plan.outcome.unit})")
    right.tick_params(labelleft=False)
    _legend(figure, made)
    caption_below(figure, note)
    return figure


def _strategies(axes: Axes, rows: Rows, plan: Plan) -> None:
    effects = [row for _, row in rows if isinstance(row, Effect)]
    edge = 1.15 * reach([value for own in effects for value in (own.estimate, own.lower, own.upper)])
    axes.axvline(0, color=LINE, linewidth=0.9, zorder=0)
    where = axes.get_yaxis_transform()
    for place, (title, row) in enumerate(rows):
        axes.text(-1.22, place, _broken(title), transform=where, ha="left", va="center", fontsize=6.5)
        if isinstance(row, str):
            axes.text(0.5, place, "not estimated", transform=where, ha="center", va="center", fontsize=6.5, color=QUIET)
            continue
        low, high = max(row.lower, -edge), min(row.upper, edge)
        axes.hlines(place, low, high, color=ACCENT, linewidth=1.6 if place == 0 else 1.0)
        axes.scatter([row.estimate], [place], s=22, color=ACCENT, zorder=3)
        text = f"{number(row.estimate)} ({interval(row.lower, row.upper)})"
        axes.text(1.05, place, text, transform=where, ha="left", va="center", fontsize=6.5)
    axes.set(xlim=(-edge, edge), ylim=(len(rows) - 0.5, -0.5), title="A  Strategies")
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
    axes.set_xlabel(f"Difference ({plan.outcome.unit})")


def _broken(title: str, most: int = 22) -> str:
    """The title in two lines, broken at the last space that fits."""
    if len(title) <= most:
        return title
    at = title.rfind(" ", 0, most)
    return f"{title[:at]}\n{title[at + 1 :][: most + 4]}"


def _curves(axes: Axes, made: Sequence[Departure], title: str, label: str, plan: Plan) -> None:
    axes.axhline(0, color=LINE, linewidth=0.9, zorder=0)
    span = 0.3 * (plan.outcome.maximum - plan.outcome.minimum)
    for departure, (line, colour) in zip(made, LOOKS, strict=True):
        within = np.log(WIDEST_ODDS) if departure.of == ODDS else span
        shown = np.abs(departure.size) <= within + 1e-9
        size = departure.size[shown]
        axes.fill_between(size, departure.lower[shown], departure.upper[shown], color=colour, alpha=0.13, linewidth=0)
        axes.plot(size, departure.estimate[shown], color=colour, linestyle=line, linewidth=1.2)
        at = departure.changes_at()
        if abs(at) <= within:
            axes.axvline(at, color=colour, linestyle=":", linewidth=0.9)
    if made[0].of == ODDS:
        axes.set_xticks([float(np.log(tick)) for tick in TICKS], [f"{tick:g}" for tick in TICKS])
    axes.set_title(title)
    axes.set_xlabel(label)


def _legend(figure: Figure, made: Sequence[Departure]) -> None:
    """Which line is which: one arm's missing values, or all arms'."""
    for place, (departure, (line, colour)) in enumerate(zip(made[:2], LOOKS, strict=True)):
        arms = " and ".join(inside(name) for name in departure.arms)
        y = 0.965 - 0.035 * place
        figure.add_artist(Line2D([0.575, 0.605], [y, y], color=colour, linestyle=line, linewidth=1.2))
        figure.text(0.615, y, f"missing values of {arms}", va="center", fontsize=6.5, color=INK)
