"""What would have to be added to the imputed values for the conclusion to change."""

from collections.abc import Sequence
from textwrap import wrap

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from app.analysis.report.style import ACCENT, CARE, DOUBLE, INK, LINE, PAPER, QUIET, caption_below, new_figure
from app.analysis.report.words import number, signed
from app.analysis.trial.plan import Plan, inside

TILE = 9.5
WORSE = "#f0d9ae"
"""The fill against the first arm: light, so that it is told from the dark one on a grey print."""
LETTERS = 26
"""How many letters of the axis' title stand in a line."""


def tipping_figure(table: pd.DataFrame, plan: Plan, arms: Sequence[str], note: str) -> Figure:
    """One tile for each pair of shifts with its difference; filled where the interval excludes no difference."""
    deltas = sorted(table["active"].unique())
    side = TILE * len(deltas)
    height = side * 0.62 + 24
    figure = new_figure(DOUBLE, height)
    axes = figure.add_axes((0.12, 19 / height, 0.60, side * 0.62 / height))
    for row in table.to_dict("records"):
        _tile(axes, deltas, {str(name): float(value) for name, value in row.items()}, plan)
    axes.set(xlim=(-0.5, len(deltas) - 0.5), ylim=(-0.5, len(deltas) - 0.5))
    labels = [number(delta, 0) for delta in deltas]
    axes.set_xticks(range(len(deltas)), labels)
    axes.set_yticks(range(len(deltas)), labels)
    axes.tick_params(length=0)
    for name in ("left", "bottom"):
        axes.spines[name].set_visible(False)
    reference, active = arms[:2]
    axes.set_xlabel(f"Points added to imputed {plan.outcome.name}, {inside(reference)}")
    lines = ["Points added to", *wrap(f"imputed {plan.outcome.name}, {inside(active)}", LETTERS)]
    axes.set_ylabel("\n".join(lines))
    _key(axes, arms)
    caption_below(figure, note)
    return figure


def _tile(axes: Axes, deltas: list[float], row: dict[str, float], plan: Plan) -> None:
    x, y = deltas.index(row["reference"]), deltas.index(row["active"])
    face = PAPER
    if row["lower"] > 0 or row["upper"] < 0:
        face = ACCENT if (row["upper"] < 0) == (plan.outcome.better == "lower") else WORSE
    axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=face, edgecolor=LINE, linewidth=0.5))
    ink, weight = PAPER if face == ACCENT else INK, "normal" if face == PAPER else "bold"
    axes.text(x, y, number(row["estimate"]), ha="center", va="center", fontsize=6.5, color=ink, fontweight=weight)
    if row["active"] == row["reference"] == 0:
        axes.add_patch(Rectangle((x - 0.46, y - 0.46), 0.92, 0.92, fill=False, edgecolor=INK, linewidth=1.4, zorder=3))


def _key(axes: Axes, arms: Sequence[str]) -> None:
    """What the fills mean, beside the map."""
    reference, active = (inside(arm) for arm in arms[:2])
    lines = [
        (PAPER, INK, "white: the interval includes\nno difference"),
        (ACCENT, ACCENT, f"dark green, bold:\nfavours {active}"),
        (WORSE, CARE, f"pale brown, bold:\nfavours {reference}"),
    ]
    for place, (face, colour, text) in enumerate(lines):
        height = 0.93 - 0.19 * place
        mark = Rectangle((1.03, height - 0.03), 0.03, 0.06, facecolor=face, edgecolor=QUIET, linewidth=0.5)
        mark.set(transform=axes.transAxes, clip_on=False)
        axes.add_patch(mark)
        axes.text(1.08, height, text, transform=axes.transAxes, ha="left", va="center", fontsize=7, color=colour)
    text = "framed: nothing added"
    axes.text(1.03, 0.93 - 0.19 * 3, text, transform=axes.transAxes, ha="left", va="center", fontsize=7)


def tips_at(table: pd.DataFrame, plan: Plan) -> str:
    """Whether any shift of the map changes the conclusion, and the smallest that does."""
    excludes = (table["lower"] > 0) | (table["upper"] < 0)
    middle = (table["active"] == 0) & (table["reference"] == 0)
    changed = table[excludes != bool(excludes[middle].iloc[0])]
    if changed.empty:
        return "No shift of the map changes the conclusion."
    sizes = changed["active"].abs() + changed["reference"].abs()
    first = changed.loc[[sizes.idxmin()]]
    reference, active = (inside(name) for name in plan.arms.names[:2])
    shifts = [(active, float(first["active"].item())), (reference, float(first["reference"].item()))]
    said = [f"{signed(points)} {plan.outcome.unit} to the imputed values of {arm}" for arm, points in shifts if points]
    return f"The conclusion changes first when one adds {' and '.join(said)}."
