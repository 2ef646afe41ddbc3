"""The section that joins every assumption on missing values, in one figure and in words."""

from app.analysis.report.document import Picture, Section, Text
from app.analysis.report.figures import picture
from app.analysis.report.fitted import Fitted
from app.analysis.report.reasons import or_why
from app.analysis.report.results import Results
from app.analysis.report.robustness import (
    Departure,
    departures,
    robust_frame,
    shifted_fit,
    strategies,
    would_have_to_be,
)
from app.analysis.report.robustness_figure import robustness_figure
from app.analysis.report.words import percent

HEADING = "What would have to be true for the conclusion to be another:"


def robustness_sections(results: Results) -> tuple[Section, ...]:
    """Where the plan names an imputation whose values are shifted, and it could be done."""
    base = shifted_fit(results)
    if base is None:
        return ()
    made: list[Departure] = []
    shown = or_why(lambda: _picture(results, base, made))
    said = (Text((HEADING, *(would_have_to_be(departure, results.plan) for departure in made))),) if made else ()
    return (Section("robustness", "How far the result depends on what is missing", (shown, *said)),)


def _picture(results: Results, base: Fitted, made: list[Departure]) -> Picture:
    """The figure; `made` is filled with the departures, so that the words need no second computation."""
    plan, rows = results.plan, strategies(results, base)
    made += departures(results, base)
    caption = (
        f"Every assumption on missing values, {plan.at_visit(plan.primary_day)}, with {percent(plan.level)} "
        "intervals. A: the primary analysis, and values after stopping by each strategy. B: missing values shifted, of "
        "one arm (delta) or of all (pattern mixture). C: the odds of being missing depend on the value itself "
        f"(selection). Dotted: where the conclusion changes. {results.note}"
    )
    figure = robustness_figure(rows, made, plan, results.note)
    description = " ".join(would_have_to_be(departure, plan) for departure in made)
    return picture(results, "robustness", figure, robust_frame(rows, made), caption, description)
