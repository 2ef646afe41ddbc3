"""Does the model fit: covariance structures compared, residuals of the primary model."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray
from scipy.special import ndtri

from app.analysis.errors import NotEstimable
from app.analysis.report.document import HtmlTable, Picture
from app.analysis.report.figures import picture
from app.analysis.report.fitted import Fitted
from app.analysis.report.fitting import fit_analysis
from app.analysis.report.methods import COVARIANCE_WORDS
from app.analysis.report.results import Results
from app.analysis.report.style import ACCENT, DOUBLE, INK, LINE, PAPER, QUIET, caption_below, new_figure
from app.analysis.report.tables import html_table
from app.analysis.report.words import interval, number, percent
from app.analysis.results.mixed_result import MixedResult
from app.analysis.trial.plan import Plan

LETTERS_BELOW = 24
"""With more letters than this the names of the visits stand upright below an axis."""
LETTER_HEIGHT = 1.25
"""Of an upright letter, in mm."""


def model_checks(results: Results) -> tuple[Callable[[], HtmlTable | Picture], ...]:
    """How to make the table of covariances and the figure of residuals; the table only if the plan has an MMRM."""
    planned = any(analysis.model == "mmrm" for analysis in results.plan.analyses) and results.plan.covariances
    tables = (lambda: _covariance_part(results),) if planned else ()
    return (*tables, lambda: _residual_picture(results))


def _covariance_part(results: Results) -> HtmlTable:
    caption = "Covariance structures of the MMRM compared"
    note = f"AIC and BIC count covariance parameters; smaller is better. They decide nothing. {results.note}"
    return HtmlTable(covariance_table(covariance_fits(results), results), caption, note)


def covariance_fits(results: Results) -> list[Fitted | str]:
    """The plan's first MMRM with each structure; the name alone if it could not be fitted."""
    plan = results.plan
    planned = next((analysis for analysis in plan.analyses if analysis.model == "mmrm"), None)
    if planned is None:
        return []
    variants = (replace(planned, covariance=covariance, fallback=()) for covariance in plan.covariances)
    tried = [fit_analysis(results.dataset, results.imputer, variant) for variant in variants]
    return [fit if isinstance(fit, Fitted) else fit.analysis.covariance for fit in tried]


def covariance_table(fits: list[Fitted | str], results: Results) -> str:
    """Fit and difference for each structure."""
    names = ["Covariance", "Parameters", "\N{MINUS SIGN}2 log-likelihood", "AIC", "BIC", "Difference"]
    names.append(f"{percent(results.plan.level)} CI")
    rows = []
    for fitted in fits:
        if isinstance(fitted, str):
            rows.append((COVARIANCE_WORDS[fitted], "not estimable", *["\N{EN DASH}"] * 5))
        elif isinstance(fitted.result, MixedResult):
            result, effect = fitted.result, fitted.effect(results.plan.primary_day)
            numbers = (number(-2 * result.loglik), number(result.aic), number(result.bic), number(effect.estimate))
            limits = interval(effect.lower, effect.upper)
            rows.append((COVARIANCE_WORDS[fitted.covariance], str(len(result.theta)), *numbers, limits))
    return html_table(pd.DataFrame(rows, columns=names), "table8")


def residuals(result: MixedResult) -> pd.DataFrame:
    """Marginal residuals by visit, and scaled ones: uncorrelated with variance 1 if the model holds."""
    table = result.residuals().assign(place=result.layout.slot).rename(columns={"normalised": "scaled"})
    return table[[result.subject, str(result.visit), "place", "residual", "scaled"]]


def _residual_picture(results: Results) -> Picture:
    result = results.primary.result
    if not isinstance(result, MixedResult):
        raise NotEstimable("residuals are shown of a mixed model")
    rows = residuals(result)
    figure = _residual_figure(rows, result, results)
    quantiles = rows["scaled"].quantile([0.025, 0.5, 0.975])
    caption = "Residuals of the primary model: quantiles, spread and correlation over the visits."
    text = f"Scaled residuals: 2.5th, 50th and 97.5th percentile {', '.join(number(q, 2) for q in quantiles)}."
    return picture(results, "residuals", figure, rows.drop(columns="place"), f"{caption} {results.blind_note}", text)


