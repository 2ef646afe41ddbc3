"""The sections and the picture that only a cross-over has."""

from app.analysis.report.crossed import (
    design_of,
    effects_table,
    period_frame,
    periods_table,
    primary_periods,
    said_of_carry_over,
)
from app.analysis.report.crossover_figure import crossover_figure
from app.analysis.report.document import HtmlTable, Picture, Section, Text
from app.analysis.report.figures import picture
from app.analysis.report.fitted import Fitted
from app.analysis.report.outcomes import OtherOutcome
from app.analysis.report.reasons import or_why
from app.analysis.report.results import Results
from app.analysis.report.words import number


def crossover_sections(results: Results) -> tuple[Section, ...]:
    """Means by sequence and period, and what else the model tests; nothing for a plan of parallel arms."""
    if results.plan.crossover is None:
        return ()
    said = Text((said_of_carry_over(results.plan.crossover),))
    tables = or_why(lambda: _periods(results)), or_why(lambda: _effects(results))
    return (Section("crossover", "Periods and sequences", (said, *tables)),)


def _periods(results: Results) -> HtmlTable:
    title = f"{results.plan.outcome.name} by sequence and period, mean (SD) as observed"
    return HtmlTable(periods_table(results), title, results.blind_note)


def _effects(results: Results) -> HtmlTable:
    return HtmlTable(effects_table(results), "What the treatments are adjusted for", results.blind_note)


def crossover_picture(results: Results) -> Picture:
    """The primary outcome of each sequence in each period."""
    table, plan = primary_periods(results), results.plan
    figure = crossover_figure(results.primary, table, plan, results.arms, results.note)
    parts = (
        f"{row['sequence']}, period {row['period']}, {row['treatment']}: {number(row['mean'])} (n = {row['n']})"
        for row in table.to_dict("records")
    )
    caption = f"{plan.outcome.name} of each sequence in each period, as observed. {results.note}"
    return picture(results, "primary", figure, table, caption, "; ".join(parts))


def crossover_curve(results: Results, other: OtherOutcome, fit: Fitted) -> Picture:
    """The same of another outcome."""
    assert other.dataset is not None
    table = period_frame(other.dataset, design_of(other.plan))
    figure = crossover_figure(fit, table, other.plan, results.arms, results.blind_note)
    caption = f"{other.plan.outcome.name} of each sequence in each period, as observed. {results.blind_note}"
    parts = (f"{row['sequence']}, period {row['period']}: {number(row['mean'])}" for row in table.to_dict("records"))
    return picture(results, f"curve_{fit.analysis.id}", figure, table, caption, "; ".join(parts))
