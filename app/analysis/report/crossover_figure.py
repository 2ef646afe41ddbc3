"""The observed mean of each sequence in each period, marked by its treatment."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from app.analysis.report.change_figure import dodged
from app.analysis.report.fitted import Fitted
from app.analysis.report.style import DOUBLE, INK, LINE, QUIET, caption_below, new_figure, quiet_grid
from app.analysis.report.words import effect_text, start
from app.analysis.trial.plan import Plan

SEQUENCES_APART = 0.09
"""By how much of a period the sequences are drawn beside each other."""


def crossover_figure(fitted: Fitted, table: pd.DataFrame, plan: Plan, arms: Sequence[str], note: str) -> Figure:
    """table has sequence, period, treatment, n, mean and sd; the arms have the reference first."""
    figure = new_figure(DOUBLE, 92)
    axes = figure.add_axes((0.09, 0.22, 0.68, 0.62))
    looks = dict(zip(*dodged(arms)[:2], strict=True))
    sequences = list(dict.fromkeys(table["sequence"].astype(str)))
    for place, sequence in enumerate(sequences):
        own = table[(table["sequence"].astype(str) == sequence) & (table["n"] > 0)].sort_values("period")
        at = own["period"].to_numpy(float) + SEQUENCES_APART * (place - (len(sequences) - 1) / 2)
        axes.plot(at, own["mean"], color=LINE, linewidth=1.1, zorder=1)
        error = np.nan_to_num(own["sd"].to_numpy(float) / np.sqrt(own["n"].to_numpy(float)))
        axes.vlines(at, own["mean"] - error, own["mean"] + error, color=QUIET, linewidth=0.8, zorder=2)
        for x, record in zip(at, own.to_dict("records"), strict=True):
            look = looks[record["treatment"]]
            points = {"marker": look.marker, "s": 30, "facecolor": look.fill, "edgecolor": look.colour}
            axes.scatter([x], [record["mean"]], zorder=3, linewidth=1.2, **points)  # type: ignore[arg-type]
        if len(own):
            axes.annotate(sequence, (at[-1], own["mean"].iloc[-1]), (6, 0), textcoords="offset points", va="center")
    for arm, look in looks.items():
        points = {"marker": look.marker, "s": 30, "facecolor": look.fill, "edgecolor": look.colour}
        axes.scatter([], [], label=arm, linewidth=1.2, **points)  # type: ignore[arg-type]
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.1, 1.0))
    periods = sorted(set(table["period"].astype(int)))
    axes.set_xticks(periods, [f"Period {period}" for period in periods])
    axes.set_xlim(periods[0] - 0.4, periods[-1] + 0.4)
    axes.set_ylabel(f"{plan.outcome.name} ({plan.outcome.unit})\n{plan.outcome.better} is better")
    quiet_grid(axes)
    named = "Difference" if len(fitted.contrasts) == 1 else fitted.contrasts[0]
    said = f"{start(named)} {plan.at_primary}: {effect_text(fitted.effect(plan.primary_day), plan)}"
    axes.annotate(said, (0, 1.03), xycoords="axes fraction", ha="left", va="bottom", fontsize=7.5, color=INK)
    caption_below(figure, f"Observed means of the sequences, with their standard errors. {note}")
    return figure