def _residual_figure(rows: pd.DataFrame, result: MixedResult, results: Results) -> Figure:
    names, unit = visit_labels(result.visits, results.plan), _unit(results.plan)
    upright = stand_upright(names)
    longest = max(map(len, names)) if upright else 0
    height = 68 + LETTER_HEIGHT * longest
    low, tall = 1 - (9.5 + 42) / height, 42 / height
    aside = min(0.08, 0.006 * max(0, max(map(len, names)) - 3))
    figure = new_figure(DOUBLE, height)
    _quantiles(figure.add_axes((0.065, low, 0.24 - aside, tall)), np.sort(rows["scaled"].to_numpy(float)))
    spread = figure.add_axes((0.39 - aside, low, 0.235, tall))
    _spread(spread, rows, result, names, unit)
    wide = rows.pivot(index=result.subject, columns="place", values="residual")
    correlation = figure.add_axes((0.715 + aside / 2, low, 0.255 - aside / 2, tall))
    _correlation(correlation, wide.corr().to_numpy(float), names, unit)
    for axes in (spread, correlation):
        axes.tick_params(axis="x", labelrotation=90 if upright else 0)
    equation = results.primary.analysis.equation or "the primary one, as under Methods"
    caption_below(figure, f"Model: {equation}. {results.blind_note}".strip())
    return figure


def stand_upright(names: Sequence[str]) -> bool:
    """Whether the names of visits would run into each other if they lay below an axis."""
    return sum(map(len, names)) > LETTERS_BELOW


def _unit(plan: Plan) -> str:
    return "Period" if plan.crossover is not None else "Visit" if plan.visit_codes else "Day"


def visit_labels(visits: Sequence[object], plan: Plan) -> list[str]:
    """What stands on an axis at each visit: its study day by the plan, its name where its code tells it."""
    days = [(plan.day_of_visit.get(str(visit)), str(visit)) for visit in visits]
    return [name if day is None else plan.visit_title(day) if plan.visit_codes else str(day) for day, name in days]


def _quantiles(axes: Axes, scaled: NDArray[np.float64]) -> None:
    expected = ndtri((np.arange(len(scaled)) + 0.5) / len(scaled))
    axes.plot([-3.4, 3.4], [-3.4, 3.4], color=LINE, linewidth=1)
    axes.scatter(expected, scaled, s=5, color=ACCENT, linewidth=0)
    axes.set(xlabel="Normal quantile", ylabel="Scaled residual", title="A  Quantiles")


def _spread(axes: Axes, rows: pd.DataFrame, result: MixedResult, names: list[str], unit: str) -> None:
    observed = rows.groupby("place")["residual"].std()
    model = np.sqrt(np.diag(np.asarray(result.Sigma)))
    axes.plot(range(len(model)), model, color=QUIET, linestyle="--", linewidth=1)
    axes.annotate("model", (len(model) - 1, model[-1]), (0, 4), textcoords="offset points", ha="right", color=QUIET)
    axes.scatter(observed.index, observed, s=22, color=ACCENT)
    axes.set_ylim(0, 1.35 * max(model.max(), observed.max()))
    axes.set_xticks(range(len(names)), names)
    axes.set(xlabel=unit, ylabel="SD of residuals", title="B  Spread")


def _correlation(axes: Axes, correlation: NDArray[np.float64], names: list[str], unit: str) -> None:
    size = len(names)
    for row in range(size):
        for column in range(row):
            value = correlation[row, column]
            shade = float(np.clip(value, 0, 1)) if np.isfinite(value) else 0.0
            axes.add_patch(_tile(column, row, shade))
            colour = PAPER if shade > 0.6 else INK
            axes.text(column, row, number(value, 2).lstrip("0"), ha="center", va="center", fontsize=5.5, color=colour)
    axes.set(xlim=(-0.5, size - 1.5), ylim=(size - 0.5, 0.5), title="C  Correlation")
    axes.set_xticks(range(size - 1), names[:-1])
    axes.set_yticks(range(1, size), names[1:])
    axes.set(xlabel=unit, ylabel=unit)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0)


def _tile(column: int, row: int, shade: float) -> Rectangle:
    return Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=ACCENT, alpha=0.15 + 0.85 * shade, edgecolor=PAPER)
